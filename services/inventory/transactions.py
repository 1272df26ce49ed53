"""inventory's writes: each takes what it needs, decides, saves and announces, or changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_UNSPECIFIED
from eventhub.refusals import EventNotFound, HoldNotFound, IdInUse, SeatNotFound, SeatTaken, SoldOut
from services.inventory import allowance, hold_store, holds, store
from services.inventory.allowance import Allowance
from services.inventory.convert import hold_state_pb, seat_change_pb, stock_pb
from services.inventory.holds import Hold, Stock, Taking, TicketType, Wish
from services.inventory.store import PoolNow, SeatNow
from services.kit.db import Tx

LAPSED_AT_ONCE_MAX = 10


async def place_hold(
    tx: Tx, wish: Wish, stock: Stock, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Hold:
    """Takes all that is wished for, or nothing. stock and types: the event's, as read before; once it is on sale only
    the end of its sales changes, and that is asked again here. Those whose holds are counted together take turns."""
    expires_us = now_us + holds.HOLD_TTL_US
    taking = holds.take(wish, stock, types)
    places = taking.general_places
    while not await hold_store.claim_hold(tx, wish, places, allowed, expires_us=expires_us, now_us=now_us):
        known = await hold_store.find_hold(tx, wish.hold_id)
        if known is not None:
            return repeated(known, wish)
        await check_claim(tx, wish, allowed, now_us=now_us)
    seats = await take_seats(tx, wish, taking)
    pools = await take_pools(tx, taking, types)
    if seats:  # only they themselves say what they are called
        places = taking.seat_places({seat.seat_id: seat.label for seat in seats}) + places
        await hold_store.save_places(tx, wish.hold_id, places)
        await store.note_turns(tx, wish.event_id, seats, wish.hold_id, at_us=now_us)
    hold = Hold(
        wish.hold_id,
        wish.event_id,
        wish.buyer_id,
        wish.content_hash,
        holds.HELD,
        expires_us,
        order_id="",
        places=places,
    )
    await announce(tx, hold, stock, seats, pools, now_us=now_us)
    return hold


def repeated(hold: Hold, wish: Wish) -> Hold:
    """The hold that a repeat asks for. Raises IdInUse where it is another wish, or somebody else's."""
    if (hold.buyer_id, hold.content_hash) != (wish.buyer_id, wish.content_hash):
        raise IdInUse
    return hold


async def check_claim(tx: Tx, wish: Wish, allowed: Allowance, *, now_us: int) -> None:
    """Says why nothing could be claimed: raises EventNotFound or and as allowance.check. What was in
    the way may be gone by now."""
    holds.check_on_sale(await existing_stock(tx, wish.event_id), now_us, at_counter=allowed.at_counter)
    own = await hold_store.held_by(tx, wish.buyer_id, now_us=now_us)
    near = await hold_store.held_near(tx, allowed.address, now_us=now_us)
    allowance.check(allowed, wish, own, near, now_us=now_us)


async def existing_stock(tx: Tx, event_id: str, organizer_id: str = "") -> Stock:
    """What an event sells. Raises EventNotFound, also where it is another organizer's than the one given."""
    stock = await store.find_stock(tx, event_id)
    if stock is None or (organizer_id and stock.organizer_id != organizer_id):
        raise EventNotFound
    return stock


async def take_seats(tx: Tx, wish: Wish, taking: Taking) -> list[SeatNow]:
    """Takes seats in the order of their ids. Raises SeatTaken or SeatNotFound for the first that cannot be had."""
    taken = []
    for seat_id, kind in taking.seats:
        seat = await store.turn_seat(
            tx,
            wish.event_id,
            seat_id,
            old="FREE",
            new="HELD",
            old_hold="",
            new_hold=wish.hold_id,
        )
        if seat is None:
            known = await store.find_seat(tx, wish.event_id, seat_id)
            raise SeatTaken(seat_id=seat_id, seat=known.label) if known else SeatNotFound(seat_id=seat_id)
        holds.check_category(seat_id, seat.label, seat.category, kind)
        taken.append(seat)
    return taken


async def take_pools(tx: Tx, taking: Taking, types: Mapping[str, TicketType]) -> list[PoolNow]:
    """Takes places from pools. Raises SoldOut naming a wished type that draws on the pool that is short."""
    taken = []
    for pool_id, quantity in taking.pools:
        pool = await store.hold_in_pool(tx, pool_id, quantity)
        if pool is None:
            now = await store.move_in_pool(tx, pool_id, held=0, sold=0)
            wished = [kind.ticket_type_id for _, kind in taking.seats] + [kind for kind, _ in taking.general]
            short = next(kind for kind in wished if pool_id in types[kind].pool_ids)
            raise SoldOut(ticket_type_id=short, available=now.capacity - now.held - now.sold)
        taken.append(pool)
    return taken


async def lapse_due(tx: Tx, *, now_us: int) -> int:
    """Lapses holds whose time is over, at most LAPSED_AT_ONCE_MAX, each whole. How many."""
    due = await hold_store.due_holds(tx, now_us=now_us, limit=LAPSED_AT_ONCE_MAX)
    lapsed = [hold_id for hold_id in due if await hold_store.lapse_hold(tx, hold_id, now_us=now_us)]
    await give_back(tx, [await existing_hold(tx, hold_id) for hold_id in lapsed], now_us=now_us, held=True)
    return len(lapsed)


async def existing_hold(tx: Tx, hold_id: str, buyer_id: str = "") -> Hold:
    """A hold, locked. Raises HoldNotFound, also where it is another owner's than the one given."""
    hold = await hold_store.lock_hold(tx, hold_id)
    if hold is None or (buyer_id and hold.buyer_id != buyer_id):
        raise HoldNotFound
    return hold


async def release_hold(tx: Tx, hold_id: str, buyer_id: str, *, now_us: int) -> Hold:
    """Gives a hold back for its owner."""
    hold = await existing_hold(tx, hold_id, buyer_id)
    if not holds.releasable(hold):
        return hold
    await hold_store.turn_hold(tx, hold_id, old=holds.HELD, new=holds.RELEASED)
    released = replace(hold, state=holds.RELEASED)
    await give_back(tx, [released], now_us=now_us, held=True)
    return released


async def lock_hold(tx: Tx, hold_id: str, buyer_id: str, order_id: str, *, now_us: int) -> Hold:
    """Gives a hold to an order: it no longer lapses."""
    hold = await existing_hold(tx, hold_id, buyer_id)
    if not holds.lockable(hold, order_id=order_id, now_us=now_us):
        return hold
    await hold_store.turn_hold(tx, hold_id, old=holds.HELD, new=holds.LOCKED, order_id=order_id)
    return replace(hold, state=holds.LOCKED, order_id=order_id)


async def unlock_hold(tx: Tx, hold_id: str, order_id: str, *, now_us: int) -> Hold:
    """Gives a hold up for an order, before or after it was locked: a later lock by the same order finds it gone."""
    hold = await existing_hold(tx, hold_id)
    holds.check_not_sold(hold, order_id=order_id)
    return await give_up(tx, hold, order_id, now_us=now_us)


async def confirm_hold(tx: Tx, hold_id: str, order_id: str, *, now_us: int) -> Hold:
    """Sells an order's hold."""
    hold = await existing_hold(tx, hold_id)
    if not holds.confirmable(hold, order_id=order_id):
        return hold
    await hold_store.turn_hold(tx, hold_id, old=holds.LOCKED, new=holds.SOLD)
    sold = replace(hold, state=holds.SOLD)
    await move_places(tx, sold, now_us=now_us)
    return sold


async def return_sold(tx: Tx, hold_id: str, order_id: str, *, now_us: int) -> Hold:
    """Takes back what was sold to an order that was never paid."""
    hold = await existing_hold(tx, hold_id)
    if order_id not in (hold.order_id, *hold.given_up_by):
        raise HoldNotFound
    return await give_up(tx, hold, order_id, now_us=now_us) if hold.state == holds.SOLD else hold


async def give_up(tx: Tx, hold: Hold, order_id: str, *, now_us: int) -> Hold:
    """Gives a locked hold up for an order: its places stay its owner's as long as its time is not over."""
    after = holds.given_up(hold, order_id=order_id, now_us=now_us)
    if after == hold:
        return hold
    await hold_store.save_given_up(tx, after)
    if after.state in (holds.LAPSED, holds.RELEASED):
        await give_back(tx, [after], now_us=now_us, held=hold.state != holds.SOLD)
    elif hold.state == holds.SOLD and after.state == holds.HELD:
        await move_places(tx, after, now_us=now_us)
    return after


async def move_places(tx: Tx, hold: Hold, *, now_us: int) -> None:
    """Moves the seats and places of a hold with it: from held to sold, or back."""
    old, new = ("HELD", "SOLD") if hold.state == holds.SOLD else ("SOLD", "HELD")
    sign = 1 if new == "SOLD" else -1
    seats = await turn_seats(tx, hold, old=old, new=new)
    types = await store.find_types(tx, hold.event_id)
    pools = [
        await store.move_in_pool(tx, pool_id, held=-sign * quantity, sold=sign * quantity)
        for pool_id, quantity in holds.drawn_by(hold.places, types)
    ]
    stock = await existing_stock(tx, hold.event_id)
    await store.note_turns(tx, hold.event_id, seats, hold.hold_id, at_us=now_us)
    await announce(tx, hold, stock, seats, pools, now_us=now_us)


async def give_back(tx: Tx, given: Sequence[Hold], *, now_us: int, held: bool) -> None:
    """Frees the seats and places of some holds, which were held or sold. Pools of all of them in one order, so that
    nobody waits in a circle."""
    old = "HELD" if held else "SOLD"
    seats = {hold.hold_id: await turn_seats(tx, hold, old=old, new="FREE") for hold in given}
    types: dict[str, TicketType] = {}
    for event_id in sorted({hold.event_id for hold in given}):
        types.update(await store.find_types(tx, event_id))
    pools = {
        pool_id: await store.move_in_pool(tx, pool_id, held=-quantity if held else 0, sold=0 if held else -quantity)
        for pool_id, quantity in holds.drawn_by([place for hold in given for place in hold.places], types)
    }
    for hold in given:
        own = [pools[pool_id] for pool_id, _ in holds.drawn_by(hold.places, types)]
        stock = await existing_stock(tx, hold.event_id)
        await store.note_turns(tx, hold.event_id, seats[hold.hold_id], hold.hold_id, at_us=now_us)
        await announce(tx, hold, stock, seats[hold.hold_id], own, now_us=now_us)


async def turn_seats(tx: Tx, hold: Hold, *, old: str, new: str) -> list[SeatNow]:
    """Moves all seats of a hold from one state to another, in the order of their ids. Their histories are not noted."""
    turned = []
    for seat_id in sorted(place.seat_id for place in hold.places if place.seat_id):
        seat = await store.turn_seat(
            tx,
            hold.event_id,
            seat_id,
            old=old,
            new=new,
            old_hold=hold.hold_id,
            new_hold="" if new == "FREE" else hold.hold_id,
        )
        assert seat is not None, "a hold has its seats"
        turned.append(seat)
    return turned


async def turn_blocks(
    tx: Tx, event_id: str, organizer_id: str, seat_ids: Sequence[str], *, block: bool, now_us: int
) -> list[SeatNow]:
    """Blocks free seats, all or none, or frees blocked ones."""
    stock = await existing_stock(tx, event_id, organizer_id)
    old, new = ("FREE", "BLOCKED") if block else ("BLOCKED", "FREE")
    turned, seats = [], []
    for seat_id in sorted(seat_ids):
        seat = await store.turn_seat(tx, event_id, seat_id, old=old, new=new, old_hold="", new_hold="")
        if seat is not None:
            turned.append(seat)
        else:
            seat = await store.find_seat(tx, event_id, seat_id)
            if seat is None:
                raise SeatNotFound(seat_id=seat_id)
            if block and seat.state != new:
                raise SeatTaken(seat_id=seat_id, seat=seat.label)
        seats.append(seat)
    if turned:
        await store.note_turns(tx, event_id, turned, "", at_us=now_us)
        await announce(tx, None, stock, turned, [], now_us=now_us)
    return seats


async def announce(
    tx: Tx, hold: Hold | None, stock: Stock, seats: Sequence[SeatNow], pools: Sequence[PoolNow], *, now_us: int
) -> None:
    """Tells that seats or places changed hands."""
    fact = StockChanged(
        event_id=stock.event_id,
        hold_id=hold.hold_id if hold else "",
        hold_state=hold_state_pb(hold.state) if hold else HOLD_STATE_UNSPECIFIED,
        seats=[seat_change_pb(seat) for seat in seats],
        stocks=[stock_pb(pool) for pool in pools],
    )
    await tx.announce(fact, aggregate_id=stock.event_id, organizer_id=stock.organizer_id, at_us=now_us)
