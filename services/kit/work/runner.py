"""Runs work that must be finished even after a crash: it is recorded in a database, and done by tasks without a caller.

A context records work in its own tables, in the transaction that makes the work due, and gives the runner two
functions: one returns the keys that are due, the other does the work for one key. The work must be repeatable, because
after a crash it is done again from its start. Example: orders records a paid order, and the runner captures the
payment.

Each replica of a context has the runner, and each looks for the work of the shards that it holds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from services.kit.db.database import detached, fence
from services.kit.db.shards import Shards
from services.kit.observe import log
from services.kit.observe.metrics import Gauge
from services.kit.values.clock import Clock
from services.kit.values.shards import shard_of

V = TypeVar("V")

AT_ONCE_MAX = 64
LOOK_EVERY_S = 1.0

# A key that is due, and its shard.
DueKey = tuple[str, int]
# Returns the keys of some shards that are due, oldest first. The parameters: the most keys, the shards (at least one).
Due = Callable[[int, Sequence[int]], Awaitable[list[DueKey]]]


def undivided(name: str, due: Callable[[int], Awaitable[list[str]]]) -> Due:
    """Makes work whose rows store no shard work of one shard, so that one replica does all of it. name: tells the
    shard. due: returns the keys that are due, oldest first, at most as many as its argument."""
    shard = shard_of(name)

    async def of_one_shard(limit: int, shards: Sequence[int]) -> list[DueKey]:
        return [(key, shard) for key in await due(limit)] if shard in shards else []

    return of_one_shard


class Runner(Generic[V]):
    """Does one kind of work, with at most one task per key and AT_ONCE_MAX tasks at once."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        shards: Shards,
        *,
        due: Due,
        do: Callable[..., Awaitable[V]],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """name: name for the log and the metrics.
        shards: those of the context's database.
        due: see Due.
        do: does the work for one key, and records in the database that it is done or when it is due again. It gets the
        key and the further arguments of start, if there are any.
        look_every_s: seconds between two calls of due.
        """
        self._due = due
        self._do = do
        self._shards = shards
        self._clock = clock
        self._look_every_s = look_every_s
        self._tasks: dict[str, asyncio.Task[V | None]] = {}
        # The keys of the tasks that this process has begun by itself. Callers may start any number of further ones.
        self._leased: set[str] = set()
        self._name = name
        self._failed = 0
        self._log = log.get(name)
        self._woken = asyncio.Event()
        shards.on_taken(self.wake)

    def start(self, key: str, *known: object) -> "asyncio.Task[V | None]":
        """Starts the work for a key, or returns the task that already does it. Its result is that of do; None if do
        failed. Shield the task if you await it: the work must go on if the caller is cancelled.

        known: what the caller has just read or written, so that do need not read it again.
        """
        task = self._tasks.get(key)
        if task is None or task.done():
            task = self._started(key, known, detached())
        return task

    def _start_under_lease(self, key: str, shard: int) -> None:
        """As start(), for work that another replica does if this one loses the shard."""
        lease, task = self._shards.fence(shard), self._tasks.get(key)
        if lease is None or not (task is None or task.done()):
            return
        context = detached()
        context.run(fence.set, lease)
        self._shards.begun(shard)
        self._leased.add(key)
        self._started(key, (), context).add_done_callback(lambda _: self._lease_ended(key, shard))

    def _lease_ended(self, key: str, shard: int) -> None:
        self._leased.discard(key)
        self._shards.ended(shard)

    def _started(self, key: str, known: tuple[object, ...], context: Context) -> "asyncio.Task[V | None]":
        """A new task. It gets its own context, because the work outlives the call that starts it and its deadline."""
        task = asyncio.create_task(self._guarded(key, known), name=f"work {key}", context=context)
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))
        return task

    def _forget(self, key: str, done: "asyncio.Task[V | None]") -> None:
        if self._tasks.get(key) is done:
            del self._tasks[key]

    def wake(self) -> None:
        """Makes the runner look for due work at once."""
        self._woken.set()

    async def run(self) -> None:
        """Looks for due work of the shards that this process holds, for ever, and does it. The first look finds the
        work that a crash has interrupted."""
        while True:
            self._woken.clear()  # before the look: a wake during it may tell of work that the look misses
            shards = self._shards.held()
            if len(self._leased) < AT_ONCE_MAX and shards:
                try:
                    await self._start_due(shards)
                except Exception as error:  # noqa: BLE001 - the database may be away for a while, so the loop goes on
                    self._log.error("looking for work failed", **log.error_location(error))
            try:
                async with asyncio.timeout(self._look_every_s):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _start_due(self, shards: Sequence[int]) -> None:
        """Starts due work of some shards. Work under way is still due, and the oldest, so it is asked for besides."""
        for key, shard in await self._due(AT_ONCE_MAX - len(self._leased) + len(self._tasks), shards):
            if len(self._leased) < AT_ONCE_MAX:
                self._start_under_lease(key, shard)

    async def gauges(self) -> list[Gauge]:
        """The number of running tasks, and of those that have failed."""
        labels = {"runner": self._name}
        return [
            Gauge(name="work_under_way", help="Work that a runner does now.", value=len(self._tasks), labels=labels),
            Gauge(
                name="work_failed",
                help="How often work ended in a mistake.",
                value=self._failed,
                labels=labels,
                total=True,
            ),
        ]

    async def stop(self) -> None:
        """Cancels running work. It is done again after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, key: str, known: tuple[object, ...]) -> V | None:
        try:
            return await self._do(key, *known)
        except Exception as error:  # noqa: BLE001 - the work stays due and is tried again
            self._failed += 1
            self._log.error("work failed", key=key, **log.error_location(error))
            return None
