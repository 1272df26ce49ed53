"""inventory's reads about free seats and places: how many are left by ticket type, and the best seats."""

from eventhub.refusals import EventNotFound, NoSuchSeats, SeatNotAllowed, TicketTypeNotFound
from services.inventory import availability, count_store, lot_store, lots, seating, store
from services.inventory.availability import Left
from services.inventory.holds import SaleState
from services.inventory.stock import Seat
from services.kit.db import Tx

# How many of the nearest free seats of a category are looked at first; a stadium has many more.
NEAREST_LOOKED_AT = 100
# Seats that leave a single one alone are proposed only after a look at so many.
LONELY_LOOKED_AT = 4_000


async def check_open(tx: Tx, event_id: str) -> None:
    """Raises EventNotFound unless an event's sale is open: an event is not published before that."""
    sale = await store.find_sale(tx, event_id)
    if sale is None or sale.state != SaleState.OPEN:
        raise EventNotFound


async def by_type(tx: Tx, event_id: str, *, now_us: int) -> dict[str, Left]:
    """How many tickets can still be held, by ticket type id. Raises EventNotFound."""
    await check_open(tx, event_id)
    pools = {pool.pool_id: pool.left for pool in await store.find_pools(tx, event_id)}
    free = await count_store.count_free(tx, event_id)
    types = await store.find_types(tx, event_id)
    left = {
        type_id: Left(availability.left(ticket_type, pools, free))
        for type_id, ticket_type in types.items()
        if ticket_type.sells
    }
    if any(types[type_id].lots_of for type_id in left):
        known = await lot_store.find_lots(tx, event_id)
        for type_id, one in left.items():
            if types[type_id].lots_of:
                turned = lots.turned(known[types[type_id].lots_of], now_us)
                left[type_id] = availability.with_lots(one.tickets, turned)
    return left


async def best_seats(tx: Tx, event_id: str, ticket_type_id: str, quantity: int) -> list[Seat]:
    """The best free seats for a ticket type. Raises EventNotFound, TicketTypeNotFound, SeatNotAllowed, NoSuchSeats."""
    await check_open(tx, event_id)
    ticket_type = (await store.find_types(tx, event_id)).get(ticket_type_id)
    if ticket_type is None or not ticket_type.sells:
        raise TicketTypeNotFound(ticket_type_id=ticket_type_id)
    if not ticket_type.seated:
        raise SeatNotAllowed(ticket_type_id=ticket_type_id)
    wanted = [category for category in await count_store.categories(tx, event_id) if ticket_type.includes(category)]
    limit = NEAREST_LOOKED_AT
    while True:
        nearest = [await store.nearest_free(tx, event_id, category, limit) for category in wanted]
        free, all_seen = [seat for seats in nearest for seat in seats], all(len(seats) < limit for seats in nearest)
        try:
            best = seating.best(free, quantity)
        except NoSuchSeats:
            if all_seen:
                raise
        else:
            if all_seen or (
                seating.side_by_side(best) and (limit >= LONELY_LOOKED_AT or not seating.leaves_one_alone(best, free))
            ):
                return [await store.get_seat(tx, event_id, seat.seat_id) for seat in best]
        limit *= 8
