"""Holds after they are taken: each write locks, decides, saves and announces, or changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from eventhub.refusals import EventMoving, HoldNotFound
from services.inventory import (
    count_store,
    hold_store,
    lifecycle,
    lot_transactions,
    person_limit,
    person_store,
    sale_transactions,
    store,
)
from services.inventory.blocks import transactions as blocks
from services.inventory.holds import Hold, HoldState, TicketType
from services.inventory.passes import passes
from services.inventory.person_limit import Person
from services.inventory.stock import SeatNow, SeatState
from services.kit.db import Tx

LAPSED_AT_ONCE_MAX = 10


async def lapse_due(tx: Tx, *, now_us: int) -> int:
    """Lapses expired holds, at most LAPSED_AT_ONCE_MAX. Returns how many."""
    due = await hold_store.due_holds(tx, now_us=now_us, limit=LAPSED_AT_ONCE_MAX)
    lapsed = [hold_id for hold_id in due if await hold_store.lapse_hold(tx, hold_id, now_us=now_us)]
    await give_back(tx, [await existing_hold(tx, hold_id) for hold_id in lapsed], now_us=now_us, held=True)
    return len(lapsed)


async def existing_hold(tx: Tx, hold_id: str, buyer_id: str = "") -> Hold:
    """A hold that may change, its row locked. Raises HoldNotFound, also if a buyer is given and the hold is another's,
    and EventMoving if it is frozen."""
    hold = await hold_store.lock_hold(tx, hold_id)
    if hold is None or (buyer_id and hold.buyer_id != buyer_id):
        raise HoldNotFound
    if hold.frozen:
        raise EventMoving(event_id=hold.event_id)
    return hold


async def release_hold(tx: Tx, hold_id: str, buyer_id: str, *, now_us: int) -> Hold:
    """Releases a hold for its owner; a hold that has lapsed stays as it is. Raises HoldNotFound, HoldInUse."""
    hold = await existing_hold(tx, hold_id, buyer_id)
    if not lifecycle.releasable(hold):
        return hold
    await hold_store.set_hold_state(tx, hold_id, old=HoldState.HELD, new=HoldState.RELEASED)
    released = replace(hold, state=HoldState.RELEASED)
    await give_back(tx, [released], now_us=now_us, held=True)
    return released


async def lock_hold(tx: Tx, hold_id: str, buyer_id: str, order_id: str, person: Person, *, now_us: int) -> Hold:
    """Locks a hold for an order: it no longer lapses. person: gets the tickets; the caller serializes writes that share
    one of the person's keys. Raises HoldNotFound, HoldInUse, HoldExpired, ContactUnverified, PersonLimit."""
    hold = await existing_hold(tx, hold_id, buyer_id)
    if not lifecycle.lockable(hold, order_id=order_id, now_us=now_us):
        return hold
    if person_limit.counts(hold, person):
        person_limit.check(hold, await person_store.tickets_of(tx, hold, person.keys))
        await person_store.count(tx, hold, person.keys)
    await hold_store.set_hold_state(tx, hold_id, old=HoldState.HELD, new=HoldState.LOCKED, order_id=order_id)
    return replace(hold, state=HoldState.LOCKED, order_id=order_id)


async def unlock_hold(tx: Tx, hold_id: str, order_id: str, *, release: bool = False, now_us: int) -> Hold:
    """Gives a hold up for an order, whether the order has locked it or not; the order cannot lock it later. release:
    the hold was taken for this order alone. Raises HoldNotFound, HoldInUse."""
    hold = await existing_hold(tx, hold_id)
    lifecycle.check_not_sold(hold, order_id=order_id)
    return await give_up(tx, hold, order_id, release=release, now_us=now_us)


async def confirm_hold(tx: Tx, hold_id: str, order_id: str, *, now_us: int) -> Hold:
    """Sells a locked hold to its order. Raises HoldNotFound, HoldExpired."""
    hold = await existing_hold(tx, hold_id)
    if not lifecycle.confirmable(hold, order_id=order_id):
        return hold
    await hold_store.set_hold_state(tx, hold_id, old=HoldState.LOCKED, new=HoldState.SOLD)
    sold = replace(hold, state=HoldState.SOLD)
    await move_places(tx, sold, now_us=now_us)
    return sold


async def return_sold(tx: Tx, hold_id: str, order_id: str, *, release: bool = False, now_us: int) -> Hold:
    """Takes a sold hold back from an order that was never paid. release: as in unlock_hold. Raises HoldNotFound."""
    hold = await existing_hold(tx, hold_id)
    if order_id not in (hold.order_id, *hold.given_up_by):
        raise HoldNotFound
    if hold.state != HoldState.SOLD:
        return hold
    return await give_up(tx, hold, order_id, release=release, now_us=now_us)


async def give_up(tx: Tx, hold: Hold, order_id: str, *, release: bool, now_us: int) -> Hold:
    """Gives a hold, whose row is locked, up for an order. Its owner keeps the places until it expires, unless the hold
    was taken for this order alone (release)."""
    after = lifecycle.given_up(hold, order_id=order_id, release=release, now_us=now_us)
    if after == hold:
        return hold
    await hold_store.save_given_up(tx, after)
    if hold.counted and not after.order_id:
        await person_store.forget(tx, hold.hold_id)
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
    types = await store.find_types(tx, hold.event_id)
    parts = passes.parts(hold, types)
    seats = {part.event_id: await set_seats(tx, part, old=old, new=new) for part in parts}
    await lot_transactions.move(tx, hold.places, types, held=-sign, sold=sign, now_us=now_us)
    pools = {
        pool_id: await store.move_in_pool(tx, pool_id, held=-sign * quantity, sold=sign * quantity)
        for pool_id, quantity in passes.drawn(parts, types)
    }
    for part in parts:
        own = [pools[pool_id] for pool_id, _ in passes.drawn([part], types)]
        sale = await sale_transactions.existing_sale(tx, part.event_id)
        await store.note_changes(tx, part.event_id, seats[part.event_id], hold.hold_id, at_us=now_us)
        await count_store.count_moved(tx, part.event_id, seats[part.event_id], hold.hold_id, old=old)
        await sale_transactions.announce(tx, part, sale, seats[part.event_id], own, now_us=now_us)


async def give_back(tx: Tx, given: Sequence[Hold], *, now_us: int, held: bool) -> None:
    """Frees the seats and places of several holds. held: whether they were held; False: they were sold.

    The pools of all holds are locked in one order, as holds.draws says.
    """
    old = SeatState.HELD if held else SeatState.SOLD
    types: dict[str, TicketType] = {}
    for event_id in sorted({hold.event_id for hold in given}):
        types.update(await store.find_types(tx, event_id))
    parts = [part for hold in given for part in passes.parts(hold, types)]
    blocked = await blocked_again(tx, parts)
    seats = [await set_seats(tx, part, old=old, new=SeatState.FREE, blocked=blocked) for part in parts]
    places = [place for hold in given for place in hold.places]
    await lot_transactions.move(tx, places, types, held=-1 if held else 0, sold=0 if held else -1, now_us=now_us)
    pools = {
        pool_id: await store.move_in_pool(tx, pool_id, held=-quantity if held else 0, sold=0 if held else -quantity)
        for pool_id, quantity in passes.drawn(parts, types)
    }
    for part, own_seats in zip(parts, seats, strict=True):
        own = [pools[pool_id] for pool_id, _ in passes.drawn([part], types)]
        sale = await sale_transactions.existing_sale(tx, part.event_id)
        await store.note_changes(tx, part.event_id, own_seats, part.hold_id, at_us=now_us)
        await sale_transactions.announce(tx, part, sale, own_seats, own, now_us=now_us)
    for event_id in sorted({part.event_id for part in parts}):
        there = [seat for part, own in zip(parts, seats, strict=True) if part.event_id == event_id for seat in own]
        await count_store.count_moved(tx, event_id, there, given[0].hold_id, old=old)


async def blocked_again(tx: Tx, given: Sequence[Hold]) -> set[tuple[str, str]]:
    """The seats of holds, as (event id, seat id), that the organizer keeps back once the holds end."""
    taken = sorted(
        (hold.event_id, place.seat_id) for hold in given if hold.took_blocked for place in hold.places if place.seat_id
    )
    kept = set[tuple[str, str]]()
    for event_id in dict.fromkeys(event_id for event_id, _ in taken):
        seat_ids = [seat_id for event, seat_id in taken if event == event_id]
        kept.update((event_id, seat_id) for seat_id in await blocks.kept_back(tx, event_id, seat_ids))
    return kept


async def set_seats(
    tx: Tx, hold: Hold, *, old: SeatState, new: SeatState, blocked: Collection[tuple[str, str]] = ()
) -> list[SeatNow]:
    """Moves all seats of a hold from one state to another, in the order of their ids. The caller notes the changes in
    the seats' histories. blocked: the seats, as (event id, seat id), that become BLOCKED instead."""
    changed = []
    for seat_id in sorted(place.seat_id for place in hold.places if place.seat_id):
        seat = await store.set_seat_state(
            tx,
            hold.event_id,
            seat_id,
            old=old,
            new=SeatState.BLOCKED if (hold.event_id, seat_id) in blocked else new,
            old_hold=hold.hold_id,
            new_hold="" if new == SeatState.FREE else hold.hold_id,
        )
        assert seat is not None, "a hold has its seats"
        changed.append(seat)
    return changed
