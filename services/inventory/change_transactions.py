"""inventory's write about a change of what an event sells after its sales have opened."""

from eventhub.refusal import Refusal
from services.inventory import change_store, changing, lot_store, lot_transactions, sale_transactions, store
from services.inventory.changing import Pool
from services.inventory.holds import EventSale, TicketType
from services.inventory.lots import Lots
from services.inventory.passes import store as pass_store
from services.inventory.provisions import Provision
from services.kit.db import Tx


async def change(tx: Tx, sale: EventSale, wanted: Provision, *, released: bool, now_us: int) -> Refusal | None:
    """Makes an event sell what is wanted. No hold of the event is taken meanwhile: the caller has the key of the event.

    Returns the refusal if places that are held or sold would not be left, or a lot that has begun would change. Then it
    changes nothing but the version, so that a late repeat cannot make the change after its caller has heard that it was
    refused.

    released: whether the half-price reserve is open to all by now.
    """
    released = released and wanted.reserve_until_us <= now_us
    types = await store.find_types(tx, wanted.event_id)
    after = changing.types_after(types, wanted.types)
    lots, before, pools = await counted(tx, wanted, types, after)
    drawn = {pool_id for ticket_type in after.values() for pool_id in ticket_type.pool_ids}
    try:
        lots_after = lot_transactions.changed(lots, wanted.lots, now_us=now_us)
        pools = changing.pools_after(pools, wanted.pools, drawn, released=released)
    except Refusal as refused:
        await change_store.save_version(tx, wanted.event_id, wanted.version)
        return refused
    await change_store.save_pools(tx, wanted.event_id, pools, before)
    await change_store.save_types(tx, wanted)
    await change_store.save_terms(tx, wanted, released=released)
    await pass_store.note_change(tx, wanted.event_id)
    news = changing.news(before, pools)
    if await lot_transactions.save(tx, wanted.event_id, lots, lots_after) or news:
        await sale_transactions.announce(tx, None, sale, [], news, now_us=now_us)
    return None


async def counted(
    tx: Tx, wanted: Provision, types: dict[str, TicketType], after: dict[str, TicketType]
) -> tuple[dict[str, Lots], dict[str, Pool], dict[str, Pool]]:
    """An event's lots, locked. Its pools, locked, as they are stored, and with what its holds take from them after the
    change. Holds are locked before lots, and lots before pools, as in every write. Holds are only counted if a type
    draws on other pools; a lot always counts exactly the places that name it."""
    again = changing.draws_change(types, after)
    holds = await change_store.count_holds(tx, wanted.event_id) if again else {}
    lots = await lot_store.lock_lots(tx, {one.lots_of for one in types.values() if one.lots_of})
    order = changing.locking_order(types, await change_store.pool_ids(tx, wanted.event_id))
    before = await change_store.lock_pools(tx, order)
    return lots, before, changing.counted_again(before, wanted.pools, holds, after) if again else before
