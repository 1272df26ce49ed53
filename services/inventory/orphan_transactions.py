"""The check of a hold for single seats that it leaves alone. Only events with an OrphanRule pay for it.

The free seats of the rows are locked before the hold takes some of them, in the order of their ids. So two holds at
once do not leave a seat alone together.
"""

from collections.abc import Sequence

from eventhub.refusals import OrphanSeat
from services.inventory import orphan_store, orphans
from services.inventory.holds import Claims, EventSale
from services.inventory.orphans import Choice, OrphanRule, RowSeat
from services.kit.db import Tx

# How many rows on each side of a row are looked at before the rest of the hall.
ROWS_NEAR = 10
# How many rows of the rest are read at once, and how many of both in all: the hold has locked rows meanwhile.
ROWS_AT_ONCE = 20
ROWS_MAX = 100


async def lock_rows(tx: Tx, sale: EventSale, claims: Claims) -> list[RowSeat]:
    """Locks the free seats of the rows in which a hold takes seats. Empty if the event has no rule about them."""
    if sale.orphan_rule == OrphanRule.OFF or not claims.seats:
        return []
    return await orphan_store.lock_rows(tx, sale.event_id, [seat_id for seat_id, _ in claims.seats])


async def check_orphans(
    tx: Tx, sale: EventSale, claims: Claims, free: Sequence[RowSeat], *, at_counter: bool
) -> tuple[str, ...]:
    """The seats that a hold leaves alone although it need not. free: what lock_rows returned: if it is empty, the event
    has no rule. Raises OrphanSeat if the event's rule says so."""
    if not free:
        return ()
    taken = {seat_id for seat_id, _ in claims.seats}
    found = []
    for choice in orphans.choices_of(claims.seats):
        alone = orphans.left_alone(free, taken, choice)
        if alone and await avoidable(tx, sale.event_id, free, choice):
            found += alone
    if found and sale.orphan_rule == OrphanRule.REFUSE and not at_counter:
        raise OrphanSeat(seat_id=found[0].seat_id, seat=found[0].label)
    return tuple(dict.fromkeys(seat.seat_id for seat in found))


async def avoidable(tx: Tx, event_id: str, free: Sequence[RowSeat], choice: Choice) -> bool:
    """As orphans.avoidable, in the hall: first in the rows of the hold, then in those near, then in others from the
    first one on. False also if nothing was found in ROWS_MAX of these."""
    if orphans.avoidable(free, choice):
        return True
    rows = sorted({seat.row_index for seat in free})
    near = await orphan_store.free_in_rows(tx, event_id, orphans.rows_near(rows, ROWS_NEAR)[:ROWS_MAX])
    if orphans.avoidable(together(free, near), choice):
        return True
    after = -1
    for _ in range(0, ROWS_MAX, ROWS_AT_ONCE):
        some = await orphan_store.free_in_next_rows(tx, event_id, after, choice.categories, ROWS_AT_ONCE)
        if not some:
            return False
        if orphans.avoidable([seat for seat in some if seat.row_index not in rows], choice):
            return True
        after = max(seat.row_index for seat in some)
    return False


def together(free: Sequence[RowSeat], others: Sequence[RowSeat]) -> list[RowSeat]:
    """Free seats of a hold's rows before it took some, and those of other rows."""
    rows = {seat.row_index for seat in free}
    return [*free, *(seat for seat in others if seat.row_index not in rows)]
