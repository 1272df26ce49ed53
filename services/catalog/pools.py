"""Pools: the counts of places from which an event's ticket types are sold. Pure.

Full-price types draw on a pool of all places minus the half-price reserve ("public"), and half-price types only on
their own capacities. At the end of the reserve, "public" grows to all places. Types of an area also draw on its pool.

Example: 100 places, full price and half price. The reserve is 40, so "public" has 60 places and "half" has 100. At the
end of the reserve "public" grows to 100. Inventory counts numbered seats itself, so a seated event has no "places"
pool, and neither has an event of which each place lies in an area. The pool of an area comes before "public" and "half"
in every draw: inventory locks pools from narrow to wide, and each pool must have the same width in all draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.catalog.events import Admission, Event, TicketKind, TicketType
from services.catalog.half_price_reserve import half_price_reserve, places_of


@dataclass(frozen=True, slots=True)
class Pool:
    """A count of places. released: its capacity after the end of the half-price reserve."""

    pool_id: str
    name: str
    capacity: int
    released: int


@dataclass(frozen=True, slots=True)
class Draw:
    """A ticket type and the pools that each of its tickets is taken from, from the smallest to the largest."""

    ticket_type: TicketType
    pool_ids: tuple[str, ...]


def pools_of(event: Event, seat_counts: Mapping[str, int]) -> tuple[Sequence[Pool], Sequence[Draw]]:
    """An event's pools from the smallest to the largest, and the draws of its types. seat_counts: seats of each
    category."""
    lots = {
        ticket_type.ticket_type_id: fixed(
            f"{ticket_type.ticket_type_id}.lot", ticket_type.ticket_type_id, ticket_type.capacity
        )
        for ticket_type in event.types
        if ticket_type.capacity
    }
    reserve, all_places = half_price_reserve(event, seat_counts), places_of(event.types, event, seat_counts)
    half = fixed(f"{event.event_id}.half", "half", all_places)
    public = Pool(f"{event.event_id}.public", "public", all_places - reserve, all_places)
    areas = {
        area.area_id: fixed(f"{event.event_id}.area{n}", f"area:{area.area_id}", area.capacity)
        for n, area in enumerate(event.areas)
    }
    counted = event.admission == Admission.SEATED or event.areas
    total = [] if counted else [fixed(f"{event.event_id}.places", "places", event.capacity)]
    draws = []
    for ticket_type in event.types:
        lot = [lots[ticket_type.ticket_type_id]] if ticket_type.capacity else []
        side = [half if ticket_type.kind == TicketKind.HALF_PRICE else public] if reserve else []
        area = [areas[ticket_type.area_id]] if ticket_type.area_id else []
        draws.append(Draw(ticket_type, tuple(pool.pool_id for pool in (*lot, *area, *side, *total))))
    return (*lots.values(), *areas.values(), *([half, public] if reserve else []), *total), draws


def fixed(pool_id: str, name: str, capacity: int) -> Pool:
    """A pool that the end of the reserve does not change."""
    return Pool(pool_id, name, capacity, capacity)
