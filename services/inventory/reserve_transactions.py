"""inventory's writes about the half-price reserve."""

from services.inventory import reserve_store, sale_transactions
from services.kit.db import Tx


async def release_reserve(tx: Tx, event_id: str, *, now_us: int) -> None:
    """Opens the unsold part of an event's reserve to all, if it is due."""
    if await reserve_store.note_released(tx, event_id, now_us=now_us):
        sale = await sale_transactions.existing_sale(tx, event_id)
        widened = await reserve_store.widen_pools(tx, event_id)
        await sale_transactions.announce(tx, None, sale, [], widened, now_us=now_us)
