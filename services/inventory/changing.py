"""Changes of what an event sells after its sales have opened. Decisions only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from eventhub.refusals import CapacityBelowSold
from services.inventory.holds import HoldState, TicketType, draws
from services.inventory.provisions import PoolSpec
from services.inventory.stock import PoolNow

# A ticket type, the state of a hold, and how many tickets of the type holds in this state have.
Counted = Mapping[tuple[str, HoldState], int]


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as it is stored. kept, released: its capacity while places are kept for half price, and afterwards."""

    now: PoolNow
    kept: int
    released: int


def types_after(known: Mapping[str, TicketType], wanted: Sequence[TicketType]) -> dict[str, TicketType]:
    """An event's ticket types after a change. A type that is no longer wanted sells no more."""
    left_out = {type_id: replace(ticket_type, sells=False) for type_id, ticket_type in known.items()}
    return left_out | {ticket_type.ticket_type_id: ticket_type for ticket_type in wanted}


def draws_change(before: Mapping[str, TicketType], after: Mapping[str, TicketType]) -> bool:
    """Whether a type that was there before draws on other pools, so that its tickets must be counted again."""
    return any(after[type_id].pool_ids != known.pool_ids for type_id, known in before.items())


def locking_order(types: Mapping[str, TicketType], pool_ids: Iterable[str]) -> list[str]:
    """The pools of an event in the order in which every transaction locks them."""
    drawn = [pool_id for pool_id, _ in draws(dict.fromkeys(types, 1), types)]
    return drawn + sorted(set(pool_ids) - set(drawn))


def counted_again(
    pools: Mapping[str, Pool], wanted: Sequence[PoolSpec], counted: Counted, types: Mapping[str, TicketType]
) -> dict[str, Pool]:
    """All pools with the places that holds in force take from them, including the wanted ones that are new.

    counted: the tickets of these holds. types: the event's types after the change.
    """
    sold, held = (Counter[str](), Counter[str]())
    for (type_id, state), many in counted.items():
        (sold if state is HoldState.SOLD else held)[type_id] += many
    held_of, sold_of = dict(draws(held, types)), dict(draws(sold, types))
    everything = {spec.pool_id: fresh(spec) for spec in wanted} | dict(pools)
    return {
        pool_id: replace(pool, now=replace(pool.now, held=held_of.get(pool_id, 0), sold=sold_of.get(pool_id, 0)))
        for pool_id, pool in everything.items()
    }


def fresh(spec: PoolSpec) -> Pool:
    """A pool of which nothing is taken."""
    return Pool(PoolNow(pool_id=spec.pool_id, name=spec.name, capacity=0, held=0, sold=0), 0, spec.released_capacity)


def pools_after(
    pools: Mapping[str, Pool], wanted: Sequence[PoolSpec], drawn: Iterable[str], *, released: bool
) -> dict[str, Pool]:
    """The pools after a change, in the wanted order. Leaves out pools on which no type draws.

    pools: those of the event, counted.
    drawn: the pools on which its types draw after the change.
    released: whether the half-price reserve is open to all.
    Raises CapacityBelowSold.
    """
    after = {spec.pool_id: resized(pools.get(spec.pool_id) or fresh(spec), spec, released=released) for spec in wanted}
    return after | {pool_id: widened(pools[pool_id]) for pool_id in sorted(set(drawn) - set(after))}


def resized(pool: Pool, spec: PoolSpec, *, released: bool) -> Pool:
    """A pool with the wanted capacity. If more is taken than a half-price reserve leaves to full price, the reserve has
    the rest; but an organizer cannot make the pool smaller than that. Raises CapacityBelowSold."""
    taken, capacity = pool.now.held + pool.now.sold, spec.released_capacity if released else spec.capacity
    made_smaller = spec.capacity < pool.kept
    if taken > spec.released_capacity or (taken > capacity and made_smaller):
        raise CapacityBelowSold(name=spec.name, taken=taken, wanted=capacity)
    now = replace(pool.now, name=spec.name, capacity=max(capacity, taken))
    return Pool(now, spec.capacity, spec.released_capacity)


def widened(pool: Pool) -> Pool:
    """A pool of a type that sells no more, with room for what is taken of it."""
    return replace(pool, now=replace(pool.now, capacity=max(pool.now.capacity, pool.now.held + pool.now.sold)))


def news(before: Mapping[str, Pool], after: Mapping[str, Pool]) -> list[PoolNow]:
    """The counts that have changed. A pool that is gone has no places."""
    changed = [pool.now for pool_id, pool in after.items() if pool_id not in before or before[pool_id].now != pool.now]
    gone = [pool.now for pool_id, pool in before.items() if pool_id not in after]
    return changed + [replace(now, capacity=0, held=0, sold=0) for now in gone]
