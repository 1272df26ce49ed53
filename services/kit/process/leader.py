"""What only one replica of a context does: follow feeds, run sagas, sweep, remind. Whoever has the lease is on duty.

A replica that dies loses the lease when it runs out, one that ends gives it up; another takes over from what the
database says. One that stood still meanwhile is held back by the fence (services.kit.db.database.fence).
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence

from eventhub.refusal import Refusal
from services.kit.db.database import Lease, fence
from services.kit.observe import log
from services.kit.values.clock import Clock

Loop = Callable[[], Awaitable[None]]

# Together with the six seconds a lease lasts: work moves on within ten seconds.
TRY_EVERY_S = 1.0
KEEP_EVERY_S = 1.5
# Not kept for this long, it is somebody else's any moment.
LOST_AFTER_S = 5.0
# No answer for this long is none: a process that stood still may find its question hanging.
ASK_S = 2.0
CANCEL_EVERY_S = 0.5


class Leader:
    """The loops of one context, run by whichever replica has its lease."""

    def __init__(self, context: str, lease: Lease, holder: str, clock: Clock, loops: Sequence[Loop]) -> None:
        """holder: this process's name, for people who look into the database."""
        self._context = context
        self._lease = lease
        self._holder = holder
        self._clock = clock
        self._loops = loops
        self._log = log.get(context)

    async def run(self) -> None:
        """Waits for the lease and runs the loops, for ever. Raises what a loop raises."""
        while True:
            number = await self._taken()
            if number is None:
                await self._clock.sleep(TRY_EVERY_S)
                continue
            self._log.info("on duty", lease=number)
            await self._serve(number)
            self._log.warning("off duty", lease=number)

    async def _taken(self) -> int | None:
        try:
            async with asyncio.timeout(ASK_S):
                return await self._lease.take(self._holder)
        except (Refusal, TimeoutError):
            return None  # the database is away; what was taken without an answer runs out by itself

    async def _serve(self, number: int) -> None:
        """Runs the loops until the lease is lost."""
        context = contextvars.copy_context()
        context.run(fence.set, (self._context, number))
        tasks = [asyncio.create_task(endless(loop), context=context.copy()) for loop in self._loops]
        keeping = asyncio.create_task(self._keep(number))
        try:
            done, _ = await asyncio.wait([keeping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await ended(*tasks, keeping)
            await self._give_up(number)
            raise
        await ended(*tasks, keeping)
        for task in done - {keeping}:
            task.result()  # a loop that ends is a mistake

    async def _keep(self, number: int) -> None:
        """Returns when the lease is lost."""
        kept_at = self._clock.monotonic()
        while self._clock.monotonic() - kept_at < LOST_AFTER_S:
            await self._clock.sleep(KEEP_EVERY_S)
            try:
                async with asyncio.timeout(ASK_S):
                    if not await self._lease.keep(number):
                        return
                kept_at = self._clock.monotonic()
            except (Refusal, TimeoutError) as odd:
                self._log.warning("lease not kept", error=type(odd).__name__)

    async def _give_up(self, number: int) -> None:
        try:
            async with asyncio.timeout(ASK_S):
                await self._lease.give_up(number)
        except (Refusal, TimeoutError):
            return  # it runs out by itself


async def endless(loop: Loop) -> None:
    """A loop as a coroutine."""
    await loop()


async def ended(*tasks: "asyncio.Task[None]") -> None:
    """Cancels tasks and waits until they have ended. Cancels them again after a moment: libraries are known to take a
    cancellation that comes together with an answer for the answer."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_EVERY_S)
    await asyncio.gather(*tasks, return_exceptions=True)
