"""inventory's writes about the half-price reserve."""

from eventhub.refusals import EventNotFound
from services.inventory import reserve_store, sale_transactions
from services.kit.db import Tx


async def release_reserve(tx: Tx, event_id: str, *, now_us: int) -> None:
    """Opens the unsold part of an event's reserve to all, if it is due."""
    if await reserve_store.note_released(tx, event_id, now_us=now_us):
        sale = await sale_transactions.existing_sale(tx, event_id)
        widened = await reserve_store.widen_pools(tx, event_id)
        await sale_transactions.announce(tx, None, sale, [], widened, now_us=now_us)


async def set_times(
    tx: Tx, event_id: str, *, sales_end_us: int, counter_end_us: int, reserve_until_us: int, now_us: int
) -> None:
    """Changes when sales end and until when the reserve is kept. Raises EventNotFound."""
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
        sale = await sale_transactions.existing_sale(tx, event_id)
        narrowed = await reserve_store.narrow_pools(tx, event_id)
        if narrowed:
            await sale_transactions.announce(tx, None, sale, [], narrowed, now_us=now_us)
