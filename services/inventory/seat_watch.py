"""The states of all seats, with which a seat map begins. Pure.

A snapshot is read at a revision, yet it may include committed changes that have no position in the feed so far. The
feed tells them later. So a watch begins only when the feed has passed all of them: the other changes that the feed has
told until then are added to the snapshot, and it shows the seats exactly as they were at a revision. A client that
goes on from there misses nothing and is told nothing twice.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

# The first letter of each SeatState, and its number in the contract.
LETTERS, NUMBERS = b"FHSB", b"1234"
DIGIT_OF = bytes.maketrans(LETTERS, NUMBERS)
NOT_SOLD = b"0"


class Versioned(Protocol):
    """A change of the seat at a position. Each change of a seat has a higher version than the one before."""

    position: int
    version: int


Change = TypeVar("Change", bound=Versioned)


class UnpositionedChanges:
    """Committed changes that a snapshot includes and the feed has not told so far."""

    def __init__(self, changes: Iterable[Versioned] = ()) -> None:
        """changes: those of facts that have no position, in any order."""
        self.versions: dict[int, int] = {}
        for change in changes:
            self.versions[change.position] = max(change.version, self.versions.get(change.position, 0))

    def __bool__(self) -> bool:
        return bool(self.versions)

    def unseen(self, changes: Iterable[Change]) -> list[Change]:
        """Those of the feed's next changes that the snapshot does not include."""
        fresh = []
        for change in changes:
            shown = self.versions.get(change.position, 0)
            if change.version > shown:
                fresh.append(change)
            if change.version >= shown:
                self.versions.pop(change.position, None)
        return fresh


class States:
    """The states of an event's seats by position, one digit each."""

    def __init__(self, runs: Iterable[tuple[int, str]], plan_seats: int) -> None:
        """runs: the first letters of the states of neighbouring seats, each run with its first position, in order.
        plan_seats: how many seats the plan has; more if a run goes beyond them."""
        self._digits = bytearray()
        for first, letters in runs:
            self._digits += NOT_SOLD * (first - len(self._digits)) + letters.encode().translate(DIGIT_OF)
        self._digits += NOT_SOLD * (plan_seats - len(self._digits))

    def __len__(self) -> int:
        return len(self._digits)

    def change(self, position: int, state: int) -> None:
        """Changes the state of a seat. state: its number in the contract."""
        self._digits[position : position + 1] = b"%d" % state

    def packed(self) -> bytes:
        """Four bits for each seat, those of the first one in the lower half of the first byte."""
        digits = self._digits + NOT_SOLD * (len(self) % 2)
        digits[0::2], digits[1::2] = digits[1::2], digits[0::2]
        return bytes.fromhex(digits.decode())
