"""How many tickets of a type are left. Decisions only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.inventory.holds import TicketType
from services.inventory.lots import Lots, current


@dataclass(frozen=True, slots=True)
class Left:
    """How many tickets of a type can still be held. lot_id, lot_tickets: the lot whose turn it is, and how many tickets
    it can give; empty and 0 without lots."""

    tickets: int
    lot_id: str = ""
    lot_tickets: int = 0


def with_lot(tickets: int, ticket_type: TicketType, lots: Mapping[str, Lots]) -> Left:
    """How many tickets of a type are left, and the lot whose turn it is. lots: turned, by ticket type id."""
    if not ticket_type.lots_of:
        return Left(tickets)
    now = current(lots[ticket_type.lots_of])
    return Left(tickets, now.spec.lot_id, min(tickets, now.left))


def left(ticket_type: TicketType, pools: Mapping[str, int], free: Mapping[str, int]) -> int:
    """How many tickets of a type can still be held: the smallest remainder among its pools, lots and seats. pools:
    places left by pool, and by what TicketType.limits says. free: free seats by category."""
    limits = [pools[name] for name in ticket_type.limits]
    if ticket_type.seated:
        limits.append(sum(count for category, count in free.items() if ticket_type.includes(category)))
    return min(limits, default=0)


def most_left(types: Iterable[tuple[str, int | None, int | None, int | None]]) -> dict[str, int]:
    """How many tickets are left of the type that has most left, by event id. types: the event, the places left, the
    free seats and the tickets left in the lots of each type; None if the type is not limited by them."""
    most: dict[str, int] = {}
    for event_id, *limits in types:
        of_type = min((count for count in limits if count is not None), default=0)
        most[event_id] = max(most.get(event_id, 0), of_type)
    return most
