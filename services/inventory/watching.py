"""Reads and messages of the watches of inventory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eventhub.common.v1.feed_pb2 import Fact, Revision
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.refusals import EventMoving, SeatMapChanged
from services.inventory import availability_transactions, convert, count_store, lot_store, store
from services.inventory.lots import Lot
from services.inventory.seat_watch import States, UnpositionedChanges
from services.inventory.stock import PoolNow
from services.kit.db import Database, Tx
from services.kit.feeds import LOOK_S, feed

# The change that stands for the move of an event to another plan: no seat has this position.
PLAN_CHANGED = (-1, 0)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """An event's counts, their revision, and the encoded message that tells both to every watcher."""

    counts: Sequence[PoolNow | Lot]
    revision: Revision
    message: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An event's seats at a revision. ahead: changes it includes although they come after its revision."""

    plan_id: str
    states: States
    revision: Revision
    ahead: UnpositionedChanges


@dataclass(frozen=True, slots=True)
class SeatMap:
    """The encoded message with which watches of an event begin, and the position of its revision."""

    message: bytes
    position: int


async def occupancy(tx: Tx, event_id: str) -> Occupancy:
    """An event's counts and their revision."""
    seats = await count_store.count_seats(tx, event_id)
    pools = [*await store.find_pools(tx, event_id), *([seats] if seats else [])]
    lots = [lot for several in (await lot_store.find_lots(tx, event_id)).values() for lot in several]
    stocks, revision = [convert.stock_pb(pool) for pool in pools], await feed.head(tx)
    message = pb.WatchOccupancyResponse(stocks=stocks, revision=revision, lots=[convert.lot_pb(lot) for lot in lots])
    return Occupancy([*pools, *lots], revision, message.SerializeToString())


async def snapshot(tx: Tx, event_id: str) -> Snapshot:
    """All seats of an event. Raises EventMoving while they move to another plan, and until the feed has told that they
    have: the positions of earlier changes are those of the plan before."""
    await availability_transactions.check_still(tx, event_id)
    plan_id, plan_seats = await store.seat_plan(tx, event_id)
    states = States(await store.seat_runs(tx, event_id), plan_seats)
    facts = await feed.without_position(tx, event_id)
    if any(map(is_move, facts)):
        raise EventMoving(event_id=event_id)
    ahead = UnpositionedChanges(change for fact in facts for change in seat_changes(fact))
    return Snapshot(plan_id, states, await feed.head(tx), ahead)


async def seat_map(database: Database, event_id: str) -> SeatMap:
    """The states of all seats of an event at a revision. Waits until the feed has told all that they include. Raises
    EventMoving, and SeatMapChanged if the event has moved to another plan meanwhile."""
    with database.listen(event_id) as listener:
        now = await database.read_long(snapshot, event_id)
        position = now.revision.position
        while now.ahead:
            batch = await database.read(feed.facts_after, position, event_id)
            if any(map(is_move, batch.facts)):
                raise SeatMapChanged
            for change in now.ahead.unseen(change for fact in batch.facts for change in seat_changes(fact)):
                now.states.change(change.position, change.state)
            if batch.facts:
                position = batch.facts[-1].position
            else:
                await listener.wait(LOOK_S)
    seats = nouns.SeatStates(plan_id=now.plan_id, seat_count=len(now.states), states=now.states.packed())
    revision = Revision(epoch=now.revision.epoch, position=position)
    return SeatMap(pb.WatchSeatsResponse(seats=seats, revision=revision).SerializeToString(), position)


def seat_changes(fact: Fact) -> Sequence[nouns.SeatChange]:
    """The seats that a fact says have changed."""
    return stock_change(fact).seats


def is_move(fact: Fact) -> bool:
    """Whether a fact says that its event has moved to another plan."""
    return bool(stock_change(fact).plan_id)


def stock_change(fact: Fact) -> StockChanged:
    """The change that a fact tells; an empty one if it tells something else."""
    told = fact.type == StockChanged.DESCRIPTOR.full_name
    return StockChanged.FromString(fact.payload) if told else StockChanged()


def states_in(fact: Fact) -> list[tuple[int, int]]:
    """The position and the state of each seat that a fact says has changed; PLAN_CHANGED if all have."""
    change = stock_change(fact)
    return [PLAN_CHANGED] if change.plan_id else [(seat.position, seat.state) for seat in change.seats]


def news_message(changes: Iterable[tuple[int, int]], revision: Revision) -> bytes:
    """The message that tells changes, each as states_in() returns it, oldest first: each seat in its last state. Raises
    SeatMapChanged if the event has moved to another plan."""
    states = dict(changes)
    if PLAN_CHANGED[0] in states:
        raise SeatMapChanged
    last = [nouns.SeatStateChange(position=position, state=state) for position, state in states.items()]  # type: ignore[arg-type] # the number of a SeatState
    return pb.WatchSeatsResponse(changes=last, revision=revision).SerializeToString()
