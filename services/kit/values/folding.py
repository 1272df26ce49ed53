"""Folds text for comparisons that ignore case, accents and extra spaces. SQLite and PostgreSQL compare differently;
this does not."""

import unicodedata

# Letters that Unicode's normalization does not split into a base letter and an accent.
LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i", "ħ": "h"}
)


def folded(text: str) -> str:
    """Returns the text in lower case without accents, with single spaces: " São  João " becomes "sao joao", "Straße"
    becomes "strasse"."""
    apart = " ".join(unicodedata.normalize("NFKD", text.casefold()).split())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(LETTERS)
    return unicodedata.normalize("NFC", bare)
