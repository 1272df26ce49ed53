"""Changes of events, and their rules. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from eventhub.refusals import EventState, TicketTypeNotFound, TicketTypeTooLarge
from services.catalog import areas, refund_terms, violations
from services.catalog.details import Details
from services.catalog.events import (
    TICKETED,
    Admission,
    Event,
    Lot,
    State,
    TicketType,
    Venue,
    check_future,
    check_not_archived,
    check_sales_times,
    details_problems,
    places_for,
)
from services.catalog.half_price_reserve import check_reserve
from services.catalog.lots import lots_of
from services.catalog.ticket_types import packages
from services.catalog.walltime import instant_us

ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a published event that inventory is being told of. number: of the provision that tells it. wanted:
    the event after the change."""

    number: int
    wanted: Event


@dataclass(frozen=True, slots=True)
class Part:
    """What of an event gets another number of places: a ticket type, an area, or the event itself if both are
    empty."""

    ticket_type_id: str = ""
    area_id: str = ""


def updated(before: Event, after: Event) -> Event | None:
    """An event with other texts and settings; None if they are the same. Raises EventState if the event is archived,
    InvalidRequest, RefundTermsWorse."""
    check_not_archived(before)
    if after == before:
        return None
    online = before.admission == Admission.ONLINE
    wrong = {} if after.title else {"title": violations.REQUIRED}
    if online != bool(after.online_url):
        wrong["online_url"] = violations.LINK if online else violations.NO_LINK
    violations.refuse(wrong | packages.limits_problems(after) | details_problems(after))
    if before.state != State.DRAFT:
        refund_terms.check_not_worse(before.details.refund_terms, after.details.refund_terms)
    return after


def moved_to(event: Event, venue: Venue) -> Event:
    """The event at another venue. Raises InvalidRequest unless it has a venue, no numbered seats, and keeps its time
    zone."""
    if event.venue == venue:
        return event
    if event.admission != Admission.GENERAL:
        violations.refuse({"venue_id": violations.FIXED_VENUE})
    violations.refuse({} if venue.time_zone == event.time_zone else {"venue_id": violations.zone(event.time_zone)})
    return replace(event, venue=venue)


def resized(event: Event, part: Part, capacity: int, seat_counts: Mapping[str, int]) -> Event | None:
    """The event with another number of places in a part of it; None if the number stays the same. Raises EventState if
    it is archived, TicketTypeNotFound, TicketTypeTooLarge, HalfPriceLotTooSmall, InvalidRequest."""
    check_not_archived(event)
    after = with_capacity(event, part, capacity)
    if after == event:
        return None
    for ticket_type in after.types:
        places = places_for(ticket_type, after, seat_counts)
        if ticket_type.capacity > places:
            raise TicketTypeTooLarge(limit=places)
        packages.check(after, ticket_type, seat_counts)
    if event.state != State.DRAFT:
        check_reserve(after, seat_counts)
    return after


def with_capacity(event: Event, part: Part, capacity: int) -> Event:
    """The event with another capacity of a part. Raises TicketTypeNotFound, InvalidRequest."""
    if part.ticket_type_id:
        return with_lot(event, part.ticket_type_id, capacity)
    if part.area_id:
        return with_area_places(event, part.area_id, capacity)
    return with_places(event, capacity)


def with_lot(event: Event, ticket_type_id: str, capacity: int) -> Event:
    """The event with another capacity of a ticket type. Raises TicketTypeNotFound."""
    if ticket_type_id not in {ticket_type.ticket_type_id for ticket_type in event.types}:
        raise TicketTypeNotFound(ticket_type_id=ticket_type_id)
    types = [
        replace(ticket_type, capacity=capacity) if ticket_type.ticket_type_id == ticket_type_id else ticket_type
        for ticket_type in event.types
    ]
    return replace(event, types=tuple(types))


def with_area_places(event: Event, area_id: str, capacity: int) -> Event:
    """The event with another capacity of an area, and its own that follows. Raises InvalidRequest if it has no such
    area, or would have too many places or none."""
    wanted = areas.resized(event.areas, area_id, capacity)
    places = event.seat_count + areas.places_in(wanted)
    violations.refuse({"capacity": violations.places_max(areas.PLACES_MAX)} if places > areas.PLACES_MAX else {})
    return replace(event, areas=wanted, capacity=places)


def with_places(event: Event, capacity: int) -> Event:
    """The event with another capacity. Raises InvalidRequest if its seats and areas give another one, or if it would
    have no places."""
    if event.admission == Admission.SEATED or event.areas:
        violations.refuse({} if capacity == event.capacity else {"capacity": violations.places(event.capacity)})
    violations.refuse({} if capacity else {"capacity": violations.CAPACITY})
    return replace(event, capacity=capacity)


def unpublished(event: Event) -> Event | None:
    """The event out of sale; None if it is so already. Raises EventState if it was never published, or is archived."""
    check_not_archived(event)
    if event.state not in TICKETED:
        raise EventState(state=State.DRAFT)
    return None if event.state == State.UNPUBLISHED else replace(event, state=State.UNPUBLISHED)


def put_back(event: Event, now_us: int) -> Event | None:
    """An unpublished event on sale again; None if it is published. Raises EventState if it is archived, EventInPast,
    InvalidRequest."""
    check_not_archived(event)
    if event.state == State.PUBLISHED:
        return None
    check_future(event.starts_us, now_us)
    check_sales_times(event)
    return replace(event, state=State.PUBLISHED)


def archived(event: Event, now_us: int, *, restore: bool) -> Event | None:
    """The event put away, or restored; None if it is so already. Raises EventState if it is published and not over, or
    is being published."""
    if event.archived != restore:
        return None
    on_sale = event.state == State.PUBLISHED and now_us < event.ends_us
    if not restore and (on_sale or event.state == State.PUBLISHING):
        raise EventState(state=State.PUBLISHED)
    return replace(event, archived=not restore)


def check_droppable(event: Event) -> None:
    """Raises EventState unless the event is a draft."""
    if event.state != State.DRAFT:
        raise EventState(state=event.state)


def copy_of(event: Event, event_id: str, starts_local: str, title: str, now_us: int) -> Event:
    """A draft with the settings and ticket types of an event, at another time. Its times of sales keep their distance
    from the start. title: if empty, the event's. Raises TimeZoneUnknown, InvalidRequest, EventInPast."""
    starts_us = instant_us(starts_local, event.time_zone)
    check_future(starts_us, now_us)
    later_us = starts_us - event.starts_us
    copied = [kind for kind in event.types if not kind.archived]
    ids = {kind.ticket_type_id: type_id(event_id, n) for n, kind in enumerate(copied)}
    copy = replace(
        event,
        event_id=event_id,
        title=title or event.title,
        starts_local=starts_local,
        starts_us=starts_us,
        ends_us=event.ends_us + later_us,
        series_id="",
        state=State.DRAFT,
        version=1,
        types=tuple(copied_type(event, ticket_type, ids, later_us) for ticket_type in copied),
        details=shifted(event.details, later_us),
        archived=False,
    )
    check_sales_times(copy)
    return copy


def copied_type(event: Event, ticket_type: TicketType, ids: Mapping[str, str], later_us: int) -> TicketType:
    """A ticket type of an event in its copy, with its last price; with that of its first lot, if it got lots while it
    was sold. ids: the new id of each type. later_us: how much later the copy starts, and its types sell."""
    start_us, end_us = ticket_type.sales_start_us, ticket_type.sales_end_us
    prices_of_lots = [lot.price_minor for lot in lots_of(event, ticket_type)]
    return replace(
        ticket_type,
        ticket_type_id=ids[ticket_type.ticket_type_id],
        half_of=ids.get(ticket_type.half_of, ""),
        price_minor=prices_of_lots[0] if prices_of_lots else ticket_type.price_minor,
        sales_start_us=max(1, start_us + later_us) if start_us else 0,
        sales_end_us=max(1, end_us + later_us) if end_us else 0,
        prices=(),
        lots=tuple(copied_lot(lot, ids[ticket_type.ticket_type_id], later_us) for lot in ticket_type.lots),
    )


def copied_lot(lot: Lot, ticket_type_id: str, later_us: int) -> Lot:
    """A lot of a copied ticket type. Its turn ends as long before the event as in the original. ticket_type_id: of the
    copy."""
    lot_id = f"lot_{digest(f'{ticket_type_id} {lot.lot_id}')}"
    return replace(lot, lot_id=lot_id, ends_us=max(1, lot.ends_us + later_us) if lot.ends_us else 0, version=1)


def shifted(details: Details, later_us: int) -> Details:
    """Details with later times of sales."""
    start_us, end_us = details.sales_start_us, details.sales_end_us
    return replace(
        details,
        sales_start_us=max(1, start_us + later_us) if start_us else 0,
        sales_end_us=max(1, end_us + later_us) if end_us else 0,
    )


def type_id(event_id: str, n: int) -> str:
    """The id of the n-th ticket type of a copied event."""
    return f"tkt_{digest(f'{event_id} {n}')}"


def digest(text: str) -> str:
    """A short hash of a text, as the derived part of an id."""
    return blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()
