"""Accessible seats, and those of the companions beside them. Pure."""

from collections.abc import Sequence
from enum import IntEnum

from services.catalog.plans.drawing import SeatInFile


class Accessible(IntEnum):
    """For whom a seat is made, numbered as the contract's Accessibility."""

    EVERYONE = 0
    WHEELCHAIR = 1
    REDUCED_MOBILITY = 2
    OBESE = 3


# By the value of the key "accessible" in the file; empty if a seat has no such key.
IN_FILE = {
    "": Accessible.EVERYONE,
    "wheelchair": Accessible.WHEELCHAIR,
    "reduced_mobility": Accessible.REDUCED_MOBILITY,
    "obese": Accessible.OBESE,
}


def wrong_companion(seats: Sequence[SeatInFile]) -> int | None:
    """The index of the first companion's seat that is beside no accessible seat of the plan, or is accessible itself;
    None if there is none."""
    accessible = {seat.seat_guid for seat in seats if seat.accessible}
    for n, seat in enumerate(seats):
        if seat.companion_of and (seat.accessible or seat.companion_of not in accessible):
            return n
    return None
