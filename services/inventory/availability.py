"""How many tickets of a type are left. Decisions only."""

from collections.abc import Iterable, Mapping

from services.inventory.holds import TicketType
from services.inventory.packages import Rows, in_rows, whole


def left(ticket_type: TicketType, pools: Mapping[str, int], free: Mapping[str, int], rows: Rows) -> int:
    """How many tickets of a type can still be held: the smallest remainder among its pools and its seats. pools:
    places left by pool. free: free seats by category. rows: those of each row, for packages. Places that are no whole
    package do not count."""
    limits = [pools[pool_id] for pool_id in ticket_type.pool_ids]
    if ticket_type.seated:
        limits.append(sum(count for category, count in free.items() if ticket_type.includes(category)))
        if ticket_type.package_size > 1:
            limits.append(in_rows(rows, ticket_type))
    return whole(min(limits, default=0), ticket_type.package_size)


def most_left(types: Iterable[tuple[str, int | None, int | None, int]]) -> dict[str, int]:
    """How many tickets are left of the type that has most left, by event id. types: the event, the places left and the
    free seats of each type, None if the type is not limited by them, and the size of its packages."""
    most: dict[str, int] = {}
    for event_id, places, seats, package_size in types:
        of_type = min((count for count in (places, seats) if count is not None), default=0)
        most[event_id] = max(most.get(event_id, 0), whole(of_type, package_size))
    return most
