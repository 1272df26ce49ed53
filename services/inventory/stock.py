"""Seats and pools as they stand."""

from dataclasses import dataclass
from enum import StrEnum


class SeatState(StrEnum):
    """The contract's SeatState, as the database spells it."""

    FREE = "FREE"
    HELD = "HELD"
    SOLD = "SOLD"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A numbered seat with everything that a proposal shows. label: the plan's own words for it, often empty.
    accessible, companion_of: as in SeatSpec."""

    seat_id: str
    zone: str
    row_name: str
    number: str
    category: str
    state: SeatState
    version: int
    label: str
    accessible: int
    companion_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatNow:
    """A seat after a change. hold_id: the hold that has it, empty if it is free or blocked. label: what people call
    the seat, never empty. position: in the plan's order of seats. companion_of: the accessible seat beside it, if a
    companion sits here. row_index: of its row; a table is a row."""

    seat_id: str
    state: SeatState
    version: int
    hold_id: str
    category: str
    label: str
    position: int
    companion_of: str
    row_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolNow:
    """The counts of a pool after a change."""

    pool_id: str
    name: str
    capacity: int
    held: int
    sold: int

    @property
    def left(self) -> int:
        """How many places can still be held."""
        return self.capacity - self.held - self.sold


def seat_label(zone: str, row_name: str, number: str) -> str:
    """How people call a seat if the plan has no words of its own: "Stalls C-12"."""
    return " ".join(filter(None, (zone, "-".join(filter(None, (row_name, number))))))
