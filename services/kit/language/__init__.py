"""Text that people read and write: languages, texts of refusals, rules for fields and for free text.

For the author of a context: language_of() picks a person's language; amount(), moment() and percent() format for it;
invalid() refuses a field for a rule that the contract cannot state. The contract's own rules, and those for free text
(no links in names, no card numbers), are checked around every call; a context need not do so.
"""

from services.kit.language import rules, texts, words
from services.kit.language.cards import has_card_number
from services.kit.language.languages import BABEL, ENGLISH, PORTUGUESE, amount, language_of, moment, percent
from services.kit.language.rules import GIVEN, invalid
from services.kit.language.texts import NO_CARD

__all__ = [
    "BABEL",
    "ENGLISH",
    "GIVEN",
    "NO_CARD",
    "PORTUGUESE",
    "amount",
    "has_card_number",
    "invalid",
    "language_of",
    "moment",
    "percent",
    "rules",
    "texts",
    "words",
]
