"""The words that texts are found by. Pure.

SQLite and PostgreSQL split and fold texts differently, so both get words that are split and folded here.
"""

from services.kit.values import folded

# PostgreSQL indexes no longer ones. A longer word is found by its beginning.
WORD_MAX = 60


def words_of(*texts: str) -> list[str]:
    """The folded words of some texts, each once, in their order. Every character that is no letter and no digit
    separates words: "AC/DC ao vivo" has the words ac, dc, ao, vivo."""
    letters = "".join(letter if letter.isalnum() else " " for letter in folded("\n".join(texts)))
    return list(dict.fromkeys(word[:WORD_MAX] for word in letters.split()))
