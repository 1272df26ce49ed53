"""Passes, and the event as which a series sells them. Pure.

A pass is a ticket type of its series. To buyers, and to the contexts that price, sell and admit, the series is then an
event with its passes as ticket types.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eventhub.refusals import CurrencyMismatch, EventIncomplete, NightNotForPass, TicketTypeNameInUse
from services.catalog import violations
from services.catalog.details import NO_DETAILS
from services.catalog.events import Event, State, TicketKind, TicketType
from services.catalog.series.series import Series
from services.kit.values import folded

SERIES_PREFIX = "ser_"
PASSES_MAX, NIGHTS_MIN, NIGHTS_MAX = 20, 2, 50


@dataclass(frozen=True, slots=True)
class Night:
    """A night of a pass, and the ticket type that the pass stands for there."""

    event_id: str
    ticket_type_id: str


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass. version: 1 for a new one, and 1 more with each change."""

    ticket_type: TicketType
    nights: tuple[Night, ...]
    version: int = 1


@dataclass(frozen=True, slots=True)
class Offer:
    """A series with its passes, and all events that are nights of them, soonest first."""

    series: Series
    passes: tuple[Pass, ...]
    nights: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A pass as an organizer asks for it. type_name: of the ticket type that it stands for in each night. event_ids:
    its nights; empty: all that are published and have not begun."""

    ticket_type_id: str
    series_id: str
    name: str
    price_minor: int
    currency: str
    capacity: int
    type_name: str
    event_ids: tuple[str, ...]


def is_series(event_id: str) -> bool:
    """Whether an event's id is that of a series."""
    return event_id.startswith(SERIES_PREFIX)


def with_pass(known: Sequence[Pass], wanted: Pass) -> tuple[Pass, ...]:
    """Passes with one that is added to them, or changed."""
    wanted_id = wanted.ticket_type.ticket_type_id
    if wanted_id not in {one.ticket_type.ticket_type_id for one in known}:
        return (*known, wanted)
    return tuple(wanted if one.ticket_type.ticket_type_id == wanted_id else one for one in known)


def accepted(wanted: Wanted, known: Sequence[Pass], nights: Sequence[Event], now_us: int) -> Pass:
    """A new pass of a series. known: the passes that it has. nights: all nights of the series, soonest first. Raises
    InvalidRequest, TicketTypeNameInUse, CurrencyMismatch, and as chosen and stood_for."""
    violations.refuse({"series_id": violations.type_count(PASSES_MAX)} if len(known) >= PASSES_MAX else {})
    if folded(wanted.name) in {folded(other.ticket_type.name) for other in known}:
        raise TicketTypeNameInUse(name=wanted.name)
    own = chosen(wanted, nights, now_us)
    if wanted.currency != own[0].currency:
        raise CurrencyMismatch(expected=own[0].currency)
    ticket_type = TicketType(
        ticket_type_id=wanted.ticket_type_id,
        name=wanted.name,
        kind=TicketKind.OTHER,
        price_minor=wanted.price_minor,
        categories=(),
        capacity=wanted.capacity,
        half_of="",
    )
    return Pass(ticket_type, stood_for(wanted.type_name, own))


def chosen(wanted: Wanted, nights: Sequence[Event], now_us: int) -> list[Event]:
    """The nights of a pass, soonest first. Raises NightNotForPass if one is not a published night of the series,
    EventIncomplete if there are fewer than two, InvalidRequest if there are too many."""
    published = [night for night in nights if night.state == State.PUBLISHED and night.starts_us > now_us]
    for event_id in wanted.event_ids:
        if event_id not in {night.event_id for night in published}:
            raise NightNotForPass(event_id=event_id)
    own = [night for night in published if not wanted.event_ids or night.event_id in wanted.event_ids]
    if len(own) < NIGHTS_MIN:
        raise EventIncomplete(missing="nights")
    violations.refuse({"event_ids": violations.night_count(NIGHTS_MAX)} if len(own) > NIGHTS_MAX else {})
    return own


def stood_for(type_name: str, nights: Sequence[Event]) -> tuple[Night, ...]:
    """The ticket type of each night that has a name and sells. Raises NightNotForPass if a night has none, or only one
    for half price or of packages, or if its places are of another kind than those of the night before."""
    found: list[Night] = []
    kinds = set()
    for night in nights:
        named = [one for one in night.types if folded(one.name) == folded(type_name) and not one.archived]
        kinds |= {(night.admission, night.plan_id, night.currency, bool(one.area_id)) for one in named}
        if len(kinds) != 1 or not named or named[0].kind == TicketKind.HALF_PRICE or named[0].package_size > 1:
            raise NightNotForPass(event_id=night.event_id)
        found.append(Night(night.event_id, named[0].ticket_type_id))
    return tuple(found)


def event_of(offer: Offer) -> Event:
    """A series as an event: from the start of the first night of its passes to the end of the last."""
    first = offer.nights[0]
    types = tuple(one.ticket_type for one in offer.passes)
    return replace(
        first,
        event_id=offer.series.series_id,
        series_id="",
        title=offer.series.title,
        description=offer.series.description,
        ends_us=max(night.ends_us for night in offer.nights),
        capacity=sum(ticket_type.capacity for ticket_type in types if not ticket_type.archived),
        tickets_per_order_max=per_order_max(offer),
        tickets_per_person_max=per_person_max(offer),
        state=State.PUBLISHED if State.PUBLISHED in {night.state for night in offer.nights} else State.UNPUBLISHED,
        # It grows with each pass, and with each change of a pass or a night.
        version=sum(one.version for one in offer.passes) + sum(night.version for night in offer.nights),
        types=types,
        areas=(),
        orphan_rule=0,
        online_url="",
        details=NO_DETAILS,
        archived=False,
    )


def per_order_max(offer: Offer) -> int:
    """How many passes one order may have: as many as tickets of the strictest night."""
    return min(night.tickets_per_order_max for night in offer.nights)


def per_person_max(offer: Offer) -> int:
    """How many passes one person may have: as many as tickets of the strictest night; 0 means no limit."""
    return min((limit for night in offer.nights if (limit := night.tickets_per_person_max)), default=0)
