"""Shares a few threads fairly.

The lane that was served least comes next, so callers wait at most for the work in progress, however much other callers
ask for.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeVar, TypeVarTuple

from eventhub.refusals import TooManyRequests
from services.kit.work import Cache

T = TypeVar("T")
Args = TypeVarTuple("Args")

WAITING_MAX = 64
SERVED_KEPT_MAX = 10_000
RETRY_AFTER_S = 1.0


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
            self._tidy(lane)

    def begin_anew(self) -> None:
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
        self._tidy(lane)
        return item

    def _tidy(self, lane: Lane) -> None:
        self._size -= 1
        if not self._lanes[lane].items:
            del self._lanes[lane]


class FairPool:
    """Runs work in a few threads. A caller who leaves gives up their place in the queue at once."""

    def __init__(self, threads: Executor, at_once: int, waiting_max: int = WAITING_MAX) -> None:
        """threads: the executor that does the work, with at_once threads. waiting_max: the length of the queue."""
        self._threads = threads
        self._free = self._at_once = at_once
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue(waiting_max)

    async def run(self, lane: Lane, work: Callable[[*Args], T], *args: *Args) -> T:
        """Runs work when it is the lane's turn. Raises TooManyRequests if too many callers wait."""
        await self._turn(lane)
        job = asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        job.add_done_callback(lambda _: self._next())
        return await asyncio.shield(job)  # a thread stays busy until its work ends, even if the caller has left

    async def _turn(self, lane: Lane) -> None:
        if self._free:
            self._free -= 1
            self._waiting.serve(lane)
            return
        turn = asyncio.get_running_loop().create_future()
        left = self._waiting.push(lane, turn)
        if left is not None and not left.done():
            left.set_exception(TooManyRequests(retry_after_s=RETRY_AFTER_S))
        try:
            await turn
        except asyncio.CancelledError:
            self._waiting.remove(lane, turn)
            if not turn.cancelled():
                self._next()  # the turn came at that moment
            raise

    def _next(self) -> None:
        while (turn := self._waiting.pop()) is not None:
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
        if self._free == self._at_once:
            self._waiting.begin_anew()
