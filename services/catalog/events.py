"""Events and ticket types, and the rules for changing them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from eventhub.refusal import Violation
from eventhub.refusals import (
    EventIncomplete,
    EventInPast,
    EventState,
)
from services.catalog import refund_terms, violations
from services.catalog.areas import Area, area_named, places_in
from services.catalog.details import NO_DETAILS, Details
from services.catalog.plans.categories import for_sale
from services.catalog.walltime import instant_us

TYPES_MAX = 50
TICKETS_PER_ORDER = 10
# Refusals name this state; it follows from the event's time and is not stored.
OVER = "OVER"
# Refusals name this state of an event that was put away.
ARCHIVED = "ARCHIVED"


class State(StrEnum):
    """States of an event: DRAFT -> PUBLISHING -> PUBLISHED <-> UNPUBLISHED."""

    DRAFT = "DRAFT"
    # PublishEvent is handing the seats to inventory. The contract shows it as DRAFT.
    PUBLISHING = "PUBLISHING"
    PUBLISHED = "PUBLISHED"
    UNPUBLISHED = "UNPUBLISHED"


# The states of an event that may have tickets.
TICKETED = frozenset({State.PUBLISHED, State.UNPUBLISHED})


class Admission(IntEnum):
    """How participants attend, numbered as in the contract."""

    SEATED = 1
    GENERAL = 2
    ONLINE = 3


class TicketKind(IntEnum):
    """The rules for a ticket's price, numbered as in the contract."""

    GENERAL = 1
    VIP = 2
    HALF_PRICE = 3
    OTHER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue of an organizer."""

    venue_id: str
    organizer_id: str
    name: str
    address: str
    city: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A part of a full-price ticket type that is sold in its turn. quantity: 0 means no limit. ends_us: 0 means no
    time. version: that of the event with which the lot got its name and price."""

    lot_id: str
    name: str
    price_minor: int
    quantity: int
    ends_us: int
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketType:
    """A ticket type of an event.

    price_minor: in the event's currency. prices: (from_us, price_minor) of each price since the event was published,
    the newest last; empty if there was only one. lots: in the order in which they are sold; empty for a half-price
    type, which follows its full-price type. categories: seat categories it is sold for; empty means all.
    capacity, per_order_min, per_order_max: 0 means no limit of its own. half_of: id of the full-price type; empty
    unless half-price. area_id: the area that its tickets are for; empty for seats, and in events without areas.
    sales_start_us, sales_end_us: 0 means with the event. access_codes: in upper case. package_size: how many tickets
    are sold together for the price; 0: each by itself.
    """

    ticket_type_id: str
    name: str
    kind: TicketKind
    price_minor: int
    categories: tuple[str, ...]
    capacity: int
    half_of: str
    area_id: str = ""
    description: str = ""
    per_order_min: int = 0
    per_order_max: int = 0
    hidden: bool = False
    archived: bool = False
    access_codes: tuple[str, ...] = ()
    sales_start_us: int = 0
    sales_end_us: int = 0
    prices: tuple[tuple[int, int], ...] = ()
    lots: tuple[Lot, ...] = ()
    package_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event. kind: the contract's EventKind. venue: None for online events. version: increases with each change.
    orphan_rule: the contract's OrphanRule. tickets_per_person_max: over all orders; 0: no limit. archived: whether its
    organizer has put it away."""

    event_id: str
    organizer_id: str
    title: str
    description: str
    kind: int
    admission: Admission
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
    state: State = State.DRAFT
    version: int = 1
    types: tuple[TicketType, ...] = ()
    areas: tuple[Area, ...] = ()
    orphan_rule: int = 0

    @property
    def seat_count(self) -> int:
        """How many numbered seats it has."""
        return self.capacity - places_in(self.areas) if self.admission == Admission.SEATED else 0

    details: Details = NO_DETAILS
    archived: bool = False
    tickets_per_person_max: int = 0

    @property
    def sells(self) -> bool:
        """Whether the event sells between its times. Inventory is told before an event is PUBLISHED."""
        return self.state != State.UNPUBLISHED and not self.archived

    @property
    def sales_end_us(self) -> int:
        """The end of online sales. Participants may join an online event late; at a venue only the box office still
        sells after the start, unless the organizer wants more."""
        usual = self.ends_us if self.admission == Admission.ONLINE else self.starts_us
        return min(self.details.sales_end_us or usual, self.ends_us)

    @property
    def counter_end_us(self) -> int:
        """The end of sales at the counter: when nobody is let in any more."""
        return self.doors_close_us or self.ends_us

    @property
    def doors_open_us(self) -> int:
        """When the doors open; 0 if the organizer has not said."""
        before = self.details.doors_open_before_us
        return 0 if before is None else self.starts_us - before

    @property
    def doors_close_us(self) -> int:
        """When the doors close; 0 if the organizer has not said."""
        after = self.details.doors_close_after_us
        return 0 if after is None else self.starts_us + after


def check_future(starts_us: int, now_us: int) -> None:
    """Raises EventInPast unless the start is in the future."""
    if starts_us <= now_us:
        raise EventInPast


def details_problems(event: Event) -> dict[str, Violation]:
    """The violations of an event's details, by field."""
    details = event.details
    late = details.sales_start_us and event.sales_end_us <= details.sales_start_us
    wrong = {"details.sales_end_at": violations.AFTER_SALES_BEGIN} if late else {}
    return wrong | refund_terms.problems(details.refund_terms)


def check_sales_times(event: Event) -> None:
    """Raises InvalidRequest unless the sales of an event end after they begin."""
    violations.refuse(details_problems(event))


def with_area(event: Event, wanted: TicketType) -> TicketType:
    """A ticket type with its area: a half-price type has that of its full-price type. Raises InvalidRequest."""
    full = next((other for other in event.types if other.ticket_type_id == wanted.half_of), None)
    if full is not None:
        differs = wanted.area_id not in ("", full.area_id)
        violations.refuse({"area_id": violations.AREA_OF_FULL_PRICE} if differs else {})
        wanted = replace(wanted, area_id=full.area_id)
    if wanted.area_id:
        unknown = area_named(event.areas, wanted.area_id) is None
        violations.refuse({"area_id": violations.UNKNOWN_AREA} if unknown else {})
        violations.refuse({"seat_categories": violations.NO_SEATS} if wanted.categories else {})
    elif event.areas and event.admission == Admission.GENERAL and not wanted.half_of:
        violations.refuse({"area_id": violations.AREA})
    return wanted


def default_categories(categories: Sequence[str]) -> tuple[str, ...]:
    """Categories of a ticket type that names none: all whose names do not say "not for sale". Empty means all."""
    sold = tuple(category for category in categories if for_sale(category))
    return () if len(sold) == len(categories) else sold


def places_for(ticket_type: TicketType, event: Event, seat_counts: Mapping[str, int]) -> int:
    """The number of places that a ticket type can be sold for. seat_counts: seats of each category."""
    area = area_named(event.areas, ticket_type.area_id)
    if area is not None:
        return area.capacity
    if event.admission != Admission.SEATED:
        return event.capacity
    return sum(seat_counts[category] for category in ticket_type.categories or seat_counts)


def check_not_archived(event: Event) -> None:
    """Raises EventState if the event is archived."""
    if event.archived:
        raise EventState(state=ARCHIVED)


def check_not_over(event: Event, now_us: int) -> None:
    """Raises EventState if the event was published and is over, or is archived."""
    check_not_archived(event)
    if event.state != State.DRAFT and event.ends_us <= now_us:
        raise EventState(state=OVER)


def check_publishable(event: Event, now_us: int) -> None:
    """Raises EventIncomplete if the event sells no ticket types, EventInPast if it has started, EventState if it is
    archived, InvalidRequest if its sales end before they begin."""
    check_not_archived(event)
    if all(ticket_type.archived for ticket_type in event.types):
        raise EventIncomplete(missing="ticket_types")
    check_future(event.starts_us, now_us)
    check_sales_times(event)


def rescheduled(event: Event, starts_local: str, duration_us: int | None, now_us: int) -> Event | None:
    """The event at its new time; None if the time stays the same. duration_us: None keeps the length. Raises
    EventState if the event is over or archived, EventInPast, TimeZoneUnknown, InvalidRequest, also if its sales would
    end before they begin."""
    check_not_archived(event)
    starts_us = instant_us(starts_local, event.time_zone)
    ends_us = starts_us + (duration_us or event.ends_us - event.starts_us)
    if (starts_us, ends_us) == (event.starts_us, event.ends_us):
        return None
    check_not_over(event, now_us)
    check_future(starts_us, now_us)
    moved = replace(event, starts_local=starts_local, starts_us=starts_us, ends_us=ends_us, version=event.version + 1)
    check_sales_times(moved)
    return moved
