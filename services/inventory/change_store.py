"""inventory's SQL about changes of what an event sells after its sales have opened."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from services.inventory.changing import Counted, Pool
from services.inventory.holds import HoldState
from services.inventory.passes import store as pass_store
from services.inventory.provision_store import ADD_TYPE, type_row
from services.inventory.provisions import Provision
from services.inventory.store import POOL, TYPE, pool_now
from services.kit.db import Tx

PLACES = msgspec.json.Decoder(list[list[str | int]])
POSITIONS = msgspec.json.Decoder(list[int])
SET_TYPE = f"""{ADD_TYPE} ON CONFLICT (ticket_type_id) DO UPDATE
    SET {", ".join(f"{column} = excluded.{column}" for column in (*TYPE.split(", ")[1:], "n"))}"""
ADD_CATEGORY = "INSERT INTO type_category (ticket_type_id, category) VALUES ($1, $2)"
ADD_POOL = "INSERT INTO type_pool (ticket_type_id, n, pool_id) VALUES ($1, $2, $3)"


async def pool_ids(tx: Tx, event_id: str) -> list[str]:
    """The ids of an event's pools."""
    return [row[0] for row in await tx.all("SELECT pool_id FROM pool WHERE event_id = $1 ORDER BY n", event_id)]


async def lock_pools(tx: Tx, ids: Iterable[str]) -> dict[str, Pool]:
    """Pools by id, locked one after the other in the order of the ids. Leaves out those that do not exist."""
    found = {}
    for pool_id in ids:
        for row in await tx.lock(
            f"SELECT {POOL}, kept_capacity, released_capacity FROM pool WHERE pool_id = $1", pool_id
        ):
            found[pool_id] = Pool(pool_now(row[:5]), row[5], row[6])
    return found


async def count_holds(tx: Tx, event_id: str) -> Counted:
    """Counts the tickets of an event's holds in force, and locks these holds: until the transaction ends, none of them
    changes its state. A pass of which the event is a night counts as a ticket of the type that it stands for."""
    stands_for, series_ids = await pass_store.passes_in(tx, event_id)
    marks = ", ".join(f"${n}" for n in range(1, len(series_ids) + 2))
    rows = await tx.lock(
        f"""SELECT event_id, state, places, returned FROM hold WHERE event_id IN ({marks})
            AND state IN ('HELD', 'LOCKED', 'SOLD') ORDER BY hold_id COLLATE "binary"
             """,
        event_id,
        *series_ids,
    )
    counted: Counter[tuple[str, HoldState]] = Counter()
    for owner, state, places, returned in rows:
        gone = POSITIONS.decode(returned) if returned else ()
        for position, (type_id, *_) in enumerate(PLACES.decode(places)):
            if position in gone:
                continue
            if owner == event_id or type_id in stands_for:
                counted[stands_for.get(str(type_id), str(type_id)), HoldState(state)] += 1
    return counted


async def save_pools(tx: Tx, event_id: str, pools: Mapping[str, Pool], before: Iterable[str]) -> None:
    """Writes an event's pools, and deletes those that it had before and has no longer."""
    for pool_id in set(before) - set(pools):
        await tx.run("DELETE FROM pool WHERE pool_id = $1", pool_id)
    for n, (pool_id, pool) in enumerate(pools.items()):
        await tx.run(
            """INSERT INTO pool (pool_id, event_id, n, name, capacity, held, sold, kept_capacity, released_capacity)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (pool_id) DO UPDATE
               SET n = excluded.n, name = excluded.name, capacity = excluded.capacity, held = excluded.held,
               sold = excluded.sold, kept_capacity = excluded.kept_capacity,
               released_capacity = excluded.released_capacity""",
            pool_id,
            event_id,
            n,
            pool.now.name,
            pool.now.capacity,
            pool.now.held,
            pool.now.sold,
            pool.kept,
            pool.released,
        )


async def save_types(tx: Tx, provision: Provision) -> None:
    """Writes the ticket types that an event sells. Its other types sell no more."""
    await tx.run("UPDATE ticket_type SET sells = 0 WHERE event_id = $1", provision.event_id)
    for n, ticket_type in enumerate(provision.types):
        type_id = ticket_type.ticket_type_id
        await tx.run(SET_TYPE, *type_row(ticket_type), provision.event_id, n)
        await pass_store.save_nights(tx, ticket_type)
        await tx.run("DELETE FROM type_category WHERE ticket_type_id = $1", type_id)
        await tx.run("DELETE FROM type_pool WHERE ticket_type_id = $1", type_id)
        for category in sorted(ticket_type.categories):
            await tx.run(ADD_CATEGORY, type_id, category)
        for place, pool_id in enumerate(ticket_type.pool_ids):
            await tx.run(ADD_POOL, type_id, place, pool_id)


async def save_terms(tx: Tx, provision: Provision, *, released: bool) -> None:
    """Writes the times and limits of an event's sale. Holds that know the terms before notice it. released: whether the
    half-price reserve is open to all."""
    await tx.run(
        """UPDATE event_sale SET content_hash = $1, version = $2, sales_end_us = $3, counter_end_us = $4,
           reserve_until_us = $5, tickets_per_order_max = $6, released = $7, orphan_rule = $9, sales_start_us = $10,
           tickets_per_person_max = $11, revision = revision + 1
           WHERE event_id = $8""",
        provision.content_hash,
        provision.version,
        provision.sales_end_us,
        provision.counter_end_us,
        provision.reserve_until_us,
        provision.tickets_per_order_max,
        int(released),
        provision.event_id,
        provision.orphan_rule,
        provision.sales_start_us,
        provision.tickets_per_person_max,
    )


async def save_version(tx: Tx, event_id: str, version: int) -> None:
    """Notes that inventory was told of a version of an event's provision."""
    await tx.run("UPDATE event_sale SET version = $2 WHERE event_id = $1 AND version < $2", event_id, version)
