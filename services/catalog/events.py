"""Events and ticket types: what they are and what may become of them. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eventhub.refusals import (
    CurrencyMismatch,
    EventIncomplete,
    EventInPast,
    EventState,
    InvalidRequest,
    TicketTypeNotFound,
    TimeZoneUnknown,
)

DRAFT, PUBLISHED, OVER = "DRAFT", "PUBLISHED", "OVER"
SEATED, GENERAL, ONLINE = 1, 2, 3
HALF_PRICE = 3
TYPES_MAX = 50
SECOND_US = 1_000_000
DEFAULT_TICKETS_PER_ORDER = 10


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
    venue_id: str
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
    state: str
    version: int
    types: tuple[TicketType, ...] = ()

    @property
    def sales_end_us(self) -> int:
        """When sales end: one may join an online event late, but not sit down late."""
        return self.ends_us if self.admission == ONLINE else self.starts_us


def zone(name: str) -> ZoneInfo:
    """A time zone. Raises TimeZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown(time_zone=name) from None


def instant_us(local: str, time_zone: str) -> int:
    """The instant of a wall clock time; the first of two where the clock is set back. Raises TimeZoneUnknown where the
    zone skips that time, InvalidRequest where the calendar has no such day."""
    try:
        wall = datetime.strptime(local, "%Y-%m-%dT%H:%M").replace(tzinfo=zone(time_zone), fold=0)
    except ValueError:
        raise InvalidRequest("There is no such day or time.", fields={"starts_local": "no such day or time"}) from None
    since = wall - datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
    seconds = since // timedelta(seconds=1)
    back = datetime.fromtimestamp(seconds, tz=wall.tzinfo)
    if back.replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise TimeZoneUnknown(f"{local} does not exist there.", time_zone=time_zone)
    return seconds * SECOND_US


def check_future(starts_us: int, now_us: int) -> None:
    """Raises EventInPast."""
    if starts_us <= now_us:
        raise EventInPast


def misfits(
    *, admission: int, venue: bool, plan: bool, time_zone: bool, capacity: int, online_url: bool
) -> dict[str, str]:
    """Which fields do not fit how one takes part, and why."""
    wrong: dict[str, str] = {}
    if admission == ONLINE:
        wrong |= {"venue_id": "online events have no venue"} if venue else {}
        wrong |= {} if time_zone else {"time_zone": "online events name their time zone"}
        wrong |= {} if online_url else {"online_url": "online events say where they are held"}
    else:
        wrong |= {} if venue else {"venue_id": "events in person have a venue"}
        wrong |= {"online_url": "only online events have one"} if online_url else {}
    if plan != (admission == SEATED):
        wrong["plan_id"] = "seated events have a seating plan, others have none"
    if admission != SEATED and capacity < 1:
        wrong["capacity"] = "at least 1"
    return wrong


def check_fields(wrong: dict[str, str]) -> None:
    """Raises InvalidRequest where there is something wrong."""
    if wrong:
        raise InvalidRequest("The fields do not fit together.", fields=wrong)


def priced(event: Event, wanted: TicketType, *, currency: str, has_price: bool) -> TicketType:
    """A new ticket type with its price. Raises EventState, CurrencyMismatch, TicketTypeNotFound, InvalidRequest."""
    if event.state != DRAFT:
        raise EventState(state=event.state)
    if len(event.types) >= TYPES_MAX:
        check_fields({"event_id": f"an event has at most {TYPES_MAX} ticket types"})
    if wanted.kind != HALF_PRICE:
        check_fields({} if has_price else {"price": "says what one ticket costs"})
        check_fields({"half_of_ticket_type_id": "only half-price types have one"} if wanted.half_of else {})
        if currency != event.currency:
            raise CurrencyMismatch(expected=event.currency)
        return wanted
    check_fields({"price": "is derived: half of the full price"} if has_price else {})
    full = next((kind for kind in event.types if kind.ticket_type_id == wanted.half_of), None)
    if full is None:
        raise TicketTypeNotFound(ticket_type_id=wanted.half_of)
    check_fields({"half_of_ticket_type_id": "must be at full price"} if full.kind == HALF_PRICE else {})
    return TicketType(
        wanted.ticket_type_id,
        wanted.name,
        wanted.kind,
        full.price_minor // 2,
        wanted.categories,
        wanted.capacity,
        wanted.half_of,
    )


def check_publishable(event: Event, now_us: int) -> None:
    """Raises EventIncomplete, EventInPast."""
    if not event.types:
        raise EventIncomplete(missing="ticket_types")
    check_future(event.starts_us, now_us)


def moved(event: Event, starts_local: str, duration_us: int | None, now_us: int) -> Event | None:
    """An event at another time; None where that is no other time. Raises EventState once over, EventInPast,
    TimeZoneUnknown."""
    starts_us = instant_us(starts_local, event.time_zone)
    ends_us = starts_us + (duration_us or event.ends_us - event.starts_us)
    if (starts_us, ends_us) == (event.starts_us, event.ends_us):
        return None
    if event.ends_us <= now_us:
        raise EventState(state=OVER)
    check_future(starts_us, now_us)
    values = {name: getattr(event, name) for name in Event.__slots__}
    values |= {"starts_local": starts_local, "starts_us": starts_us, "ends_us": ends_us, "version": event.version + 1}
    return Event(**values)


def unknown_categories(wanted: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """What is wrong with seat categories a plan does not have."""
    strange = [category for category in wanted if category not in known]
    return {"seat_categories": f"the plan has no {strange[0]}"} if strange else {}
