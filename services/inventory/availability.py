"""What can still be had: by ticket type, and which seats are best."""

from eventhub.refusals import EventNotFound, NoSuchSeats, SeatNotAllowed, TicketTypeNotFound
from services.inventory import seating, store
from services.inventory.holds import OPEN, TicketType
from services.kit.db import Row, Tx

NEAREST_LOOKED_AT = 4_000


async def opened(tx: Tx, event_id: str) -> None:
    """Raises EventNotFound unless an event's stock is open: before that it is not published."""
    stock = await store.find_stock(tx, event_id)
    if stock is None or stock.state != OPEN:
        raise EventNotFound


async def by_type(tx: Tx, event_id: str) -> dict[str, int]:
    """How many tickets of each type can still be held. Raises EventNotFound."""
    await opened(tx, event_id)
    pools = {pool.pool_id: pool.capacity - pool.held - pool.sold for pool in await store.find_pools(tx, event_id)}
    free = await store.count_free(tx, event_id)
    return {kind.ticket_type_id: left(kind, pools, free) for kind in (await store.find_types(tx, event_id)).values()}


def left(kind: TicketType, pools: dict[str, int], free: dict[str, int]) -> int:
    """The least of what a type's pools and seat categories have left."""
    limits = [pools[pool_id] for pool_id in kind.pool_ids]
    if kind.seated:
        limits.append(sum(count for category, count in free.items() if sold_for(kind, category)))
    return min(limits, default=0)


def sold_for(kind: TicketType, category: str) -> bool:
    """Whether a type is sold for a seat category."""
    return not kind.categories or category in kind.categories


async def best_seats(tx: Tx, event_id: str, ticket_type_id: str, quantity: int) -> list[Row]:
    """The best free seats for a ticket type, as rows of store.whole_seat. Raises EventNotFound, TicketTypeNotFound,
    SeatNotAllowed, NoSuchSeats."""
    await opened(tx, event_id)
    kind = (await store.find_types(tx, event_id)).get(ticket_type_id)
    if kind is None:
        raise TicketTypeNotFound(ticket_type_id=ticket_type_id)
    if not kind.seated:
        raise SeatNotAllowed(ticket_type_id=ticket_type_id)
    free = await store.count_free(tx, event_id)
    wanted = [category for category in free if sold_for(kind, category)]
    limit = NEAREST_LOOKED_AT
    while True:
        seats = [seat for category in wanted for seat in await store.nearest_free(tx, event_id, category, limit)]
        all_seen = limit >= max(free.values(), default=0)
        try:
            best = seating.best(seats, quantity)
        except NoSuchSeats:
            if all_seen:
                raise
        else:
            if all_seen or seating.side_by_side(best):
                return [await store.whole_seat(tx, event_id, seat.seat_id) for seat in best]
        limit *= 8
