"""Pools: which counts of places an event's ticket types draw on. Pure.

By law (Lei 12.933/2013, Decreto 8.537/2015 art. 9) 40 % of an event's tickets are kept for half price. The reserve is a
pool of its own, so that neither side can sell the other's places.
"""

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


def pools_of(event: Event) -> tuple[list[Pool], list[Draw]]:
    """An event's pools and what each of its types draws on."""
    halves = any(kind.kind == HALF_PRICE for kind in event.types)
    reserve = -(-event.capacity * RESERVE_PERCENT // 100)
    pools: list[Pool] = []
    if halves:
        pools.append(Pool(f"{event.event_id}.half", "half", reserve))
        pools.append(Pool(f"{event.event_id}.public", "public", event.capacity - reserve))
    if event.admission != SEATED:
        pools.append(Pool(f"{event.event_id}.places", "places", event.capacity))
    draws = []
    for kind in event.types:
        drawn = []
        if kind.capacity:
            lot = Pool(f"{kind.ticket_type_id}.lot", kind.ticket_type_id, kind.capacity)
            pools.append(lot)
            drawn.append(lot.pool_id)
        if halves:
            drawn.append(f"{event.event_id}.{'half' if kind.kind == HALF_PRICE else 'public'}")
        if event.admission != SEATED:
            drawn.append(f"{event.event_id}.places")
        draws.append(Draw(kind, tuple(drawn)))
    return pools, draws
