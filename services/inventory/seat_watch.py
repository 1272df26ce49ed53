"""The state of one watch of a seat map, from which its next message follows. Pure.

A snapshot is read at a revision, yet it may include committed changes that have no position in the feed so far. The
feed tells them later, and the watch must not tell them twice. A client that resumed from the snapshot's revision would
be told them again; so the last part of the snapshot waits until the feed has passed all of them, and only then carries
a revision.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Versioned(Protocol):
    """A change of a seat. Each change of a seat has a higher version than the one before."""

    seat_id: str
    version: int


Part = TypeVar("Part")
Change = TypeVar("Change", bound=Versioned)


class UnpositionedChanges:
    """Committed changes that a snapshot includes and the feed has not told so far."""

    def __init__(self, changes: Iterable[Versioned] = ()) -> None:
        """changes: those of facts that have no position, in any order."""
        self.versions: dict[str, int] = {}
        for change in changes:
            self.versions[change.seat_id] = max(change.version, self.versions.get(change.seat_id, 0))

    def __bool__(self) -> bool:
        return bool(self.versions)

    def unseen(self, changes: Iterable[Change]) -> list[Change]:
        """Those of the feed's next changes that the snapshot does not include."""
        fresh = []
        for change in changes:
            shown = self.versions.get(change.seat_id, 0)
            if change.version > shown:
                fresh.append(change)
            if change.version >= shown:
                self.versions.pop(change.seat_id, None)
        return fresh


@dataclass(slots=True)
class SeatWatch(Generic[Part, Change]):
    """The seats and changes that a watcher has not been told. last_part: the last seats of the snapshot; None after
    they are sent, and for a watch that resumes."""

    last_part: Sequence[Part] | None = None
    unpositioned: UnpositionedChanges = field(default_factory=UnpositionedChanges)
    changes: list[Change] = field(default_factory=list)

    @property
    def has_revision(self) -> bool:
        """Whether a watcher that resumes from the feed's revision misses nothing and is told nothing twice."""
        return not self.unpositioned

    def add(self, changes: Iterable[Change]) -> None:
        """Takes in the feed's next changes."""
        self.changes += self.unpositioned.unseen(changes)

    def next_message(self) -> tuple[Sequence[Part], list[Change]] | None:
        """The seats and the changes of the next message; None if there is nothing to tell now."""
        if not self.has_revision or (self.last_part is None and not self.changes):
            return None
        message = self.last_part or (), self.changes
        self.last_part, self.changes = None, []
        return message
