"""inventory's writes about holds and seats: each locks, decides, saves and announces, or changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_UNSPECIFIED
from eventhub.refusals import EventNotFound, HoldNotFound, IdInUse, SeatNotFound, SeatTaken, SoldOut
from services.inventory import allowance, count_store, hold_store, holds, store
from services.inventory.allowance import Allowance
from services.inventory.convert import HOLD_STATES, seat_change_pb, stock_pb
from services.inventory.holds import Claims, EventSale, Hold, HoldState, TicketType, Wish
from services.inventory.stock import PoolNow, SeatNow, SeatState
from services.kit.db import Tx

LAPSED_AT_ONCE_MAX = 10


async def place_hold(
    tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Hold:
    """Holds everything that a wish names, or nothing.

    sale, types: the event's, as an earlier transaction read them. Once an event is on sale only its end of sales
    changes, and the claim checks that again. The caller serializes writes whose holds are counted together.
    """
    expires_us = now_us + holds.HOLD_TTL_US
    claims = holds.claims_of(wish, sale, types)
    places = claims.general_places
    while not await hold_store.claim_hold(tx, wish, places, allowed, expires_us=expires_us, now_us=now_us):
        known = await hold_store.find_hold(tx, wish.hold_id)
        if known is not None:
            return repeated(known, wish)
        await check_claim(tx, wish, allowed, now_us=now_us)
    seats = await hold_seats(tx, wish, claims)
    pools = await hold_pools(tx, claims, types)
    if seats:  # their labels are known only now
        places = claims.seat_places({seat.seat_id: seat.label for seat in seats}) + places
        await hold_store.save_places(tx, wish.hold_id, places)
        await store.note_changes(tx, wish.event_id, seats, wish.hold_id, at_us=now_us)
        await count_store.count_moved(tx, wish.event_id, seats, wish.hold_id, old=SeatState.FREE)
    hold = Hold(
        hold_id=wish.hold_id,
        event_id=wish.event_id,
        buyer_id=wish.buyer_id,
        content_hash=wish.content_hash,
        state=HoldState.HELD,
        expires_us=expires_us,
        order_id="",
        places=places,
    )
    await announce(tx, hold, sale, seats, pools, now_us=now_us)
    return hold


def repeated(hold: Hold, wish: Wish) -> Hold:
    """The hold that a repeated wish asks for. Raises IdInUse if the hold is another wish's, or another buyer's."""
    if (hold.buyer_id, hold.content_hash) != (wish.buyer_id, wish.content_hash):
        raise IdInUse
    return hold


async def check_claim(tx: Tx, wish: Wish, allowed: Allowance, *, now_us: int) -> None:
    """Raises the reason why a claim failed: EventNotFound, EventNotOnSale, or as allowance.check. Raises nothing if
    the reason is gone by now, for example because a hold has expired."""
    holds.check_on_sale(await existing_sale(tx, wish.event_id), now_us, at_counter=allowed.at_counter)
    own = await hold_store.holds_of(tx, wish.buyer_id, now_us=now_us)
    near = await hold_store.holds_near(tx, allowed.address, now_us=now_us)
    allowance.check(allowed, wish, own, near, now_us=now_us)


async def sale_and_types(tx: Tx, event_id: str) -> tuple[EventSale, dict[str, TicketType]]:
    """An event's sale and ticket types, from one snapshot. Raises EventNotFound."""
    return await existing_sale(tx, event_id), await store.find_types(tx, event_id)


async def existing_sale(tx: Tx, event_id: str, organizer_id: str = "") -> EventSale:
    """An event's sale. Raises EventNotFound, also if an organizer is given and the event is another's."""
    sale = await store.find_sale(tx, event_id)
    if sale is None or (organizer_id and sale.organizer_id != organizer_id):
        raise EventNotFound
    return sale


async def hold_seats(tx: Tx, wish: Wish, claims: Claims) -> list[SeatNow]:
    """Holds seats in the order of their ids. Raises SeatTaken or SeatNotFound for the first seat that is not free."""
    held = []
    for seat_id, ticket_type in claims.seats:
        seat = await store.set_seat_state(
            tx,
            wish.event_id,
            seat_id,
            old=SeatState.FREE,
            new=SeatState.HELD,
            old_hold="",
            new_hold=wish.hold_id,
        )
        if seat is None:
            known = await store.find_seat(tx, wish.event_id, seat_id)
            raise SeatTaken(seat_id=seat_id, seat=known.label) if known else SeatNotFound(seat_id=seat_id)
        holds.check_category(seat_id, seat.label, seat.category, ticket_type)
        held.append(seat)
    return held


async def hold_pools(tx: Tx, claims: Claims, types: Mapping[str, TicketType]) -> list[PoolNow]:
    """Holds places of pools. Raises SoldOut for the first claimed ticket type that draws on a pool with too few."""
    held = []
    for pool_id, quantity in claims.pools:
        pool = await store.hold_in_pool(tx, pool_id, quantity)
        if pool is None:
            now = await store.move_in_pool(tx, pool_id, held=0, sold=0)
            short = next(type_id for type_id in claims.ticket_type_ids if pool_id in types[type_id].pool_ids)
            raise SoldOut(ticket_type_id=short, available=now.left)
        held.append(pool)
    return held


async def lapse_due(tx: Tx, *, now_us: int) -> int:
    """Lapses expired holds, at most LAPSED_AT_ONCE_MAX. Returns how many."""
    due = await hold_store.due_holds(tx, now_us=now_us, limit=LAPSED_AT_ONCE_MAX)
    lapsed = [hold_id for hold_id in due if await hold_store.lapse_hold(tx, hold_id, now_us=now_us)]
    await give_back(tx, [await existing_hold(tx, hold_id) for hold_id in lapsed], now_us=now_us, held=True)
    return len(lapsed)


async def existing_hold(tx: Tx, hold_id: str, buyer_id: str = "") -> Hold:
    """A hold, its row locked. Raises HoldNotFound, also if a buyer is given and the hold is another's."""
    hold = await hold_store.lock_hold(tx, hold_id)
    if hold is None or (buyer_id and hold.buyer_id != buyer_id):
        raise HoldNotFound
    return hold


async def release_hold(tx: Tx, hold_id: str, buyer_id: str, *, now_us: int) -> Hold:
    """Releases a hold for its owner; a hold that has lapsed stays as it is. Raises HoldNotFound, HoldInUse."""
    hold = await existing_hold(tx, hold_id, buyer_id)
    if not holds.releasable(hold):
        return hold
    await hold_store.set_hold_state(tx, hold_id, old=HoldState.HELD, new=HoldState.RELEASED)
    released = replace(hold, state=HoldState.RELEASED)
    await give_back(tx, [released], now_us=now_us, held=True)
    return released


async def lock_hold(tx: Tx, hold_id: str, buyer_id: str, order_id: str, *, now_us: int) -> Hold:
    """Locks a hold for an order: it no longer lapses. Raises HoldNotFound, HoldInUse, HoldExpired."""
    hold = await existing_hold(tx, hold_id, buyer_id)
    if not holds.lockable(hold, order_id=order_id, now_us=now_us):
        return hold
    await hold_store.set_hold_state(tx, hold_id, old=HoldState.HELD, new=HoldState.LOCKED, order_id=order_id)
    return replace(hold, state=HoldState.LOCKED, order_id=order_id)


async def unlock_hold(tx: Tx, hold_id: str, order_id: str, *, now_us: int) -> Hold:
    """Gives a hold up for an order, whether the order has locked it or not; the order cannot lock it later. Raises
    HoldNotFound, HoldInUse."""
    hold = await existing_hold(tx, hold_id)
    holds.check_not_sold(hold, order_id=order_id)
    return await give_up(tx, hold, order_id, now_us=now_us)


async def confirm_hold(tx: Tx, hold_id: str, order_id: str, *, now_us: int) -> Hold:
    """Sells a locked hold to its order. Raises HoldNotFound, HoldExpired."""
    hold = await existing_hold(tx, hold_id)
    if not holds.confirmable(hold, order_id=order_id):
        return hold
    await hold_store.set_hold_state(tx, hold_id, old=HoldState.LOCKED, new=HoldState.SOLD)
    sold = replace(hold, state=HoldState.SOLD)
    await move_places(tx, sold, now_us=now_us)
    return sold


async def return_sold(tx: Tx, hold_id: str, order_id: str, *, now_us: int) -> Hold:
    """Takes a sold hold back from an order that was never paid. Raises HoldNotFound."""
    hold = await existing_hold(tx, hold_id)
    if order_id not in (hold.order_id, *hold.given_up_by):
        raise HoldNotFound
    return await give_up(tx, hold, order_id, now_us=now_us) if hold.state == HoldState.SOLD else hold


async def give_up(tx: Tx, hold: Hold, order_id: str, *, now_us: int) -> Hold:
    """Gives a hold, whose row is locked, up for an order. Its owner keeps the places until it expires."""
    after = holds.given_up(hold, order_id=order_id, now_us=now_us)
    if after == hold:
        return hold
    await hold_store.save_given_up(tx, after)
    if after.state in (HoldState.LAPSED, HoldState.RELEASED):
        await give_back(tx, [after], now_us=now_us, held=hold.state != HoldState.SOLD)
    elif hold.state == HoldState.SOLD and after.state == HoldState.HELD:
        await move_places(tx, after, now_us=now_us)
    return after


async def move_places(tx: Tx, hold: Hold, *, now_us: int) -> None:
    """Moves the seats and places of a hold into the hold's new state: from held to sold, or back."""
    selling = hold.state == HoldState.SOLD
    old, new = (SeatState.HELD, SeatState.SOLD) if selling else (SeatState.SOLD, SeatState.HELD)
    sign = 1 if selling else -1
    seats = await set_seats(tx, hold, old=old, new=new)
    types = await store.find_types(tx, hold.event_id)
    pools = [
        await store.move_in_pool(tx, pool_id, held=-sign * quantity, sold=sign * quantity)
        for pool_id, quantity in holds.drawn_by(hold.places, types)
    ]
    sale = await existing_sale(tx, hold.event_id)
    await store.note_changes(tx, hold.event_id, seats, hold.hold_id, at_us=now_us)
    await count_store.count_moved(tx, hold.event_id, seats, hold.hold_id, old=old)
    await announce(tx, hold, sale, seats, pools, now_us=now_us)


async def give_back(tx: Tx, given: Sequence[Hold], *, now_us: int, held: bool) -> None:
    """Frees the seats and places of several holds. held: whether they were held; False: they were sold.

    The pools of all holds are locked in one order, as holds.draws says.
    """
    old = SeatState.HELD if held else SeatState.SOLD
    seats = {hold.hold_id: await set_seats(tx, hold, old=old, new=SeatState.FREE) for hold in given}
    types: dict[str, TicketType] = {}
    for event_id in sorted({hold.event_id for hold in given}):
        types.update(await store.find_types(tx, event_id))
    pools = {
        pool_id: await store.move_in_pool(tx, pool_id, held=-quantity if held else 0, sold=0 if held else -quantity)
        for pool_id, quantity in holds.drawn_by([place for hold in given for place in hold.places], types)
    }
    for hold in given:
        own = [pools[pool_id] for pool_id, _ in holds.drawn_by(hold.places, types)]
        sale = await existing_sale(tx, hold.event_id)
        await store.note_changes(tx, hold.event_id, seats[hold.hold_id], hold.hold_id, at_us=now_us)
        await announce(tx, hold, sale, seats[hold.hold_id], own, now_us=now_us)
    for event_id in sorted({hold.event_id for hold in given}):
        own_seats = [seat for hold in given if hold.event_id == event_id for seat in seats[hold.hold_id]]
        await count_store.count_moved(tx, event_id, own_seats, given[0].hold_id, old=old)


async def set_seats(tx: Tx, hold: Hold, *, old: SeatState, new: SeatState) -> list[SeatNow]:
    """Moves all seats of a hold from one state to another, in the order of their ids. The caller notes the changes in
    the seats' histories."""
    changed = []
    for seat_id in sorted(place.seat_id for place in hold.places if place.seat_id):
        seat = await store.set_seat_state(
            tx,
            hold.event_id,
            seat_id,
            old=old,
            new=new,
            old_hold=hold.hold_id,
            new_hold="" if new == SeatState.FREE else hold.hold_id,
        )
        assert seat is not None, "a hold has its seats"
        changed.append(seat)
    return changed


async def set_blocked(
    tx: Tx, event_id: str, organizer_id: str, seat_ids: Sequence[str], *, block: bool, now_us: int
) -> list[SeatNow]:
    """Blocks free seats, all or none, or frees blocked ones. Returns all seats in the order of their ids. Raises
    EventNotFound, SeatNotFound, SeatTaken."""
    sale = await existing_sale(tx, event_id, organizer_id)
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
        await announce(tx, None, sale, changed, [], now_us=now_us)
    return seats


async def announce(
    tx: Tx, hold: Hold | None, sale: EventSale, seats: Sequence[SeatNow], pools: Sequence[PoolNow], *, now_us: int
) -> None:
    """Announces the seats and pools that changed. hold: the hold they changed for, if any."""
    fact = StockChanged(
        event_id=sale.event_id,
        hold_id=hold.hold_id if hold else "",
        hold_state=HOLD_STATES[hold.state] if hold else HOLD_STATE_UNSPECIFIED,
        seats=[seat_change_pb(seat) for seat in seats],
        stocks=[stock_pb(pool) for pool in pools],
    )
    await tx.announce(fact, aggregate_id=sale.event_id, organizer_id=sale.organizer_id, at_us=now_us)
