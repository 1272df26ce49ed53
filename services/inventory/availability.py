"""How many tickets of a type are left. Decisions only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.inventory.holds import TicketType
from services.inventory.lots import Lots, current
from services.inventory.packages import Rows, in_rows, whole


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


def left(ticket_type: TicketType, pools: Mapping[str, int], free: Mapping[str, int], rows: Rows) -> int:
    """How many tickets of a type can still be held: the smallest remainder among its pools, lots and seats. pools:
    places left by pool, and by what TicketType.limits says. free: free seats by category. rows: those of each row, for
    packages. Places that are no whole package do not count."""
    limits = [pools[name] for name in ticket_type.limits]
    if ticket_type.seated:
        limits.append(sum(count for category, count in free.items() if ticket_type.includes(category)))
        if ticket_type.package_size > 1:
            limits.append(in_rows(rows, ticket_type))
    return whole(min(limits, default=0), ticket_type.package_size)


def most_left(types: Iterable[tuple[str, int | None, int | None, int | None, int]]) -> dict[str, int]:
    """How many tickets are left of the type that has most left, by event id. types: the event, the places left, the
    free seats and the tickets left in the lots of each type, None if the type is not limited by them, and the size of
    its packages. Free seats that are no whole package are left out already."""
    most: dict[str, int] = {}
    for event_id, *limits, package_size in types:
        of_type = min((count for count in limits if count is not None), default=0)
        most[event_id] = max(most.get(event_id, 0), whole(of_type, package_size))
    return most
