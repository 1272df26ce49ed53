"""Reads of the watches of inventory."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.common.v1.feed_pb2 import Fact, Revision
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.inventory.v1.inventory_pb2 import SeatChange
from services.inventory import count_store, store
from services.inventory.seat_watch import UnpositionedChanges
from services.inventory.stock import PoolNow, Seat
from services.kit.db import Tx
from services.kit.feeds import feed

SEATS_A_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class SeatMap:
    """A snapshot of an event's seats. unpositioned: changes it includes although they come after its revision."""

    seats: list[Seat]
    revision: Revision
    unpositioned: UnpositionedChanges


@dataclass(frozen=True, slots=True)
class SeatNews:
    """Changes after a revision. revision: where to go on. more: whether there may be further changes now."""

    changes: Sequence[SeatChange]
    revision: Revision
    more: bool


async def occupancy(tx: Tx, event_id: str) -> tuple[list[PoolNow], Revision]:
    """An event's counts and their revision."""
    seats = await count_store.count_seats(tx, event_id)
    return [*await store.find_pools(tx, event_id), *([seats] if seats else [])], await feed.head(tx)


async def seat_map(tx: Tx, event_id: str) -> SeatMap:
    """All seats of an event, ordered by id."""
    seats: list[Seat] = []
    while True:
        page = await store.seats_after(tx, event_id, seats[-1].seat_id if seats else "", SEATS_A_PAGE)
        seats.extend(page)
        if len(page) < SEATS_A_PAGE:
            break
    facts = await feed.without_position(tx, event_id)
    unpositioned = UnpositionedChanges(change for fact in facts for change in seat_changes(fact))
    return SeatMap(seats, await feed.head(tx), unpositioned)


async def seat_news(tx: Tx, event_id: str, after: Revision) -> SeatNews:
    """The seats that changed after a revision, each in its last state."""
    batch = await feed.facts_after(tx, after.position, event_id)
    changes = {}
    for fact in batch.facts:
        changes.update({change.seat_id: change for change in seat_changes(fact)})
    position = batch.facts[-1].position if batch.facts else after.position
    return SeatNews(list(changes.values()), Revision(epoch=batch.epoch, position=position), bool(batch.facts))


def seat_changes(fact: Fact) -> Sequence[SeatChange]:
    """The seats that a fact says have changed."""
    return StockChanged.FromString(fact.payload).seats if fact.type == StockChanged.DESCRIPTOR.full_name else ()
