"""Slots for something scarce, such as database connections: first come, first served."""

import asyncio
from collections.abc import Callable

from eventhub.refusals import Overloaded

PATIENCE_S = 10.0


class Stuck(Exception):
    """All slots are taken and none of their holders has finished anything recently."""


class Slots:
    """A fixed number of slots. A task that finds none free waits until one is given back."""

    def __init__(self, most: int, is_moving: Callable[[], bool]) -> None:
        """most: number of slots. is_moving: whether a holder of a slot has finished something recently."""
        self._free = asyncio.Semaphore(most)
        self._is_moving = is_moving

    async def take(self, look_every_s: float) -> None:
        """Waits for a slot; call give_back() when done. Raises Overloaded after PATIENCE_S.

        Raises Stuck earlier if the holders make no progress, checked every look_every_s seconds. Example: the database
        is down. Waiting ten seconds for a connection would then only delay the error.
        """
        if not self._free.locked():
            await self._free.acquire()
            return
        slot = asyncio.create_task(self._free.acquire())
        try:
            await self._waited(slot, look_every_s)
        except BaseException:
            if not slot.cancel():
                self._free.release()  # the slot was acquired at the last moment
            raise

    async def _waited(self, slot: "asyncio.Task[bool]", look_every_s: float) -> None:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + PATIENCE_S
        while True:
            await asyncio.wait({slot}, timeout=look_every_s)
            if slot.done():
                return
            if not self._is_moving():
                raise Stuck
            if loop.time() >= until_s:
                raise Overloaded(retry_after_s=1.0)

    def give_back(self) -> None:
        """Gives a slot back; the task that has waited longest gets it."""
        self._free.release()
