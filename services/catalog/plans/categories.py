"""Categories of seats: their colours, and whether they are sold. Pure."""

import re
from dataclasses import dataclass

from services.kit.values import folded

# The colours that pretix takes; clients write them into their styles unchanged.
COLOR = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})|[a-z]{3,20}", re.IGNORECASE | re.ASCII)
# A category's name is read word by word.
WORD = re.compile(r"[^\W_]+")
# Names of categories whose seats are not sold.
NOT_FOR_SALE = re.compile(
    r"\b(not ?available|unavailable|not for sale|no sale|do not sell|blocked|indisponive(l|is)|nao ?disponive(l|is)"
    r"|bloquead[oa]s?|interditad[oa]s?|nao vender|sem vendas?|(nao (esta |estao )?a|fora de) venda|no disponibles?"
    r"|nicht verfugbar|gesperrt)\b"
)
# Only the view is blocked; such seats are sold.
VIEW_BLOCKED = re.compile(
    r"\b((visao|vista|visibilidade)( \w+){0,3} bloqueada|(view|sight)( \w+)? blocked|blocked (view|sight)s?)\b"
)


@dataclass(frozen=True, slots=True)
class Category:
    """A category of seats, with the number of its seats."""

    name: str
    color: str
    seat_count: int


def for_sale(category: str) -> bool:
    """False if the name of a category says that its seats are not for sale, such as "NOT AVAILABLE" or "Bloqueado"."""
    words = " ".join(WORD.findall(folded(category)))
    return NOT_FOR_SALE.search(VIEW_BLOCKED.sub("", words)) is None


def painted(color: str | None) -> str:
    """A colour of the file; empty if the file names none that is valid: a plan is not refused for its paint."""
    return color if color and COLOR.fullmatch(color) else ""
