"""Folds text for comparisons that ignore case and accents. SQLite and PostgreSQL compare differently; this does not."""

import unicodedata

# Letters that Unicode's normalization does not split into a base letter and an accent.
LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i", "ħ": "h"}
)


def folded(text: str) -> str:
    """Returns the text in lower case without accents: "São João" becomes "sao joao", "Straße" becomes "strasse"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(LETTERS)
    return unicodedata.normalize("NFC", bare)
