"""Runs the loops that only one replica of a context may run: following feeds, sagas, sweeping, reminders.

The replica that holds the lease is the leader. If it ends, it gives the lease up; if it dies, the lease runs out.
Another replica then continues from the state in the database. A leader that was suspended meanwhile cannot do harm: the
fence refuses its writes (services.kit.db.postgres_lease).
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence

from eventhub.refusal import Refusal
from services.kit.db.database import Lease
from services.kit.observe import log
from services.kit.values.clock import Clock
from services.kit.values.fence import fence

Loop = Callable[[], Awaitable[None]]

# A lease lasts six seconds. With this interval, another replica continues the work within ten.
TRY_EVERY_S = 1.0
KEEP_EVERY_S = 1.5
# A leader that could not extend its lease for this long stops: another replica may take the lease any moment.
LOST_AFTER_S = 5.0
# The limit for a question about the lease. After a process was suspended, an answer may never come.
ASK_S = 2.0
CANCEL_EVERY_S = 0.5


class Leader:
    """Runs the loops of one context while this process holds the context's lease."""

    def __init__(self, context: str, lease: Lease, holder: str, clock: Clock, loops: Sequence[Loop]) -> None:
        """holder: name of this process, for operators who read the database. loops: run in parallel; none may end."""
        self._context = context
        self._lease = lease
        self._holder = holder
        self._clock = clock
        self._loops = loops
        self._log = log.get(context)

    async def run(self) -> None:
        """Takes the lease and runs the loops until it is lost, again and again. Raises the error of a loop that
        fails."""
        while True:
            number = await self._take()
            if number is None:
                await self._clock.sleep(TRY_EVERY_S)
                continue
            self._log.info("lease taken", lease=number)
            await self._lead(number)
            self._log.warning("lease lost", lease=number)

    async def _take(self) -> int | None:
        try:
            async with asyncio.timeout(ASK_S):
                return await self._lease.take(self._holder)
        except (Refusal, TimeoutError):
            return None  # the database is away; a lease that was taken without an answer runs out by itself

    async def _lead(self, number: int) -> None:
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
            task.result()  # raises the loop's error: a loop never ends otherwise

    async def _keep(self, number: int) -> None:
        """Extends the lease again and again. Returns when it is lost."""
        kept_at = self._clock.monotonic()
        while self._clock.monotonic() - kept_at < LOST_AFTER_S:
            await self._clock.sleep(KEEP_EVERY_S)
            try:
                async with asyncio.timeout(ASK_S):
                    if not await self._lease.keep(number):
                        return
                kept_at = self._clock.monotonic()
            except (Refusal, TimeoutError) as odd:
                self._log.warning("lease not extended", error=type(odd).__name__)

    async def _give_up(self, number: int) -> None:
        try:
            async with asyncio.timeout(ASK_S):
                await self._lease.give_up(number)
        except (Refusal, TimeoutError):
            return  # the lease runs out by itself


async def endless(loop: Loop) -> None:
    """Runs a loop; create_task takes a coroutine, and a loop may return any awaitable."""
    await loop()


async def ended(*tasks: "asyncio.Task[None]") -> None:
    """Cancels tasks and waits until they have ended. Cancels them again after a moment: some libraries lose a
    cancellation that arrives at the same time as an answer."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_EVERY_S)
    await asyncio.gather(*tasks, return_exceptions=True)
