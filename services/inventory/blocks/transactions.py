"""Seats that the organizer keeps back.

The row that keeps a seat back is locked before the seat itself, here and when a hold gives it back. So a seat that is
unblocked while a hold gives it back is free in the end, and never blocked without such a row.
"""

from collections.abc import Sequence

from eventhub.refusals import SeatNotFound, SeatTaken
from services.inventory import count_store, sale_transactions, store, type_terms
from services.inventory.blocks import store as blocks
from services.inventory.stock import SeatNow, SeatState
from services.kit.db import Tx


async def block_seats(
    tx: Tx, event_id: str, organizer_id: str, seat_ids: Sequence[str], *, label: str, reason: str, now_us: int
) -> list[SeatNow]:
    """Blocks free seats, all or none, and labels those that are blocked already. Returns all seats in the order of
    their ids. The caller shares the event's key. Raises EventNotFound, EventMoving, SeatNotFound, SeatTaken."""
    for seat_id in sorted(seat_ids):
        await blocks.save_block(tx, event_id, seat_id, label, reason)
    return await set_blocked(tx, event_id, organizer_id, seat_ids, block=True, now_us=now_us)


async def unblock_seats(
    tx: Tx, event_id: str, organizer_id: str, seat_ids: Sequence[str], *, now_us: int
) -> list[SeatNow]:
    """Frees blocked seats. Returns all seats in the order of their ids. The caller shares the event's key. Raises
    EventNotFound, EventMoving, SeatNotFound."""
    for seat_id in sorted(seat_ids):
        await blocks.delete_block(tx, event_id, seat_id)
    return await set_blocked(tx, event_id, organizer_id, seat_ids, block=False, now_us=now_us)


async def set_blocked(
    tx: Tx, event_id: str, organizer_id: str, seat_ids: Sequence[str], *, block: bool, now_us: int
) -> list[SeatNow]:
    """Moves seats from FREE to BLOCKED, all or none, or back. Returns and raises as the two functions above."""
    sale = await sale_transactions.existing_sale(tx, event_id, organizer_id)
    type_terms.check_not_moving(sale)
    old, new = (SeatState.FREE, SeatState.BLOCKED) if block else (SeatState.BLOCKED, SeatState.FREE)
    changed, seats = [], []
    for seat_id in sorted(seat_ids):
        seat = await store.set_seat_state(tx, event_id, seat_id, old=old, new=new, old_hold="", new_hold="")
        if seat is not None:
            changed.append(seat)
        else:
            seat = await store.find_seat(tx, event_id, seat_id)
            if seat is None:
                raise SeatNotFound(seat_id=seat_id)
            if block and seat.state != new:
                raise SeatTaken(seat_id=seat_id, seat=seat.label)
        seats.append(seat)
    if changed:
        await store.note_changes(tx, event_id, changed, "", at_us=now_us)
        await count_store.count_moved(tx, event_id, changed, changed[0].seat_id, old=old)
        await sale_transactions.announce(tx, None, sale, changed, [], now_us=now_us)
    return seats


async def kept_back(tx: Tx, event_id: str, seat_ids: Sequence[str]) -> set[str]:
    """Those of some seats of holds that are blocked again when the holds end."""
    return await blocks.lock_blocks(tx, event_id, seat_ids) if seat_ids else set()


async def blocked_after(
    tx: Tx, event_id: str, organizer_id: str, after: tuple[str, str], size: int
) -> list[blocks.BlockedSeat]:
    """As blocks.blocked_after. Raises EventNotFound."""
    await sale_transactions.existing_sale(tx, event_id, organizer_id)
    return await blocks.blocked_after(tx, event_id, after, size)
