"""Texts for comparing, without regard to case, accents and needless spaces, the same on every database."""

import unicodedata

# What Unicode does not take apart.
LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i", "ħ": "h"}
)


def folded(text: str) -> str:
    """A text in small letters without accents, with one space between words: " São  João " is "sao joao", "Straße" is
    "strasse"."""
    apart = " ".join(unicodedata.normalize("NFKD", text.casefold()).split())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(LETTERS)
    return unicodedata.normalize("NFC", bare)
