"""What people read and write: languages, names, the words of refusals, the rules on fields and free text."""

from services.kit.language import rules, texts, words
from services.kit.language.cards import DIGITS_MAX, DIGITS_MIN, is_card_number
from services.kit.language.languages import BABEL, ENGLISH, PORTUGUESE, amount, language_of, moment, percent
from services.kit.language.rules import GIVEN, invalid
from services.kit.language.texts import NO_CARD

__all__ = [
    "BABEL",
    "DIGITS_MAX",
    "DIGITS_MIN",
    "ENGLISH",
    "GIVEN",
    "NO_CARD",
    "PORTUGUESE",
    "amount",
    "invalid",
    "is_card_number",
    "language_of",
    "moment",
    "percent",
    "rules",
    "texts",
    "words",
]
