"""Reads that the watchers of one thing share: one read, however many watch.

A read runs in a task of its own. It goes on while any watcher waits for it, and is cancelled when the last one has
left. If it fails, all watchers that wait get the failure, and the next watcher reads anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from services.kit.db.database import detached
from services.kit.values.cache import Cache

V = TypeVar("V")

PACED_MAX = 1_000


class Reading(Generic[V]):
    """A read for all that wait for it."""

    def __init__(self, work: Coroutine[Any, Any, V], name: str, drop: Callable[["Reading[V]"], object]) -> None:
        """drop: forgets this reading, so that it gets no further watcher."""
        # The task gets its own context, because it outlives the watcher that begins it.
        self.task = asyncio.create_task(work, name=name, context=detached())
        self.task.add_done_callback(seen)
        self._drop = drop
        self._waiting = 0

    async def result(self) -> V:
        """The value. Raises the error of the read."""
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self.task.done():
                self._drop(self)
                self.task.cancel()


class PacedReads(Generic[V]):
    """Reads by key that show all earlier changes, with a pause between two reads of a key. For values of which watchers
    want the latest: while changes come, watchers wait for the next read together."""

    def __init__(self, read: Callable[[str], Awaitable[V]], *, pause_s: float) -> None:
        """read: reads the value of a key. pause_s: from the beginning of a read to the next one, in seconds."""
        self._read = read
        self._pause_s = pause_s
        self._next: dict[str, Reading[V]] = {}
        self._begun: Cache[str, float] = Cache(PACED_MAX)

    async def next(self, key: str) -> V:
        """The value from a read that begins after this call."""
        reading = self._next.get(key)
        if reading is None:
            reading = self._next[key] = Reading(self._soon(key), f"read {key}", lambda old: drop(self._next, key, old))
        return await reading.result()

    async def _soon(self, key: str) -> V:
        loop = asyncio.get_running_loop()
        begun = self._begun.get(key)
        if begun is not None and (wait_s := begun + self._pause_s - loop.time()) > 0:
            await asyncio.sleep(wait_s)
        self._next.pop(key)  # a watcher that asks from now on may know a change that this read misses
        self._begun.put(key, loop.time())
        return await self._read(key)


class KeptReads(Generic[V]):
    """Reads by key whose results are kept for a moment. For values that may be old, such as the snapshot with which a
    watch begins: the changes since its revision follow."""

    def __init__(self, read: Callable[[str], Awaitable[V]], *, kept_s: float) -> None:
        """read: reads the value of a key. kept_s: how long a value is kept, in seconds."""
        self._read = read
        self._kept_s = kept_s
        self._kept: dict[str, Reading[V]] = {}

    async def get(self, key: str) -> V:
        """The value from the read under way, from one that has ended a moment ago, or from a new one."""
        reading = self._kept.get(key)
        if reading is None:
            reading = self._kept[key] = Reading(self._keep(key), f"read {key}", lambda old: drop(self._kept, key, old))
        return await reading.result()

    async def _keep(self, key: str) -> V:
        reading = self._kept[key]
        try:
            value = await self._read(key)
        except BaseException:
            drop(self._kept, key, reading)
            raise
        asyncio.get_running_loop().call_later(self._kept_s, drop, self._kept, key, reading)
        return value


def drop(readings: dict[str, Reading[V]], key: str, reading: Reading[V]) -> None:
    """Forgets a reading, unless a later one has taken its place."""
    if readings.get(key) is reading:
        del readings[key]


def seen(task: "asyncio.Task[Any]") -> None:
    """Looks at a failure: asyncio reports one that no watcher has seen, and all may have left."""
    if not task.cancelled():
        task.exception()
