"""Taking a hold, also of an event that has a waiting list."""

from collections import Counter
from collections.abc import Collection, Mapping

from services.inventory import claim_transactions, hold_store, holds, store
from services.inventory.allowance import Allowance
from services.inventory.claim_transactions import TermsChanged
from services.inventory.holds import EventSale, Hold, TicketType, Wish
from services.inventory.passes import passes
from services.inventory.passes import transactions as pass_transactions
from services.inventory.waiting import list_transactions, priority
from services.inventory.waiting import store as waiting_store
from services.inventory.waiting.priority import Lists, Stock
from services.kit.db import Tx


async def place_hold(
    tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Hold:
    """As claim_transactions.place_hold. Raises SoldOut if the hold would take places that people on a list can be
    offered.

    Holds of an event with a list lock its sale, and so run one after the other. Most are refused before that.
    """
    if passes.nights_of(wish, types):
        return await pass_transactions.place_hold(tx, wish, sale, types, allowed, now_us=now_us)
    if not sale.waiting:
        return await claim_transactions.place_hold(tx, wish, sale, types, allowed, now_us=now_us)
    known = await hold_store.find_hold(tx, wish.hold_id)
    if known is not None:
        return claim_transactions.repeated(known, wish)
    # At the counter, sale has another limit for orders. People on the list are offered as many as a buyer may have.
    listed = await claim_transactions.current_sale(tx, sale)
    seat_ids = [seat_id for item in wish.items for seat_id in item.seat_ids]
    apart = await waiting_store.never_offered(tx, wish.event_id, seat_ids, blocked=wish.take_blocked)
    wished = [item.ticket_type_id for item in wish.items if not item.seat_ids or not apart.issuperset(item.seat_ids)]
    waited = await lists(tx, listed, types, now_us=now_us)
    priority.check_not_waited_for(wished, waited)
    priority.check_holdable(
        wished, await list_transactions.stock(tx, wish.event_id, types, now_us=now_us), types, waited
    )
    if (await list_transactions.locked_sale(tx, wish.event_id)).revision != sale.revision:
        raise TermsChanged
    waited = await lists(tx, listed, types, now_us=now_us)
    priority.check_not_waited_for(wished, waited)
    hold = await claim_transactions.place_hold(tx, wish, sale, types, allowed, now_us=now_us)
    after = await list_transactions.stock(tx, wish.event_id, types, now_us=now_us)
    taken = await taken_by(tx, hold, types, apart)
    priority.check_leaves_enough(wish.items[0].ticket_type_id, after, taken, types, waited)
    return hold


async def taken_by(tx: Tx, hold: Hold, types: Mapping[str, TicketType], apart: Collection[str]) -> Stock:
    """The places and seats that a hold has taken. apart: seats to leave out, since they are never offered."""
    ordinary = [place.seat_id for place in hold.places if place.seat_id and place.seat_id not in apart]
    seats = [await store.find_seat(tx, hold.event_id, seat_id) for seat_id in ordinary]
    categories = Counter(seat.category for seat in seats if seat is not None)
    in_lots = Counter(holds.lots_name(types[place.ticket_type_id].lots_of) for place in hold.places if place.lot)
    rows = Counter((seat.category, seat.row_index) for seat in seats if seat is not None)
    return Stock(dict(holds.drawn_by(hold.places, types)) | in_lots, categories, rows)


async def lists(tx: Tx, sale: EventSale, types: Mapping[str, TicketType], *, now_us: int) -> Lists:
    """As list_transactions.served; none after the end of sales, when only the counter sells."""
    return await list_transactions.served(tx, sale, types, now_us=now_us) if now_us < sale.sales_end_us else {}
