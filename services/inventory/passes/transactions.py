"""Taking holds of passes, and reads of what is left for them."""

from collections.abc import Mapping, Sequence

from eventhub.refusals import EventNotFound, NoSuchSeats, SoldOut
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
from services.inventory.claim_transactions import NO_SEATS
from services.inventory.holds import Claims, EventSale, Hold, Night, TicketType, Wish
from services.inventory.orphans import OrphanRule
from services.inventory.passes import passes, seat_transactions
from services.inventory.passes import store as pass_store
from services.inventory.provisions import Provision
from services.inventory.stock import PoolNow
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
    keys of the nights as well as that of the series. Refusals for a night name it."""
    claims = await claim_transactions.claimed(tx, wish, sale, types, allowed, now_us=now_us)
    if isinstance(claims, Hold):
        return claims
    sales = await nights_on_sale(tx, wish, types, at_counter=allowed.at_counter, now_us=now_us)
    seats, alone = await seat_transactions.take_seats(tx, wish, sales, claims, at_counter=allowed.at_counter)
    labels = {seat.seat_id: seat.label for night in seats.values() for seat in night.seats}
    places = claims.seat_places(labels) + claims.general_places
    blocked, lasts_us = any(night.unblocked for night in seats.values()), allowed.lasts_us
    hold = holds.taken(wish, sale, places, alone, took_blocked=blocked, lasts_us=lasts_us, now_us=now_us)
    pools = await take_pools(tx, hold, claims, types)
    await hold_store.save_taken(tx, hold)
    for part in passes.parts(hold, types):
        own = seats.get(part.event_id, NO_SEATS)
        await claim_transactions.note_taken(tx, part, own, now_us=now_us)
        drawn = [pools[pool_id] for pool_id, _ in passes.drawn([part], types)]
        await sale_transactions.announce(tx, part, sales.get(part.event_id, sale), own.seats, drawn, now_us=now_us)
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


async def left_for(tx: Tx, types: Sequence[TicketType], own: Mapping[str, int], *, now_us: int) -> dict[str, int]:
    """How many tickets of passes are left, by ticket type: of the passes themselves and in the night that has fewest,
    0 if its sales are over or paused. Leaves out other types. own: places left by pool of the series."""
    stocks: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for event_id in sorted({night.event_id for ticket_type in types for night in ticket_type.nights}):
        sale = await store.find_sale(tx, event_id)
        pools = {pool.pool_id: pool.left for pool in await store.find_pools(tx, event_id)}
        free = await count_store.count_free(tx, event_id)
        sells = sale is not None and not (sale.waiting or sale.moving) and now_us < sale.counter_end_us
        stocks[event_id] = (pools, free) if sells else (dict.fromkeys(pools, 0), {})
    return {
        ticket_type.ticket_type_id: min(
            *(own[pool_id] for pool_id in ticket_type.pool_ids),
            *(availability.left(night.ticket_type, *stocks[night.event_id], {}) for night in ticket_type.nights),
        )
        for ticket_type in types
        if ticket_type.nights
    }


async def scarcest_night(tx: Tx, ticket_type: TicketType) -> tuple[Night, list[Night]]:
    """The night of a pass that has fewest free seats for it, and the nights with an OrphanRule. Raises NoSuchSeats if
    people wait for tickets of a night, EventMoving."""
    free, ruled = dict[Night, int](), list[Night]()
    for night in ticket_type.nights:
        sale = await sale_transactions.existing_sale(tx, night.event_id)
        type_terms.check_not_moving(sale)
        if sale.waiting:
            raise NoSuchSeats(available=0)
        counts = await count_store.count_free(tx, night.event_id)
        free[night] = sum(many for category, many in counts.items() if night.ticket_type.includes(category))
        if sale.orphan_rule != OrphanRule.OFF:
            ruled.append(night)
    return min(free, key=lambda night: (free[night], night.event_id)), ruled
