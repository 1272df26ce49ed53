"""Pools: which counts of places an event's ticket types draw on. Pure.

By law (Lei 12.933/2013, Decreto 8.537/2015 art. 9) 40 % of the places that an event offers to the public at a price
are kept for half price until shortly before it begins. The law sets a floor: half price may sell more, unless a lot
says how many. So full price is bounded by all places but the reserve, and half price by its lots alone. What is unsold
of the reserve is open to all from a time on that is counted back from the beginning. Numbered seats count themselves: a
seated event has no pool of all its places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventhub.refusals import HalfPriceLotTooSmall
from services.catalog.events import HALF_PRICE, SEATED, Event, TicketType, places_for

RESERVE_PERCENT = 40
LARGE_PLACES = 10_000
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Pool:
    """A count of places. released: its capacity once the reserve is open to all."""

    pool_id: str
    name: str
    capacity: int
    released: int


@dataclass(frozen=True, slots=True)
class Draw:
    """A ticket type and the pools one ticket draws on, narrow to wide."""

    kind: TicketType
    pool_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReserveHours:
    """How long before an event its reserve is opened to all. large: for events of more than LARGE_PLACES."""

    usual: int
    large: int

    def until_us(self, event: Event) -> int:
        """Until when an event keeps its reserve."""
        hours = self.large if event.capacity > LARGE_PLACES else self.usual
        return event.starts_us - hours * HOUR_US


def pools_of(event: Event, seats: Mapping[str, int]) -> tuple[Sequence[Pool], Sequence[Draw]]:
    """An event's pools, narrow to wide, and what each of its types draws on. seats: how many of each category."""
    lots = {
        kind.ticket_type_id: whole(f"{kind.ticket_type_id}.lot", kind.ticket_type_id, kind.capacity)
        for kind in event.types
        if kind.capacity
    }
    kept, all_places = reserve(event, seats), house(event.types, event, seats)
    half = whole(f"{event.event_id}.half", "half", all_places)
    public = Pool(f"{event.event_id}.public", "public", all_places - kept, all_places)
    wide = [] if event.admission == SEATED else [whole(f"{event.event_id}.places", "places", event.capacity)]
    draws = []
    for kind in event.types:
        lot = [lots[kind.ticket_type_id]] if kind.capacity else []
        side = [half if kind.kind == HALF_PRICE else public] if kept else []
        draws.append(Draw(kind, tuple(pool.pool_id for pool in (*lot, *side, *wide))))
    return (*lots.values(), *([half, public] if kept else []), *wide), draws


def whole(pool_id: str, name: str, capacity: int) -> Pool:
    """A pool of which nothing is kept back."""
    return Pool(pool_id, name, capacity, capacity)


def reserve(event: Event, seats: Mapping[str, int]) -> int:
    """How many places are kept for half price; none where nothing costs anything or nothing is at half price."""
    if not half_price(event):
        return 0
    return -(-together(priced(event), event, seats) * RESERVE_PERCENT // 100)


def check_reserve(event: Event, seats: Mapping[str, int]) -> None:
    """Raises HalfPriceLotTooSmall where less than the reserve could be sold at half price: the rest of it would be kept
    from everybody."""
    kept, offered = reserve(event, seats), together(half_price(event), event, seats)
    if offered < kept:
        raise HalfPriceLotTooSmall(reserve=kept, offered=offered)


def priced(event: Event) -> list[TicketType]:
    """The ticket types that cost something; at half price: half of what costs something."""
    costs = {kind.ticket_type_id for kind in event.types if kind.price_minor}
    return [kind for kind in event.types if (kind.half_of or kind.ticket_type_id) in costs]


def half_price(event: Event) -> list[TicketType]:
    """The ticket types at half of a price."""
    return [kind for kind in priced(event) if kind.kind == HALF_PRICE]


def together(kinds: Sequence[TicketType], event: Event, seats: Mapping[str, int]) -> int:
    """How many tickets of some types can be sold at the most, all of them together."""
    return min(house(kinds, event, seats), sum(kind.capacity or places_for(kind, event, seats) for kind in kinds))


def house(kinds: Sequence[TicketType], event: Event, seats: Mapping[str, int]) -> int:
    """How many places some types are sold from, all of them together."""
    if event.admission != SEATED:
        return event.capacity
    if not all(kind.categories for kind in kinds):
        return sum(seats.values())
    return sum(seats[category] for category in {one for kind in kinds for one in kind.categories})
