"""Seats that the organizer keeps back."""

from collections.abc import Sequence

from eventhub.refusals import SeatNotFound, SeatTaken
from services.inventory import count_store, sale_transactions, store
from services.inventory.stock import SeatNow, SeatState
from services.kit.db import Tx


async def set_blocked(
    tx: Tx, event_id: str, organizer_id: str, seat_ids: Sequence[str], *, block: bool, now_us: int
) -> list[SeatNow]:
    """Blocks free seats, all or none, or frees blocked ones. Returns all seats in the order of their ids. Raises
    EventNotFound, SeatNotFound, SeatTaken."""
    sale = await sale_transactions.existing_sale(tx, event_id, organizer_id)
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
