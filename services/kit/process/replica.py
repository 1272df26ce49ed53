"""Shares a context's background work between its replicas: following feeds, sagas, sweeping, mail.

Each replica holds its share of the context's shards by leases, and does their work. A replica that joins gets its share
from the others, which first finish the work that they have begun. If a replica ends, it gives its shards up; if it
dies, its leases run out. Others then continue from the state in the database. A replica that was suspended meanwhile
cannot do harm: the fence refuses its writes (services.kit.db.postgres_leases).
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

from eventhub.refusal import Refusal
from services.kit.db.database import fence
from services.kit.db.shards import Leases, Shards, Standing
from services.kit.observe import log
from services.kit.values.clock import Clock
from services.kit.values.shards import shard_of

# A loop, and the key that tells its shard: loops with the same key run in the same replica.
Loop = tuple[str, Callable[[], Awaitable[None]]]

# A lease lasts six seconds. With this interval, other replicas continue the work within ten.
RENEW_EVERY_S = 1.5
# A replica that could not extend its leases for this long stops: others may take its shards any moment.
LOST_AFTER_S = 5.0
# The limit for a question about the leases. After a process was suspended, an answer may never come.
ASK_S = 2.0
# How long a replica keeps a shard that it is to give up, for the work under way in it.
FINISH_S = 30.0
# As FINISH_S, for a process that ends. Shorter than a lease, which it does not extend meanwhile.
END_S = 2.0
CANCEL_EVERY_S = 0.5


class Replica:
    """Does this process's share of one context's background work."""

    def __init__(
        self, context: str, leases: Leases, shards: Shards, *, name: str, clock: Clock, loops: Sequence[Loop]
    ) -> None:
        """shards: those of the context's database, which also the context's Runners look at. name: of this process,
        for operators who read the database. loops: each runs while this process holds its shard; none may end."""
        self._leases = leases
        self._shards = shards
        self._name = name
        self._clock = clock
        self._loops = loops
        self._numbers: dict[int, int] = {}
        # When this process began to give up a shard, by its monotonic clock.
        self._leaving: dict[int, float] = {}
        self._tasks: dict[int, list[asyncio.Task[None]]] = {}
        self._renewed_s = clock.monotonic()
        self._log = log.get(context)

    async def run(self) -> None:
        """Holds shards and does their work for ever. Raises the error of a loop that fails."""
        try:
            while True:
                await self._rest(answered=await self._round())
        finally:
            await self._end()

    async def _round(self) -> bool:
        """Extends the leases, and begins or ends work as they say. False if the database is away."""
        now_s = self._clock.monotonic()
        given = [
            shard
            for shard, since_s in self._leaving.items()
            if self._shards.is_quiet(shard) or now_s - since_s >= FINISH_S
        ]
        standing = await self._renewed(given)
        if standing is None:
            if self._clock.monotonic() - self._renewed_s >= LOST_AFTER_S:
                await self._drop("shards lost", list(self._numbers))
            return False
        self._renewed_s = now_s
        await self._drop("shards given up", given)
        gone = [shard for shard, number in self._numbers.items() if standing.numbers.get(shard) != number]
        await self._drop("shards lost", gone)
        self._begin({shard: number for shard, number in standing.numbers.items() if shard not in self._numbers})
        await self._leave(standing.surplus(self._leaving))
        return True

    async def _renewed(self, given: Sequence[int]) -> Standing | None:
        """This replica's standing; None if the database is away. A lease that was taken without an answer is found the
        next time."""
        try:
            async with asyncio.timeout(ASK_S):
                return await self._leases.renew(self._name, given)
        except (Refusal, TimeoutError) as odd:
            self._log.warning("leases not extended", error=type(odd).__name__)
            return None

    def _begin(self, taken: dict[int, int]) -> None:
        """Begins the work of some shards, and runs their loops. taken: the number of each lease, by shard."""
        if taken:
            self._log.info("shards taken", shards=sorted(taken))
        self._numbers.update(taken)
        for shard, number in taken.items():
            context = contextvars.copy_context()
            context.run(fence.set, self._shards.hold(shard, number))
            self._tasks[shard] = [
                asyncio.create_task(endless(loop), context=context.copy())
                for key, loop in self._loops
                if shard_of(key) == shard
            ]

    async def _leave(self, shards: Iterable[int]) -> None:
        """Begins no more work of some shards, and ends their loops."""
        for shard in shards:
            self._leaving[shard] = self._clock.monotonic()
            self._shards.leave(shard)
            await ended(*self._tasks.pop(shard))

    async def _drop(self, event: str, shards: Collection[int]) -> None:
        """Forgets some shards, and ends their loops. event: the reason, for the log."""
        if shards:
            self._log.info(event, shards=sorted(shards))
        for shard in shards:
            del self._numbers[shard]
            self._leaving.pop(shard, None)
            self._shards.drop(shard)
            await ended(*self._tasks.pop(shard, ()))

    async def _rest(self, *, answered: bool) -> None:
        """Waits until the leases must be extended, or the last work of a shard that is being given up has ended. Raises
        the error of a loop that fails.

        answered: whether the database did. If not, a shard that is quiet already is no reason to ask again at once.
        """
        waits = [asyncio.create_task(self._clock.sleep(RENEW_EVERY_S))]
        if answered:
            waits.append(asyncio.create_task(self._shards.quiet()))
        loops = [task for tasks in self._tasks.values() for task in tasks]
        try:
            done, _ = await asyncio.wait([*waits, *loops], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await ended(*waits)
        for task in done.difference(waits):
            task.result()  # raises the loop's error: a loop never ends otherwise

    async def _end(self) -> None:
        """Ends the loops, lets the work under way finish, and gives all shards up."""
        await self._leave(self._numbers.keys() - self._leaving.keys())
        try:
            async with asyncio.timeout(END_S):
                await self._shards.all_quiet()
        except TimeoutError:
            self._log.info("shards given up in the middle of work")
        try:
            async with asyncio.timeout(ASK_S):
                await self._leases.leave(self._name)
        except (Refusal, TimeoutError):
            return  # the leases run out by themselves


async def endless(loop: Callable[[], Awaitable[None]]) -> None:
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
