"""A queue that is fair to callers: the lane that was served least comes next. Decisions only."""

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeVar

from services.kit.work import Cache

T = TypeVar("T")

SERVED_KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Lane:
    """Callers who are served as one. name: of the person or the network address. first: whether the person is known,
    which gives priority."""

    name: str
    first: bool = False


@dataclass(slots=True)
class Waiting(Generic[T]):
    """The items that wait in one lane. number: the order in which the lanes began to wait."""

    number: int
    items: deque[T] = field(default_factory=deque)


class FairQueue(Generic[T]):
    """A limited number of waiting items, and how often each lane was served while any item waited."""

    def __init__(self, most: int) -> None:
        """most: the maximum number of waiting items."""
        self._most = most
        self._lanes: dict[Lane, Waiting[T]] = {}
        self._served: Cache[Lane, int] = Cache(SERVED_KEPT_MAX)
        self._numbers = count()
        self._size = 0

    def push(self, lane: Lane, item: T) -> T | None:
        """Adds an item.

        If too many wait, one leaves and is returned: the last item of the lane with the most items, then of the lane
        served most. It may be the new item itself. Lanes of known people lose items last.
        """
        waiting = self._lanes.setdefault(lane, Waiting(next(self._numbers)))
        waiting.items.append(item)
        self._size += 1
        if self._size <= self._most:
            return None
        return self._take(max(self._lanes, key=self._burden), last=True)

    def pop(self) -> T | None:
        """The next item: of a known person first, then of the lane that was served least, then of the lane that has
        waited longest. None if no item waits."""
        if not self._lanes:
            return None
        lane = min(self._lanes, key=self._rank)
        self.serve(lane)
        return self._take(lane)

    def serve(self, lane: Lane) -> None:
        """Counts that a lane is served."""
        self._served.put(lane, self._times_served(lane) + 1)

    def remove(self, lane: Lane, item: T) -> None:
        """Removes an item whose caller has left."""
        waiting = self._lanes.get(lane)
        if waiting is not None and item in waiting.items:
            waiting.items.remove(item)
            self._shrink(lane)

    def reset_counts(self) -> None:
        """Resets the counts of served lanes. When no item waits, no lane has been disadvantaged."""
        self._served.clear()

    def _rank(self, lane: Lane) -> tuple[bool, int, int]:
        return not lane.first, self._times_served(lane), self._lanes[lane].number

    def _burden(self, lane: Lane) -> tuple[bool, int, int, int]:
        return not lane.first, len(self._lanes[lane].items), self._times_served(lane), self._lanes[lane].number

    def _times_served(self, lane: Lane) -> int:
        return self._served.get(lane) or 0

    def _take(self, lane: Lane, *, last: bool = False) -> T:
        items = self._lanes[lane].items
        item = items.pop() if last else items.popleft()
        self._shrink(lane)
        return item

    def _shrink(self, lane: Lane) -> None:
        self._size -= 1
        if not self._lanes[lane].items:
            del self._lanes[lane]
