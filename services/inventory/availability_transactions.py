"""inventory's reads about free seats and places: how many are left by ticket type, and the best seats."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from eventhub.refusals import EventNotFound, NoSuchSeats, SeatNotAllowed, TicketTypeNotFound
from services.inventory import (
    availability,
    availability_store,
    count_store,
    lot_transactions,
    lots,
    packages,
    proposal_store,
    seating,
    store,
    type_terms,
)
from services.inventory.availability import Left
from services.inventory.holds import EventSale, SaleState, TicketType
from services.inventory.passes import seat_transactions as pass_seats
from services.inventory.passes import transactions as pass_transactions
from services.inventory.proposal_store import Part
from services.inventory.proposals import SeatWish
from services.inventory.seating import FreeSeat
from services.inventory.stock import Seat
from services.inventory.waiting import list_transactions, priority
from services.inventory.waiting.priority import Lists, Stock
from services.kit.db import Tx

# How many of the nearest free seats of a category are looked at first; a stadium has many more.
NEAREST_LOOKED_AT = 100
# Seats that leave a single one alone are proposed only after a look at so many.
LONELY_LOOKED_AT = 4_000
# A package is one row's, so more rows must be seen at first than for seats side by side.
PACKAGES_LOOKED_AT = 800


async def check_open(tx: Tx, event_id: str) -> EventSale:
    """The sale of an event. Raises EventNotFound unless it is open: an event is not published before that."""
    sale = await store.find_sale(tx, event_id)
    if sale is None or sale.state != SaleState.OPEN:
        raise EventNotFound
    return sale


async def check_still(tx: Tx, event_id: str) -> EventSale:
    """As check_open. Raises EventMoving while the event's seats move to another plan."""
    sale = await check_open(tx, event_id)
    type_terms.check_not_moving(sale)
    return sale


async def by_type(
    tx: Tx, event_id: str, named: frozenset[str], organizer_id: str, *, now_us: int
) -> tuple[dict[str, Left], Lists]:
    """How many tickets can still be held, by ticket type id, and the types that people wait for. None can once sales
    are over or paused, also at the counter, those of the type are over, or while the seats move to another plan. Types
    that buyers do not see are left out, unless they are named, or organizer_id is that of the event. Raises
    EventNotFound."""
    sale = await check_open(tx, event_id)
    pools = {pool.pool_id: pool.left for pool in await store.find_pools(tx, event_id)}
    types, own = await store.find_types(tx, event_id), sale.organizer_id == organizer_id
    lists = await lists_of(tx, sale, types, now_us=now_us)
    several = await lot_transactions.lots_of(tx, event_id, types, now_us=now_us)
    by_row = packages.by_row(types.values())
    rows = await availability_store.free_by_row(tx, event_id, special=True) if by_row else {}
    stock = Stock(pools | lots.left(several), await count_store.count_free(tx, event_id), rows)
    selling = [
        type_id
        for type_id, ticket_type in types.items()
        if ticket_type.sells and (own or type_id in named or not (ticket_type.hidden or ticket_type.code_hashes))
    ]
    if sale.moving or sale.counter_end_us <= now_us:
        left = dict.fromkeys(selling, 0)
    else:
        left = {type_id: priority.holdable(type_id, stock, types, lists) for type_id in selling}
        shown = [types[type_id] for type_id in selling]
        left.update(await pass_transactions.left_for(tx, shown, pools, now_us=now_us))
        left.update({one.ticket_type_id: 0 for one in shown if 0 < one.ends_us <= now_us})
    return {type_id: availability.with_lot(left[type_id], types[type_id], several) for type_id in selling}, lists


async def lists_of(tx: Tx, sale: EventSale, types: Mapping[str, TicketType], *, now_us: int) -> Lists:
    """As list_transactions.served. An event without a list pays no statement for it."""
    return await list_transactions.served(tx, sale, types, now_us=now_us) if sale.waiting else {}


async def best_seats(tx: Tx, wish: SeatWish, *, now_us: int) -> list[list[Seat]]:
    """The best free seats for each group of a wish. Raises EventNotFound, EventMoving, TicketTypeNotFound,
    SeatNotAllowed, PackageIncomplete, NoSuchSeats."""
    sale = await check_still(tx, wish.event_id)
    types = await store.find_types(tx, wish.event_id)
    lists, ticket_type = await lists_of(tx, sale, types, now_us=now_us), types.get(wish.ticket_type_id)
    if ticket_type is None or not ticket_type.sells:
        raise TicketTypeNotFound(ticket_type_id=wish.ticket_type_id)
    if not ticket_type.seated:
        raise SeatNotAllowed(ticket_type_id=wish.ticket_type_id)
    packages.check_wish(wish, ticket_type)
    if ticket_type.nights:
        return await best_of_pass(tx, wish, ticket_type)
    if not wish.needs:  # accessible seats are not for those who wait
        priority.check_proposed(wish.ticket_type_id, lists)
    return await best_of(tx, wish, ticket_type)


async def best_of_pass(tx: Tx, wish: SeatWish, ticket_type: TicketType) -> list[list[Seat]]:
    """As best_seats, for a pass: seats that are free in all its nights, as one night has them. Raises NoSuchSeats, also
    if people wait for tickets of a night, because no pass is held then."""
    night, ruled = await pass_transactions.scarcest_night(tx, ticket_type)
    there = replace(wish, event_id=night.event_id)
    groups = await best_of(tx, there, night.ticket_type, pass_id=ticket_type.ticket_type_id)
    if wish.needs or not ruled:
        return groups
    seat_ids = [seat.seat_id for group in groups for seat in group]
    better = await pass_seats.better_choice(tx, ticket_type, ruled, seat_ids)
    others = [await proposal_store.get_seat(tx, night.event_id, seat_id) for seat_id in better]
    if not others or not all(wish.fits(seat, night.ticket_type) for seat in others):
        return groups
    in_order = iter(others)
    return [list(islice(in_order, size)) for size in wish.groups]


async def best_of(tx: Tx, wish: SeatWish, ticket_type: TicketType, pass_id: str = "") -> list[list[Seat]]:
    """As best_seats, for a ticket type with numbered seats, no matter who waits for it. pass_id: of a pass, in whose
    nights the seats must be free. Raises NoSuchSeats."""
    categories = await count_store.categories(tx, wish.event_id)
    parts = [Part(wish.event_id, name, wish.zones, pass_id) for name in categories if wish.includes(name, ticket_type)]
    if wish.needs:
        groups = [await accessible_group(tx, wish, parts)]
    elif ticket_type.package_size > 1:
        groups = await whole_packages(tx, wish, parts, ticket_type.package_size)
    else:
        groups = await best_groups(tx, wish, parts)
    return [[await proposal_store.get_seat(tx, wish.event_id, seat.seat_id) for seat in group] for group in groups]


async def best_groups(tx: Tx, wish: SeatWish, parts: Sequence[Part]) -> list[tuple[FreeSeat, ...]]:
    """The best free seats of several parts of the hall for each group of a wish. Raises NoSuchSeats."""
    limit = NEAREST_LOOKED_AT
    while True:
        free, all_seen = await nearest_free(tx, parts, limit)
        try:
            groups = seating.best_groups(free, wish.groups)
        except NoSuchSeats:
            if all_seen:
                raise
        else:
            lonely = limit < LONELY_LOOKED_AT and seating.leave_one_alone(groups, free)
            if all_seen or (all(map(seating.side_by_side, groups)) and not lonely):
                return groups
        limit *= 8


async def whole_packages(tx: Tx, wish: SeatWish, parts: Sequence[Part], package: int) -> list[tuple[FreeSeat, ...]]:
    """As best_groups, for packages of so many seats. Raises NoSuchSeats."""
    limit = PACKAGES_LOOKED_AT
    while True:
        free, all_seen = await nearest_free(tx, parts, limit)
        try:
            return packages.best_groups(free, wish.groups, package)
        except NoSuchSeats:
            if all_seen:
                raise
        limit *= 8


async def nearest_free(tx: Tx, parts: Sequence[Part], limit: int) -> tuple[list[FreeSeat], bool]:
    """The nearest free seats of several parts of the hall, at most limit of each, and whether they are all."""
    nearest = [await proposal_store.nearest_free(tx, part, limit) for part in parts]
    return [seat for seats in nearest for seat in seats], all(len(seats) < limit for seats in nearest)


async def accessible_group(tx: Tx, wish: SeatWish, parts: Sequence[Part]) -> tuple[FreeSeat, ...]:
    """The best free accessible seats of a wish, their companions', and seats for the others near them. Raises
    NoSuchSeats."""
    chosen = seating.accessible(await proposal_store.special_free(tx, parts), wish.needs)
    others = sum(wish.groups) - len(chosen)
    near = [await proposal_store.free_beside(tx, part, chosen[0], others) for part in parts if others]
    friends = seating.nearest_to(chosen[0], [seat for seats in near for seat in seats], others)
    return tuple(sorted((*chosen, *friends), key=lambda seat: (seat.row_index, seat.seat_index)))
