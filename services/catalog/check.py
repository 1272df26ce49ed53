"""What the rules on the fields cannot say about requests to catalog."""

from eventhub.refusal import Violation
from eventhub.refusals import InvalidRequest
from services.kit.language import GIVEN
from services.kit.values import CURRENCIES

NEEDED = Violation("required", *GIVEN)
NO_VENUE = Violation("venue", "nothing: an online event has no venue", "nada: um evento on-line não tem local")
ZONE = Violation("required", "the time zone of an online event", "o fuso horário de um evento on-line")
LINK = Violation("required", "the link of an online event", "o link de um evento on-line")
VENUE = Violation("required", "the venue of an event in person", "o local de um evento presencial")
NO_LINK = Violation("online_url", "nothing: only an online event has a link", "nada: só um evento on-line tem link")
PLAN = Violation("required", "the seating plan of a seated event", "o mapa de um evento com lugares marcados")
NO_PLAN = Violation(
    "plan", "nothing: only a seated event has a seating plan", "nada: só um evento com lugares marcados tem mapa"
)
CURRENCY = Violation(
    "currency", "a currency in use today, such as BRL, EUR or USD", "uma moeda em uso hoje, como BRL, EUR ou USD"
)
SOMEBODY = Violation("int32.gte", "at least 1", "pelo menos 1")
ANOTHER = Violation("same", "the same in all messages", "o mesmo em todas as mensagens")
HALF_HAS_NO_PRICE = Violation(
    "price", "nothing: it costs half of the full price", "nada: custa a metade do preço inteiro"
)
PRICE = Violation("required", "what one ticket costs", "quanto custa um ingresso")
HALF_OF = Violation("required", "the type whose half it costs", "o tipo de que custa a metade")
NO_HALF_OF = Violation("half_of", "nothing: only a half-price type has one", "nada: só a meia-entrada tem um")
FULL = Violation("half_of", "a full-price type", "um tipo de preço inteiro")


def fields(wrong: dict[str, Violation]) -> None:
    """Raises InvalidRequest if something is wrong."""
    if wrong:
        raise InvalidRequest(fields=wrong)


def misfits(
    *,
    seated: bool,
    online: bool,
    venue: bool,
    plan: bool,
    time_zone: bool,
    capacity: int,
    online_url: bool,
    currency: str,
) -> dict[str, Violation]:
    """Which fields do not fit how one takes part, and why."""
    wrong: dict[str, Violation] = {}
    if online:
        wrong |= {"venue_id": NO_VENUE} if venue else {}
        wrong |= {} if time_zone else {"time_zone": ZONE}
        wrong |= {} if online_url else {"online_url": LINK}
    else:
        wrong |= {} if venue else {"venue_id": VENUE}
        wrong |= {"online_url": NO_LINK} if online_url else {}
    if plan != seated:
        wrong["plan_id"] = NO_PLAN if plan else PLAN
    if not seated and capacity < 1:
        wrong["capacity"] = SOMEBODY
    if currency not in CURRENCIES:
        wrong["currency"] = CURRENCY
    return wrong


def seats(seat_count: int) -> Violation:
    """A seated event holds as many as its plan has seats."""
    return Violation("capacity", f"the plan's {seat_count} seats", f"os {seat_count} lugares do mapa")


def few_types(most: int) -> Violation:
    """An event has not many ticket types."""
    return Violation("ticket_types", f"an event of at most {most} ticket types", f"um evento de até {most} tipos")


def strange_category(name: str) -> Violation:
    """A category is of the plan."""
    return Violation("category", f"categories of the plan, not {name}", f"categorias do mapa, não {name}")
