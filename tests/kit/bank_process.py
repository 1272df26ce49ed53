"""Processes of a bank, which share its background work."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from eventhub.refusals import Unavailable
from services.kit.db.database import Tx
from services.kit.db.postgres import PostgresDatabase
from services.kit.process.replica import RENEW_EVERY_S, Replica, ended
from services.kit.values.shards import shard_of
from services.kit.work.runner import DueKey, Runner
from tests.fakes.clock import FakeClock
from tests.kit.bank import take_one, units
from tests.postgres import server
from tests.stage import until

NAME = "bank"
# Keys of loops: the first two have an even shard, the other two an odd one.
LOOPS = ("orders", "identity", "catalog", "ticketing")


@dataclass(kw_only=True)
class Process:
    """A process of the bank. takes: asks its loop to take one unit. answers: the outcomes. works: the loops that run.
    done: the keys for which its runner has done work, which nothing can undo. gate: closed to hold up that work."""

    name: str
    database: PostgresDatabase
    clock: FakeClock = field(default_factory=FakeClock)
    works: set[str] = field(default_factory=set)
    takes: "asyncio.Queue[None]" = field(default_factory=asyncio.Queue)
    answers: "asyncio.Queue[object]" = field(default_factory=asyncio.Queue)
    done: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def held(self) -> set[int]:
        return set(self.database.shards.held())

    async def loop(self, key: str) -> None:
        self.works.add(key)
        try:
            while True:
                await self.takes.get()
                try:
                    self.answers.put_nowait(await self.database.write(take_one, "seats"))
                except Unavailable as refused:
                    self.answers.put_nowait(refused)
        finally:
            self.works.discard(key)

    async def take(self) -> object:
        """The outcome when its loop takes one unit."""
        self.takes.put_nowait(None)
        async with asyncio.timeout(5):
            return await self.answers.get()

    async def due(self, limit: int, shards: Sequence[int]) -> list[DueKey]:
        """The accounts with units, other than that of the loops."""
        keys = await self.database.read(waiting)
        return [(key, shard_of(key)) for key in keys if shard_of(key) in shards and key != "seats"][:limit]

    async def do(self, key: str) -> None:
        if not await self.database.read(units, key):
            return  # done since the look for due work
        self.begun.append(key)
        await self.gate.wait()
        self.done.append(key)
        await self.database.write(take_one, key)

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Process"]:
        """Runs the process during the with statement."""
        shards, leases = self.database.shards, self.database.leases()
        loops = [(key, partial(self.loop, key)) for key in LOOPS]
        replica = Replica(NAME, leases, shards, name=self.name, clock=self.clock, loops=loops)
        runner = Runner(NAME, self.clock, shards, due=self.due, do=self.do, look_every_s=0.01)
        running = [asyncio.create_task(replica.run()), asyncio.create_task(runner.run())]
        try:
            yield self
        finally:
            await ended(*running)
            await runner.stop()


async def waiting(tx: Tx) -> list[str]:
    return [row[0] for row in await tx.all("SELECT name FROM account WHERE units > 0 ORDER BY name")]


async def rounds(processes: Collection[Process], reached: Callable[[], bool]) -> None:
    """Lets processes renew their leases until a state is reached."""

    async def looked() -> bool:
        for process in processes:
            process.clock.advance(RENEW_EVERY_S)
        return reached()

    await until(looked)


async def run_out(*processes: Process) -> None:
    """Lets the leases of processes run out by the database's clock."""
    for process in processes:
        await server().run(f"UPDATE replica SET until_us = 0 WHERE name = '{process.name}'", NAME)


async def move(shard: int, holder: str) -> None:
    """Gives a shard to another holder, as if its lease had run out."""
    wanted = f"UPDATE shard_lease SET holder = '{holder}', number = number + 1 WHERE shard = {shard}"
    await server().run(wanted, NAME)
