"""How many tickets of a type are left. Decisions only."""

from collections.abc import Iterable, Mapping

from services.inventory.holds import TicketType


def left(ticket_type: TicketType, pools: Mapping[str, int], free: Mapping[str, int]) -> int:
    """How many tickets of a type can still be held: the smallest remainder among its pools and its seats. pools:
    places left by pool. free: free seats by category."""
    limits = [pools[pool_id] for pool_id in ticket_type.pool_ids]
    if ticket_type.seated:
        limits.append(sum(count for category, count in free.items() if ticket_type.includes(category)))
    return min(limits, default=0)


def most_left(types: Iterable[tuple[str, int | None, int | None]]) -> dict[str, int]:
    """How many tickets are left of the type that has most left, by event id. types: the event, the places left and the
    free seats of each type; None if the type is not limited by them."""
    most: dict[str, int] = {}
    for event_id, places, seats in types:
        of_type = min((count for count in (places, seats) if count is not None), default=0)
        most[event_id] = max(most.get(event_id, 0), of_type)
    return most
