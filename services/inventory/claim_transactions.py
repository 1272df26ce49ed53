"""Taking a hold: everything that a wish names, or nothing."""

from collections.abc import Mapping

from eventhub.refusal import Refusal
from eventhub.refusals import IdInUse, SeatNotFound, SeatTaken, SoldOut
from services.inventory import (
    allowance,
    count_store,
    hold_store,
    holds,
    lot_transactions,
    lots,
    sale_transactions,
    store,
)
from services.inventory.allowance import Allowance
from services.inventory.holds import Claims, EventSale, Hold, HoldState, TicketType, Wish
from services.inventory.stock import PoolNow, SeatNow, SeatState
from services.kit.db import Tx


class TermsChanged(Exception):
    """The event's sale or its ticket types have changed since the caller read them."""


async def place_hold(
    tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Hold:
    """Holds everything that a wish names, or nothing. sale, types: the event's, as an earlier transaction read them.
    Raises TermsChanged if they are old by now. The caller serializes writes whose holds are counted together, and
    shares the event's key: it does not change meanwhile."""
    expires_us = now_us + holds.HOLD_TTL_US
    claims = await claims_or_hold(tx, wish, sale, types)
    if isinstance(claims, Hold):
        return claims
    places = claims.general_places
    while not await hold_store.claim_hold(
        tx, wish, places, allowed, revision=sale.revision, expires_us=expires_us, now_us=now_us
    ):
        known = await hold_store.find_hold(tx, wish.hold_id)
        if known is not None:
            return repeated(known, wish)
        await check_claim(tx, wish, sale, allowed, now_us=now_us)
    seats = await hold_seats(tx, wish, claims)
    parts = await lot_transactions.take(tx, wish, types, now_us=now_us)
    pools = await hold_pools(tx, claims, types)
    if seats or parts:  # the seats' labels and the lots are known only now
        places = lots.with_lots(claims.seat_places({seat.seat_id: seat.label for seat in seats}) + places, parts)
        await hold_store.save_places(tx, wish.hold_id, places)
        await store.note_changes(tx, wish.event_id, seats, wish.hold_id, at_us=now_us)
        await count_store.count_moved(tx, wish.event_id, seats, wish.hold_id, old=SeatState.FREE)
    hold = Hold(
        hold_id=wish.hold_id,
        event_id=wish.event_id,
        buyer_id=wish.buyer_id,
        content_hash=wish.content_hash,
        state=HoldState.HELD,
        held_us=now_us,
        expires_us=expires_us,
        order_id="",
        places=places,
    )
    await sale_transactions.announce(tx, hold, sale, seats, pools, now_us=now_us)
    return hold


async def claims_or_hold(tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType]) -> Claims | Hold:
    """The stock that a wish claims; the hold if the wish is a repeat that the event's terms would refuse by now. Raises
    as holds.claims_of, and TermsChanged instead if the terms are old."""
    try:
        return holds.claims_of(wish, sale, types)
    except Refusal:
        known = await hold_store.find_hold(tx, wish.hold_id)
        if known is not None:
            return repeated(known, wish)
        await current_sale(tx, sale)
        raise


def repeated(hold: Hold, wish: Wish) -> Hold:
    """The hold that a repeated wish asks for. Raises IdInUse if the hold is another wish's, or another buyer's."""
    if (hold.buyer_id, hold.content_hash) != (wish.buyer_id, wish.content_hash):
        raise IdInUse
    return hold


async def current_sale(tx: Tx, sale: EventSale) -> EventSale:
    """The sale of an event as it is now. Raises EventNotFound, TermsChanged if it has changed since it was read."""
    now = await sale_transactions.existing_sale(tx, sale.event_id)
    if now.revision != sale.revision:
        raise TermsChanged
    return now


async def check_claim(tx: Tx, wish: Wish, sale: EventSale, allowed: Allowance, *, now_us: int) -> None:
    """Raises the reason why a claim failed: EventNotFound, TermsChanged, EventNotOnSale, or as allowance.check. Raises
    nothing if the reason is gone by now, for example because a hold has expired. sale: as in place_hold."""
    holds.check_on_sale(await current_sale(tx, sale), now_us, at_counter=allowed.at_counter)
    own = await hold_store.holds_of(tx, wish.buyer_id, now_us=now_us)
    near = await hold_store.holds_near(tx, allowed.address, now_us=now_us)
    allowance.check(allowed, wish, own, near, now_us=now_us)


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
