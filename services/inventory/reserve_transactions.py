"""inventory's writes about places that are kept for half price."""

from eventhub.refusals import EventNotFound
from services.inventory import reserve_store, transactions
from services.kit.db import Tx


async def release_reserve(tx: Tx, event_id: str, *, now_us: int) -> None:
    """Opens to all what is unsold of the places that an event keeps for half price, if it is time."""
    if await reserve_store.note_released(tx, event_id, now_us=now_us):
        stock = await transactions.existing_stock(tx, event_id)
        opened = await reserve_store.widen_pools(tx, event_id)
        await transactions.announce(tx, None, stock, [], opened, now_us=now_us)


async def set_times(
    tx: Tx, event_id: str, *, sales_end_us: int, counter_end_us: int, reserve_until_us: int, now_us: int
) -> None:
    """Changes when sales end and until when places are kept for half price. Raises EventNotFound."""
    if not await reserve_store.set_times(
        tx,
        event_id,
        sales_end_us=sales_end_us,
        counter_end_us=counter_end_us,
        reserve_until_us=reserve_until_us,
        now_us=now_us,
    ):
        raise EventNotFound
    if reserve_until_us > now_us:
        stock = await transactions.existing_stock(tx, event_id)
        kept = await reserve_store.narrow_pools(tx, event_id)
        if kept:
            await transactions.announce(tx, None, stock, [], kept, now_us=now_us)
