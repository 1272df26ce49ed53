"""inventory's write about places that come back."""

from collections.abc import Sequence
from dataclasses import replace

from services.inventory import hold_store, person_store, store, transactions
from services.inventory.blocks import store as blocks
from services.inventory.holds import Hold
from services.inventory.passes import passes
from services.inventory.returns import returns
from services.kit.db import Tx


async def return_places(
    tx: Tx, hold_id: str, order_id: str, positions: Sequence[int], block_label: str, *, now_us: int
) -> Hold:
    """Takes places of a sold hold back; a repeat changes nothing. block_label: blocks the numbered seats among them;
    empty frees them. Raises HoldNotFound, HoldExpired, LineNotRefundable."""
    hold = await transactions.existing_hold(tx, hold_id)
    returns.check_sold(hold, order_id)
    new = returns.coming_back(hold, positions)
    if not new:
        return hold
    after = returns.without(hold, new)
    await hold_store.save_returned(tx, after)
    if hold.counted:
        await person_store.count_returned(tx, after, len(new))
    given = replace(after, places=tuple(hold.places[position] for position in new))
    if block_label:
        given = await kept_back(tx, given, block_label)
    await transactions.give_back(tx, [given], now_us=now_us, held=False)
    return after


async def kept_back(tx: Tx, given: Hold, label: str) -> Hold:
    """Writes that the seats of a hold are blocked after it."""
    types = await store.find_types(tx, given.event_id)
    for part in passes.parts(given, types):
        for seat_id in sorted(place.seat_id for place in part.places if place.seat_id):
            await blocks.save_block(tx, part.event_id, seat_id, label, "")
    return replace(given, took_blocked=True)
