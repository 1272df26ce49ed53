"""Runs work that must be finished even after a crash: it is recorded in a database, and done by tasks without a caller.

A context records work in its own tables, in the transaction that makes the work due, and gives the runner two
functions: one returns the keys that are due, the other does the work for one key. The work must be repeatable, because
after a crash it is done again from its start. Example: orders records a paid order, and the runner captures the
payment.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from services.kit.db.database import detached
from services.kit.observe import log
from services.kit.observe.metrics import Gauge
from services.kit.values.clock import Clock

V = TypeVar("V")

AT_ONCE_MAX = 64
LOOK_EVERY_S = 1.0


class Runner(Generic[V]):
    """Does one kind of work, with at most one task per key and AT_ONCE_MAX tasks at once."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        due: Callable[[int], Awaitable[list[str]]],
        do: Callable[..., Awaitable[V]],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """name: name for the log and the metrics.
        due: returns the keys that are due, oldest first, at most as many as its argument.
        do: does the work for one key, and records in the database that it is done or when it is due again. It gets the
        key and the further arguments of start, if there are any.
        look_every_s: seconds between two calls of due.
        """
        self._due = due
        self._do = do
        self._clock = clock
        self._look_every_s = look_every_s
        self._tasks: dict[str, asyncio.Task[V | None]] = {}
        self._name = name
        self._failed = 0
        self._log = log.get(name)
        self._woken = asyncio.Event()

    def start(self, key: str, *known: object) -> "asyncio.Task[V | None]":
        """Starts the work for a key, or returns the task that already does it. Its result is that of do; None if do
        failed. Shield the task if you await it: the work must go on if the caller is cancelled.

        known: what the caller has just read or written, so that do need not read it again.
        """
        task = self._tasks.get(key)
        if task is None or task.done():
            # The task gets its own context, because the work outlives the call that starts it and its deadline.
            task = asyncio.create_task(self._guarded(key, known), name=f"work {key}", context=detached())
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
        """Looks for due work for ever, and does it. The first look finds the work that a crash has interrupted."""
        while True:
            free = AT_ONCE_MAX - len(self._tasks)
            if free > 0:
                try:
                    for key in await self._due(free):
                        self.start(key)
                except Exception as error:  # noqa: BLE001 - the database may be away for a while, so the loop goes on
                    self._log.error("looking for work failed", **log.error_location(error))
            self._woken.clear()
            try:
                async with asyncio.timeout(self._look_every_s):
                    await self._woken.wait()
            except TimeoutError:
                continue

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
