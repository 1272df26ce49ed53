"""inventory's writes about provisions: an event's pools, ticket types and seats come in, and sales open."""

from collections.abc import Sequence

from eventhub.inventory.v1.inventory_events_pb2 import StockOpened
from eventhub.refusal import Refusal
from eventhub.refusals import EventIncomplete, EventNotFound, EventState
from services.inventory import (
    change_store,
    change_transactions,
    count_store,
    lot_store,
    lots,
    provision_store,
    reserve_store,
    store,
)
from services.inventory.convert import stock_pb
from services.inventory.holds import EventSale, SaleState
from services.inventory.passes import transactions as pass_transactions
from services.inventory.provisions import Known, Provision, SeatSpec
from services.kit.db import Tx


async def provision(tx: Tx, wanted: Provision, *, now_us: int) -> bool | Refusal:
    """Writes the stock and the terms of an event's sale. Until sales open, other content replaces the earlier provision
    and its seats. After that it changes the sale, if its version is higher; the caller lets no hold of the event be
    taken meanwhile.

    Returns whether the event sells this content now, or the refusal of a change. Raises EventNotFound if the event or
    the night of a pass is another organizer's.
    """
    await pass_transactions.check_nights(tx, wanted)
    if await provision_store.insert_sale(tx, wanted):
        await save_stock(tx, wanted)
        return True
    sale, known = await existing(tx, wanted.event_id)
    if sale.organizer_id != wanted.organizer_id:
        raise EventNotFound
    if known.content_hash == wanted.content_hash:
        await change_store.save_version(tx, wanted.event_id, wanted.version)
        return True
    if wanted.version < known.version or (wanted.version == known.version and sale.state == SaleState.OPEN):
        return False
    if sale.state == SaleState.OPEN:
        refused = await change_transactions.change(tx, sale, wanted, released=known.released, now_us=now_us)
        return refused or True
    await provision_store.replace_sale(tx, wanted)
    await count_store.forget_counts(tx, wanted.event_id)
    await lot_store.forget_lots(tx, wanted.event_id)
    await save_stock(tx, wanted)
    return True


async def save_stock(tx: Tx, wanted: Provision) -> None:
    """Writes the pools, ticket types and lots of an event that is not on sale."""
    await provision_store.save_stock(tx, wanted)
    for type_id, specs in wanted.lots.items():
        await lot_store.save_lots(tx, wanted.event_id, type_id, [lots.fresh(spec) for spec in specs])


async def existing(tx: Tx, event_id: str) -> tuple[EventSale, Known]:
    """As provision_store.lock_sale. Raises EventNotFound."""
    found = await provision_store.lock_sale(tx, event_id)
    if found is None:
        raise EventNotFound
    return found


def check_provisioning(sale: EventSale) -> None:
    """Raises EventState if sales are open."""
    if sale.state != SaleState.PROVISIONING:
        raise EventState(state=sale.state)


async def add_seats(tx: Tx, event_id: str, seats: Sequence[SeatSpec]) -> None:
    """Adds numbered seats; a repeat changes nothing. Raises EventNotFound, EventState if sales are open."""
    sale, _ = await existing(tx, event_id)
    check_provisioning(sale)
    await count_store.count_new(tx, event_id, await provision_store.save_seats(tx, sale, seats))


async def open_sales(tx: Tx, event_id: str, seat_count: int, *, now_us: int) -> None:
    """Opens sales; a repeat changes nothing. Raises EventNotFound, EventIncomplete if seats are missing."""
    sale, _ = await existing(tx, event_id)
    seats = await count_store.count_seats(tx, event_id)
    arrived = await count_store.count_arrived(tx, event_id)
    if not await provision_store.open_sale(tx, event_id):
        return
    if arrived != seat_count:
        raise EventIncomplete(missing=f"{seat_count - arrived} seats")
    if await reserve_store.note_released(tx, event_id, now_us=now_us):  # too late to keep a half-price reserve
        await reserve_store.widen_pools(tx, event_id)
    stocks = [*await store.find_pools(tx, event_id), *([seats] if seats else [])]
    fact = StockOpened(event_id=event_id, stocks=[stock_pb(pool) for pool in stocks])
    await tx.announce(fact, aggregate_id=event_id, organizer_id=sale.organizer_id, at_us=now_us)
