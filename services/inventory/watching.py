"""Reads of the watches of inventory."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.common.v1.feed_pb2 import Fact, Revision
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from services.inventory import convert, count_store, store
from services.inventory.seat_watch import SeatWatch, UnpositionedChanges
from services.inventory.stock import PoolNow
from services.kit.db import Tx
from services.kit.feeds import feed


@dataclass(frozen=True, slots=True)
class Occupancy:
    """An event's counts, and the message that tells them and their revision to every watcher."""

    counts: Sequence[PoolNow]
    message: pb.WatchOccupancyResponse


@dataclass(frozen=True, slots=True)
class SeatMap:
    """A snapshot of an event's seats, with which many watches may begin. parts: the messages of all seats but the last
    ones. unpositioned: changes it includes although they come after its revision."""

    parts: Sequence[pb.WatchSeatsResponse]
    last_part: Sequence[nouns.Seat]
    revision: Revision
    unpositioned: Sequence[nouns.SeatChange]

    def watch(self) -> SeatWatch[nouns.Seat, nouns.SeatChange]:
        """A watch that goes on after the parts."""
        return SeatWatch(self.last_part, UnpositionedChanges(self.unpositioned))


@dataclass(frozen=True, slots=True)
class SeatNews:
    """Changes after a revision. revision: where to go on. more: whether there may be further changes now."""

    changes: Sequence[nouns.SeatChange]
    revision: Revision
    more: bool


async def occupancy(tx: Tx, event_id: str) -> Occupancy:
    """An event's counts and their revision."""
    seats = await count_store.count_seats(tx, event_id)
    counts = [*await store.find_pools(tx, event_id), *([seats] if seats else [])]
    stocks = [convert.stock_pb(pool) for pool in counts]
    return Occupancy(counts, pb.WatchOccupancyResponse(stocks=stocks, revision=await feed.head(tx)))


async def seat_map(tx: Tx, event_id: str, seats_a_part: int) -> SeatMap:
    """All seats of an event, ordered by id."""
    parts: list[list[nouns.Seat]] = []
    after = ""
    while seats := await store.seats_after(tx, event_id, after, seats_a_part):
        parts.append(convert.seats_pb(seats))
        after = seats[-1].seat_id
    *first, last = parts or [[]]
    facts = await feed.without_position(tx, event_id)
    return SeatMap(
        parts=[pb.WatchSeatsResponse(seats=part) for part in first],
        last_part=last,
        revision=await feed.head(tx),
        unpositioned=[change for fact in facts for change in seat_changes(fact)],
    )


async def seat_news(tx: Tx, event_id: str, after: Revision) -> SeatNews:
    """The seats that changed after a revision, each in its last state."""
    batch = await feed.facts_after(tx, after.position, event_id)
    changes = {}
    for fact in batch.facts:
        changes.update({change.seat_id: change for change in seat_changes(fact)})
    position = batch.facts[-1].position if batch.facts else after.position
    return SeatNews(list(changes.values()), Revision(epoch=batch.epoch, position=position), bool(batch.facts))


def seat_changes(fact: Fact) -> Sequence[nouns.SeatChange]:
    """The seats that a fact says have changed."""
    return StockChanged.FromString(fact.payload).seats if fact.type == StockChanged.DESCRIPTOR.full_name else ()
