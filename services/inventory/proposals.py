"""Wishes for a proposal of seats. Decisions only."""

from dataclasses import dataclass

from services.inventory.holds import TicketType
from services.inventory.seating import Need
from services.inventory.stock import Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatWish:
    """The seats that somebody would like. groups: their sizes. categories, zones: only these; empty: all. needs: the
    accessible seats of the only group."""

    event_id: str
    ticket_type_id: str
    groups: tuple[int, ...]
    categories: frozenset[str]
    zones: tuple[str, ...]
    needs: tuple[Need, ...]

    def includes(self, category: str, ticket_type: TicketType) -> bool:
        """Whether seats of a category, for a ticket type, may be proposed."""
        return ticket_type.includes(category) and (not self.categories or category in self.categories)

    def fits(self, seat: Seat, ticket_type: TicketType) -> bool:
        """Whether a seat, for a ticket type, may be proposed."""
        return self.includes(seat.category, ticket_type) and (not self.zones or seat.zone in self.zones)
