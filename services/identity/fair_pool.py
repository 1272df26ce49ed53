"""Shares a few threads fairly. A caller waits at most for the work in progress, however much other callers ask for."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

from eventhub.refusals import TooManyRequests
from services.identity.fair_queue import FairQueue, Lane

T = TypeVar("T")
Args = TypeVarTuple("Args")

WAITING_MAX = 64
RETRY_AFTER_S = 1.0


class FairPool:
    """Runs work in a few threads. A caller who leaves gives up their place in the queue at once."""

    def __init__(self, threads: Executor, at_once: int, waiting_max: int = WAITING_MAX) -> None:
        """threads: the executor that does the work, with at_once threads. waiting_max: the length of the queue."""
        self._threads = threads
        self._free = self._at_once = at_once
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue(waiting_max)

    async def run(self, lane: Lane, work: Callable[[*Args], T], *args: *Args) -> T:
        """Runs work when it is the lane's turn. Raises TooManyRequests if too many callers wait."""
        await self._wait(lane)
        job = asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        job.add_done_callback(lambda _: self._start_next())
        return await asyncio.shield(job)  # a thread stays busy until its work ends, even if the caller has left

    async def _wait(self, lane: Lane) -> None:
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
                self._start_next()  # the turn came at that moment
            raise

    def _start_next(self) -> None:
        while (turn := self._waiting.pop()) is not None:
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
        if self._free == self._at_once:
            self._waiting.reset_counts()
