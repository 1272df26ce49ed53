"""Work that must be finished whatever happens: kept in a database, done by tasks that no caller owns.

A context notes work in its own tables, in the transaction that makes it due, and hands the runner two functions: which
keys are due, and how to do one. Doing must be repeatable: after a crash it is done again from the start.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable

from services.kit.db.database import fence
from services.kit.observe import log, tracing
from services.kit.observe.metrics import Gauge
from services.kit.values.clock import Clock

AT_ONCE_MAX = 64
LOOK_EVERY_S = 1.0


class Runner:
    """Does the work of one kind: at most one task a key, at most AT_ONCE_MAX at once."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        due: Callable[[int], Awaitable[list[str]]],
        do: Callable[[str], Awaitable[None]],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """due: answers at most so many keys that are due, oldest first. do: does the work of one key and notes in the
        database when it is due again, if ever."""
        self._due = due
        self._do = do
        self._clock = clock
        self._look_every_s = look_every_s
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._name = name
        self._failed = 0
        self._log = log.get(name)
        self._woken = asyncio.Event()

    def start(self, key: str) -> asyncio.Task[None]:
        """Does a key's work now, or answers the task that already does it. Shield the task when waiting for it."""
        task = self._tasks.get(key)
        if task is None or task.done():
            # In a context of its own: the work outlives the call that starts it, and so does not share its deadline.
            task = asyncio.create_task(self._guarded(key), name=f"work {key}", context=detached())
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return task

    def _forget(self, key: str, done: "asyncio.Task[None]") -> None:
        if self._tasks.get(key) is done:
            del self._tasks[key]

    def wake(self) -> None:
        """Looks for due work at once."""
        self._woken.set()

    async def run(self) -> None:
        """Looks for due work for ever; begins with what a crash has left undone."""
        while True:
            free = AT_ONCE_MAX - len(self._tasks)
            if free > 0:
                try:
                    for key in await self._due(free):
                        self.start(key)
                except Exception as error:  # noqa: BLE001 - the database may be away for a while; looking goes on
                    self._log.error("looking for work failed", **log.error_location(error))
            self._woken.clear()
            try:
                async with asyncio.timeout(self._look_every_s):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def gauges(self) -> list[Gauge]:
        """How much is being done, and how often it went wrong."""
        labels = {"runner": self._name}
        return [
            Gauge("work_under_way", "Work that a runner does now.", len(self._tasks), labels),
            Gauge("work_failed", "How often work ended in a mistake.", self._failed, labels, total=True),
        ]

    async def stop(self) -> None:
        """Ends the work under way. It is done again after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, key: str) -> None:
        try:
            await self._do(key)
        except Exception as error:  # noqa: BLE001 - it is due again and done again; the log says what went wrong
            self._failed += 1
            self._log.error("work failed", key=key, **log.error_location(error))


def detached() -> contextvars.Context:
    """A context for work that outlives its caller: it keeps the trace and the lease, and not the caller's deadline."""
    context = contextvars.Context()
    context.run(fence.set, fence.get())
    context.run(tracing.trace.set, tracing.trace.get())
    context.run(tracing.recorder.set, tracing.recorder.get())
    return context
