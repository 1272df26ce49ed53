"""Pools: which counts of places an event's ticket types draw on. Pure.

By law (Lei 12.933/2013, Decreto 8.537/2015 art. 9) 40 % of an event's tickets are kept for half price. The reserve is a
pool of its own, so that neither side can sell the other's places. Numbered seats count themselves: a seated event has
no pool of all its places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.events import HALF_PRICE, SEATED, Event, TicketType

RESERVE_PERCENT = 40


@dataclass(frozen=True, slots=True)
class Pool:
    """A count of places."""

    pool_id: str
    name: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Draw:
    """A ticket type and the pools one ticket draws on, narrow to wide."""

    kind: TicketType
    pool_ids: tuple[str, ...]


def pools_of(event: Event) -> tuple[Sequence[Pool], Sequence[Draw]]:
    """An event's pools, narrow to wide, and what each of its types draws on."""
    lots = {
        kind.ticket_type_id: Pool(f"{kind.ticket_type_id}.lot", kind.ticket_type_id, kind.capacity)
        for kind in event.types
        if kind.capacity
    }
    reserve = -(-event.capacity * RESERVE_PERCENT // 100)
    half = Pool(f"{event.event_id}.half", "half", reserve)
    public = Pool(f"{event.event_id}.public", "public", event.capacity - reserve)
    places = Pool(f"{event.event_id}.places", "places", event.capacity)
    reserved = any(kind.kind == HALF_PRICE for kind in event.types)
    wide = [] if event.admission == SEATED else [places]
    draws = []
    for kind in event.types:
        lot = [lots[kind.ticket_type_id]] if kind.capacity else []
        side = [half if kind.kind == HALF_PRICE else public] if reserved else []
        draws.append(Draw(kind, tuple(pool.pool_id for pool in (*lot, *side, *wide))))
    return (*lots.values(), *([half, public] if reserved else []), *wide), draws
