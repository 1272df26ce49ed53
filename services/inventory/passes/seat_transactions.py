"""Taking the seats of passes: the same in each night, one night after the other.

As for any hold, the free seats of the rows are locked before, if the night has an OrphanRule. Whether they leave a
single seat alone is checked at the end, for all nights together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from eventhub.refusal import Refusal
from eventhub.refusals import OrphanSeat
from services.inventory import claim_transactions, orphan_store, orphan_transactions
from services.inventory.claim_transactions import Taken
from services.inventory.holds import Claims, EventSale, Night, TicketType, Wish
from services.inventory.orphans import OrphanRule, RowSeat, rows_near
from services.inventory.passes import orphans, passes
from services.inventory.passes import store as pass_store
from services.inventory.passes.orphans import Kind, View
from services.kit.db import Tx


async def take_seats(
    tx: Tx, wish: Wish, sales: Mapping[str, EventSale], claims: Claims, *, at_counter: bool
) -> tuple[dict[str, Taken], tuple[str, ...]]:
    """Holds the same seats in each night. Returns them by event, and the seats that they leave alone. Raises as
    claim_transactions.take_seats, naming the night."""
    by_night, taken, free = passes.by_night(claims), dict[str, Taken](), dict[str, Sequence[RowSeat]]()
    for event_id, there in by_night.items():
        try:
            free[event_id] = await orphan_transactions.lock_rows(tx, sales[event_id], there)
            wished = replace(wish, event_id=event_id)
            taken[event_id] = await claim_transactions.take_each(tx, wished, there, at_counter=at_counter)
        except Refusal as refused:
            refused.facts["event_id"] = event_id
            raise
    ruled = {event_id: rows for event_id, rows in free.items() if sales[event_id].orphan_rule != OrphanRule.OFF}
    found: dict[str, list[RowSeat]] = {}
    for kind in orphans.kinds(claims) if ruled else ():
        for event_id, seats in (await left_alone(tx, kind, by_night, ruled)).items():
            found.setdefault(event_id, []).extend(seats)
    for event_id, seats in found.items():
        if seats and sales[event_id].orphan_rule == OrphanRule.REFUSE and not at_counter:
            raise OrphanSeat(seat_id=seats[0].seat_id, seat=seats[0].label, event_id=event_id)
    return taken, tuple(dict.fromkeys(seat.seat_id for seats in found.values() for seat in seats))


async def left_alone(
    tx: Tx, kind: Kind, by_night: Mapping[str, Claims], free: Mapping[str, Sequence[RowSeat]]
) -> dict[str, list[RowSeat]]:
    """The seats that some seats of passes leave alone in each night although they need not. by_night: all seats that
    the hold takes. free: of the rows of these, by night; only nights with a rule."""
    nights = {night.event_id: night.ticket_type for night in kind.nights if night.event_id in free}
    views = [View(free[event_id], ticket_type) for event_id, ticket_type in nights.items()]
    alone = {
        event_id: orphans.alone(view, kind.seat_ids, {seat_id for seat_id, _ in by_night[event_id].seats})
        for event_id, view in zip(nights, views, strict=True)
    }
    if not any(alone.values()):
        return {}
    rows = sorted({seat.row_index for seat in views[0].free})
    beside = near(rows)
    in_all = await pass_store.free_in_all(tx, kind.pass_id, next(iter(nights)), [*rows, *beside]) | kind.seat_ids
    if orphans.other_choice(views, in_all, len(kind.seat_ids)):
        return alone
    wider = [
        View([*view.free, *await orphan_store.free_in_rows(tx, event_id, beside)], view.ticket_type)
        for event_id, view in zip(nights, views, strict=True)
    ]
    return alone if orphans.other_choice(wider, in_all, len(kind.seat_ids)) else {}


async def better_choice(
    tx: Tx, ticket_type: TicketType, ruled: Sequence[Night], seat_ids: Sequence[str]
) -> Sequence[str]:
    """Other seats for a pass, in row order, if a hold of some seats would leave a single one alone for no need; else
    empty. ruled: the nights with a rule, at least one."""
    rows = await orphan_store.rows_of(tx, ruled[0].event_id, seat_ids)
    rows += near(rows)
    views = [View(await orphan_store.free_in_rows(tx, night.event_id, rows), night.ticket_type) for night in ruled]
    chosen = frozenset(seat_ids)
    if not any(orphans.alone(view, chosen, chosen) for view in views):
        return ()
    in_all = await pass_store.free_in_all(tx, ticket_type.ticket_type_id, ruled[0].event_id, rows)
    return orphans.other_choice(views, in_all, len(chosen))


def near(rows: Collection[int]) -> list[int]:
    """The rows near some rows in which a better choice is looked for."""
    return rows_near(rows, orphan_transactions.ROWS_NEAR)[: orphan_transactions.ROWS_MAX]
