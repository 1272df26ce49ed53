"""How many tickets of a type are left. Decisions only."""

from collections.abc import Mapping

from services.inventory.holds import TicketType


def left(ticket_type: TicketType, pools: Mapping[str, int], free: Mapping[str, int]) -> int:
    """How many tickets of a type can still be held: the smallest remainder among its pools and its seats. pools:
    places left by pool. free: free seats by category."""
    limits = [pools[pool_id] for pool_id in ticket_type.pool_ids]
    if ticket_type.seated:
        limits.append(sum(count for category, count in free.items() if ticket_type.includes(category)))
    return min(limits, default=0)
