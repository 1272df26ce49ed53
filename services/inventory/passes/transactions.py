"""Taking holds of passes, and reads of what is left for them."""

from collections.abc import Mapping, Sequence

from eventhub.refusals import EventNotFound, SeatNotFound, SeatTaken, SoldOut
from services.inventory import (
    availability,
    claim_transactions,
    count_store,
    hold_store,
    holds,
    sale_transactions,
    store,
    type_terms,
)
from services.inventory.allowance import Allowance
from services.inventory.claim_transactions import Taken
from services.inventory.holds import Claims, EventSale, Hold, TicketType, Wish
from services.inventory.passes import passes
from services.inventory.passes import store as pass_store
from services.inventory.provisions import Provision
from services.inventory.stock import PoolNow, SeatNow, SeatState
from services.kit.db import Tx


async def check_nights(tx: Tx, wanted: Provision) -> None:
    """Raises EventNotFound if a pass of a provision has a night that its organizer does not sell."""
    for night in (night for ticket_type in wanted.types for night in ticket_type.nights):
        if not await pass_store.is_night(tx, night, wanted.organizer_id):
            raise EventNotFound(event_id=night.event_id)


async def place_hold(
    tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Hold:
    """As claim_transactions.place_hold, for passes: takes a place of each night too, or nothing. The caller shares the
    keys of the nights as well as that of the series. Raises EventNotOnSale and SoldOut also for a night."""
    claims = await claim_transactions.claimed(tx, wish, sale, types, allowed, now_us=now_us)
    if isinstance(claims, Hold):
        return claims
    sales = await nights_on_sale(tx, wish, types, at_counter=allowed.at_counter, now_us=now_us)
    seats = await take_seats(tx, wish, claims, at_counter=allowed.at_counter)
    labels = {seat.seat_id: seat.label for night in seats.values() for seat in night}
    places = claims.seat_places(labels) + claims.general_places
    hold = holds.taken(wish, sale, places, (), took_blocked=False, lasts_us=allowed.lasts_us, now_us=now_us)
    pools = await take_pools(tx, hold, claims, types)
    await hold_store.save_taken(tx, hold)
    for part in passes.parts(hold, types):
        own = seats.get(part.event_id, [])
        await claim_transactions.note_taken(tx, part, Taken(tuple(own), frozenset(), ()), now_us=now_us)
        drawn = [pools[pool_id] for pool_id, _ in passes.drawn([part], types)]
        await sale_transactions.announce(tx, part, sales.get(part.event_id, sale), own, drawn, now_us=now_us)
    return hold


async def nights_on_sale(
    tx: Tx, wish: Wish, types: Mapping[str, TicketType], *, at_counter: bool, now_us: int
) -> dict[str, EventSale]:
    """The sales of the nights of the wished passes. Raises EventNotOnSale or EventMoving if one does not sell now,
    SoldOut if people wait for tickets of one: its free places are theirs."""
    sales = {}
    for event_id in passes.nights_of(wish, types):
        sale = await sale_transactions.existing_sale(tx, event_id)
        type_terms.check_on_sale(sale, now_us, at_counter=at_counter)
        if sale.waiting:
            type_id = wish.items[0].ticket_type_id
            raise SoldOut(ticket_type_id=type_id, available=0, waiting="true", event_id=event_id)
        sales[event_id] = sale
    return sales


async def take_seats(tx: Tx, wish: Wish, claims: Claims, *, at_counter: bool) -> dict[str, list[SeatNow]]:
    """Holds the same seats in each night, and returns them by event. Raises SeatTaken, SeatNotFound, SeatNotOfType,
    CompanionSeat."""
    taken: dict[str, list[SeatNow]] = {}
    for event_id, seat_id, ticket_type in passes.seats_of(claims):
        seat = await store.set_seat_state(
            tx, event_id, seat_id, old=SeatState.FREE, new=SeatState.HELD, old_hold="", new_hold=wish.hold_id
        )
        if seat is None:
            known = await store.find_seat(tx, event_id, seat_id)
            if known is None:
                raise SeatNotFound(seat_id=seat_id, event_id=event_id)
            raise SeatTaken(seat_id=seat_id, seat=known.label, event_id=event_id)
        type_terms.check_category(seat_id, seat.label, seat.category, ticket_type)
        taken.setdefault(event_id, []).append(seat)
    for event_id, seats in taken.items():
        if not at_counter:
            await claim_transactions.check_companions(tx, event_id, wish.buyer_id, seats)
    return taken


async def take_pools(tx: Tx, hold: Hold, claims: Claims, types: Mapping[str, TicketType]) -> dict[str, PoolNow]:
    """Holds places of the passes' own pools and of their nights'. Raises SoldOut."""
    pools = {}
    for pool_id, quantity in passes.drawn(passes.parts(hold, types), types):
        pool = await store.hold_in_pool(tx, pool_id, quantity)
        if pool is None:
            now = await store.move_in_pool(tx, pool_id, held=0, sold=0)
            type_id, event_id = passes.place_of(pool_id, claims.ticket_type_ids, types)
            refused = SoldOut(ticket_type_id=type_id, available=now.left)
            if event_id:
                refused.facts["event_id"] = event_id
            raise refused
        pools[pool_id] = pool
    return pools


async def left_for(tx: Tx, types: Sequence[TicketType], own: Mapping[str, int]) -> dict[str, int]:
    """How many tickets of passes are left, by ticket type: of the passes themselves and in the night that has fewest.
    Leaves out other types. own: places left by pool of the series."""
    stocks: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for event_id in sorted({night.event_id for ticket_type in types for night in ticket_type.nights}):
        sale = await store.find_sale(tx, event_id)
        pools = {pool.pool_id: pool.left for pool in await store.find_pools(tx, event_id)}
        free = await count_store.count_free(tx, event_id)
        sells = sale is not None and not (sale.waiting or sale.moving)
        stocks[event_id] = (pools, free) if sells else (dict.fromkeys(pools, 0), {})
    return {
        ticket_type.ticket_type_id: min(
            *(own[pool_id] for pool_id in ticket_type.pool_ids),
            *(availability.left(night.ticket_type, *stocks[night.event_id], {}) for night in ticket_type.nights),
        )
        for ticket_type in types
        if ticket_type.nights
    }
