"""The half-price reserve: how many places of an event full price must leave to half price, and until when. Pure.

By Brazilian law (Lei 12.933/2013, Decreto 8.537/2015 art. 9) 40 % of the places offered at a price are reserved for
half price until shortly before the event. The reserve is a minimum: half price may sell more, unless the organizer gave
its ticket types a capacity. A fixed time before the event the unsold part of the reserve opens to all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventhub.refusals import HalfPriceLotTooSmall
from services.catalog.areas import places_in
from services.catalog.events import Admission, Event, TicketKind, TicketType, places_for

HALF_PRICE_RESERVE_PERCENT = 40
LARGE_PLACES = 10_000
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class ReserveHours:
    """How many hours before the start of an event its half-price reserve ends. large: if it has more than LARGE_PLACES
    places."""

    usual: int
    large: int

    def until_us(self, event: Event) -> int:
        """The time at which an event's reserve ends."""
        hours = self.large if event.capacity > LARGE_PLACES else self.usual
        return event.starts_us - hours * HOUR_US


def half_price_reserve(event: Event, seat_counts: Mapping[str, int]) -> int:
    """The number of places reserved for half price, rounded up. 0 if the event sells no half-price types, or is free.

    Full-price types that are archived count too: their places were offered, and some may be sold."""
    if not half_price_types(event):
        return 0
    return -(-tickets_max(paid_types(event), event, seat_counts) * HALF_PRICE_RESERVE_PERCENT // 100)


def check_reserve(event: Event, seat_counts: Mapping[str, int]) -> None:
    """Raises HalfPriceLotTooSmall if the half-price types cannot sell the whole reserve: no buyer could use the
    rest."""
    reserve = half_price_reserve(event, seat_counts)
    offered = offered_to_half_price(event, seat_counts, reserve=reserve)
    if offered < reserve:
        raise HalfPriceLotTooSmall(reserve=reserve, offered=offered)


def offered_to_half_price(event: Event, seat_counts: Mapping[str, int], *, reserve: int) -> int:
    """How many tickets the half-price types can certainly sell. In limited lots these are those that full price
    leaves."""
    half, in_lots = half_price_types(event), 0
    limited = [full for full in event.types if full.lots and all(lot.quantity for lot in full.lots)]
    for full in limited:
        followers = [ticket_type for ticket_type in half if ticket_type.half_of == full.ticket_type_id]
        left = left_in_lots(full, event, seat_counts, reserve=reserve)
        in_lots += min(tickets_max(followers, event, seat_counts), left)
    ids = {full.ticket_type_id for full in limited}
    others = [ticket_type for ticket_type in half if ticket_type.half_of not in ids]
    return min(tickets_max(half, event, seat_counts), tickets_max(others, event, seat_counts) + in_lots)


def left_in_lots(full: TicketType, event: Event, seat_counts: Mapping[str, int], *, reserve: int) -> int:
    """How many tickets the lots of a full-price type certainly leave to its half-price types. No lot is unlimited."""
    most = min(
        full.capacity or places_for(full, event, seat_counts), places_of(event.types, event, seat_counts) - reserve
    )
    return max(sum(lot.quantity for lot in full.lots) - most, 0)


def paid_types(event: Event) -> list[TicketType]:
    """Ticket types with a price. A half-price type counts if its full-price type has a price."""
    paid = {
        ticket_type.ticket_type_id
        for ticket_type in event.types
        if ticket_type.price_minor or any(lot.price_minor for lot in ticket_type.lots)
    }
    return [ticket_type for ticket_type in event.types if (ticket_type.half_of or ticket_type.ticket_type_id) in paid]


def half_price_types(event: Event) -> list[TicketType]:
    """Half-price types that sell and whose full-price type has a price."""
    return [
        ticket_type
        for ticket_type in paid_types(event)
        if ticket_type.kind == TicketKind.HALF_PRICE and not ticket_type.archived
    ]


def tickets_max(types: Sequence[TicketType], event: Event, seat_counts: Mapping[str, int]) -> int:
    """The number of tickets that some types can sell together."""
    capacities = [ticket_type.capacity or places_for(ticket_type, event, seat_counts) for ticket_type in types]
    return min(places_of(types, event, seat_counts), sum(capacities))


def places_of(types: Sequence[TicketType], event: Event, seat_counts: Mapping[str, int]) -> int:
    """The number of places that some types are sold for, each place counted once."""
    areas = {ticket_type.area_id for ticket_type in types}
    in_areas = places_in(area for area in event.areas if area.area_id in areas)
    others = [ticket_type for ticket_type in types if not ticket_type.area_id]
    if event.admission != Admission.SEATED:
        return in_areas or event.capacity
    if not all(ticket_type.categories for ticket_type in others):
        return in_areas + sum(seat_counts.values())
    sold = {name for ticket_type in others for name in ticket_type.categories}
    return in_areas + sum(seat_counts[category] for category in sold)
