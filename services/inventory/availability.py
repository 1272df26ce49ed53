"""How many tickets of a type are left. Decisions only."""

from collections.abc import Mapping
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


def with_lots(tickets: int, lots: Lots) -> Left:
    """How many tickets are left of a type with lots. tickets: what its pools and seats leave. lots: turned."""
    now, tickets = current(lots), min(tickets, sum(lot.left for lot in lots if not lot.closed))
    return Left(tickets, now.spec.lot_id, min(tickets, now.left))


def left(ticket_type: TicketType, pools: Mapping[str, int], free: Mapping[str, int]) -> int:
    """How many tickets of a type can still be held: the smallest remainder among its pools and its seats. pools:
    places left by pool. free: free seats by category."""
    limits = [pools[pool_id] for pool_id in ticket_type.pool_ids]
    if ticket_type.seated:
        limits.append(sum(count for category, count in free.items() if ticket_type.includes(category)))
    return min(limits, default=0)
