"""Turns at something of which there are few: first come, first served."""

import asyncio
from collections.abc import Callable

from eventhub.refusals import Overloaded

PATIENCE_S = 10.0


class Stuck(Exception):
    """Nobody gets anything done."""


class Slots:
    """So many at once; the others wait."""

    def __init__(self, most: int, moves: Callable[[], bool]) -> None:
        """most: how many have their turn at once. moves: whether somebody got something done lately."""
        self._free = asyncio.Semaphore(most)
        self._moves = moves

    async def take(self, look_every_s: float) -> None:
        """Waits for a turn, to be given back. Raises Overloaded after PATIENCE_S, and Stuck once nobody before gets
        anything done; that is looked for every so often."""
        if not self._free.locked():
            await self._free.acquire()
            return
        turn = asyncio.create_task(self._free.acquire())
        try:
            await self._waited(turn, look_every_s)
        except BaseException:
            if not turn.cancel():
                self._free.release()  # it came at the last moment
            raise

    async def _waited(self, turn: "asyncio.Task[bool]", look_every_s: float) -> None:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + PATIENCE_S
        while True:
            await asyncio.wait({turn}, timeout=look_every_s)
            if turn.done():
                return
            if not self._moves():
                raise Stuck
            if loop.time() >= until_s:
                raise Overloaded(retry_after_s=1.0)

    def give_back(self) -> None:
        """Lets the next one have its turn."""
        self._free.release()
