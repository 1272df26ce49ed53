"""Events and ticket types: what they are and what may become of them. Decisions only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eventhub.refusals import (
    CurrencyMismatch,
    EventIncomplete,
    EventInPast,
    EventState,
    TicketTypeNameInUse,
    TicketTypeNotFound,
    TicketTypeTooLarge,
)
from services.catalog import check
from services.catalog.plans import for_sale
from services.catalog.walltime import instant_us
from services.kit.values import folded

# PUBLISHING: inventory is being told what there is to sell. To everybody else it is still a draft.
DRAFT, PUBLISHING, PUBLISHED, OVER = "DRAFT", "PUBLISHING", "PUBLISHED", "OVER"
# As the contract numbers them.
SEATED, GENERAL, ONLINE = 1, 2, 3
HALF_PRICE = 3
TYPES_MAX = 50
TICKETS_PER_ORDER = 10


@dataclass(frozen=True, slots=True)
class Venue:
    """A place."""

    venue_id: str
    organizer_id: str
    name: str
    address: str
    city: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class TicketType:
    """Something that can be bought. price_minor: in the event's currency. capacity: 0 for as many as there are."""

    ticket_type_id: str
    name: str
    kind: int
    price_minor: int
    categories: tuple[str, ...]
    capacity: int
    half_of: str


@dataclass(frozen=True, slots=True)
class Event:
    """One date of something that is on."""

    event_id: str
    organizer_id: str
    title: str
    description: str
    kind: int
    admission: int
    venue: Venue | None
    plan_id: str
    starts_local: str
    time_zone: str
    starts_us: int
    ends_us: int
    capacity: int
    currency: str
    tickets_per_order_max: int
    online_url: str
    series_id: str
    state: str = DRAFT
    version: int = 1
    types: tuple[TicketType, ...] = ()

    @property
    def sales_end_us(self) -> int:
        """When sales end: one may join an online event late, but not sit down late, unless the counter lets one."""
        return self.ends_us if self.admission == ONLINE else self.starts_us


def check_future(starts_us: int, now_us: int) -> None:
    """Raises EventInPast."""
    if starts_us <= now_us:
        raise EventInPast


def seated_capacity(given: int, seat_count: int) -> int:
    """How many people a seated event holds. Raises InvalidRequest where something else was given."""
    check.fields({"capacity": check.seats(seat_count)} if given not in (0, seat_count) else {})
    return seat_count


def priced(event: Event, wanted: TicketType, *, currency: str | None, seats: Mapping[str, int]) -> TicketType:
    """A new ticket type with its price. currency: the given price's, None without one. seats: how many the plan has of
    each category. Raises EventState, CurrencyMismatch, InvalidRequest, and as halved and check_beside."""
    if event.state != DRAFT:
        raise EventState(state=event.state)
    if len(event.types) >= TYPES_MAX:
        check.fields({"event_id": check.few_types(TYPES_MAX)})
    strange = [category for category in wanted.categories if category not in seats]
    check.fields({"seat_categories": check.strange_category(strange[0])} if strange else {})
    wanted = replace(wanted, categories=wanted.categories or sold_by_default(list(seats)))
    check_beside(event, wanted, seats)
    if wanted.kind == HALF_PRICE:
        check.fields({} if currency is None else {"price": check.HALF_HAS_NO_PRICE})
        return halved(event, wanted)
    check.fields({} if currency is not None else {"price": check.PRICE})
    check.fields({"half_of_ticket_type_id": check.NO_HALF_OF} if wanted.half_of else {})
    if currency != event.currency:
        raise CurrencyMismatch(expected=event.currency)
    return wanted


def check_beside(event: Event, wanted: TicketType, seats: Mapping[str, int]) -> None:
    """Whether a new ticket type fits its event and the other types. Raises TicketTypeTooLarge, TicketTypeNameInUse."""
    room = places_for(wanted, event, seats)
    if wanted.capacity > room:
        raise TicketTypeTooLarge(limit=room)
    if folded(wanted.name) in {folded(kind.name) for kind in event.types}:
        raise TicketTypeNameInUse(name=wanted.name)


def sold_by_default(categories: Sequence[str]) -> tuple[str, ...]:
    """The categories that a ticket type is sold for that names none: those whose names do not say that they are not for
    sale. Empty: all."""
    sold = tuple(category for category in categories if for_sale(category))
    return () if len(sold) == len(categories) else sold


def places_for(kind: TicketType, event: Event, seats: Mapping[str, int]) -> int:
    """How many places a ticket type is sold from. seats: how many the plan has of each category."""
    if event.admission != SEATED:
        return event.capacity
    return sum(seats[category] for category in kind.categories or seats)


def halved(event: Event, wanted: TicketType) -> TicketType:
    """A half-price type: half of the full price, rounded down."""
    check.fields({} if wanted.half_of else {"half_of_ticket_type_id": check.HALF_OF})
    full = next((kind for kind in event.types if kind.ticket_type_id == wanted.half_of), None)
    if full is None:
        raise TicketTypeNotFound(ticket_type_id=wanted.half_of)
    check.fields({"half_of_ticket_type_id": check.FULL} if full.kind == HALF_PRICE else {})
    return replace(wanted, price_minor=full.price_minor // 2)


def check_publishable(event: Event, now_us: int) -> None:
    """Raises EventIncomplete, EventInPast."""
    if not event.types:
        raise EventIncomplete(missing="ticket_types")
    check_future(event.starts_us, now_us)


def moved(event: Event, starts_local: str, duration_us: int | None, now_us: int) -> Event | None:
    """An event at another time; None where that is no other time. Raises EventState once over, EventInPast,
    TimeZoneUnknown, InvalidRequest."""
    starts_us = instant_us(starts_local, event.time_zone)
    ends_us = starts_us + (duration_us or event.ends_us - event.starts_us)
    if (starts_us, ends_us) == (event.starts_us, event.ends_us):
        return None
    if event.state != DRAFT and event.ends_us <= now_us:
        raise EventState(state=OVER)
    check_future(starts_us, now_us)
    return replace(event, starts_local=starts_local, starts_us=starts_us, ends_us=ends_us, version=event.version + 1)
