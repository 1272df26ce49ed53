"""One replica of a context holds the lease, and one that has lost it without noticing does no harm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.refusals import Unavailable
from services.kit.db.database import Tx, fence
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from services.kit.process import leader
from services.kit.process.leader import KEEP_EVERY_S, LOST_AFTER_S, TRY_EVERY_S, Leader, ended
from tests.databases import middle
from tests.fakes.clock import FakeClock
from tests.kit import bank as accounts
from tests.kit.bank import put, take_one, units
from tests.postgres import server
from tests.stage import until

NAME = "bank"


@dataclass(kw_only=True)
class Replica:
    """A process of the bank. takes: asks its loop to take one unit. answers: the outcomes."""

    name: str
    database: PostgresDatabase
    clock: FakeClock
    works: bool = False
    takes: "asyncio.Queue[None]" = field(default_factory=asyncio.Queue)
    answers: "asyncio.Queue[object]" = field(default_factory=asyncio.Queue)

    async def loop(self) -> None:
        self.works = True
        try:
            while True:
                await self.takes.get()
                try:
                    self.answers.put_nowait(await self.database.write(take_one, "seats"))
                except Unavailable as refused:
                    self.answers.put_nowait(refused)
        finally:
            self.works = False

    async def take(self) -> object:
        """The outcome when its loop takes one unit."""
        self.takes.put_nowait(None)
        async with asyncio.timeout(5):
            return await self.answers.get()

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Replica"]:
        """Runs the replica during the with statement."""
        lease = self.database.lease()
        working = asyncio.create_task(Leader(NAME, lease, self.name, self.clock, [self.loop]).run())
        try:
            yield self
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


@pytest_asyncio.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[list[Replica]]:
    await server().create(NAME)
    found = []
    for name in ("first", "second"):
        database = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)
        await migrate(database, accounts.schema(tmp_path), epoch="epo_1", now_us=1)
        found.append(Replica(name=name, database=database, clock=FakeClock()))
    await found[0].database.write(put, "seats", 5)
    yield found
    for replica in found:
        await replica.database.close()
    await server().drop(NAME)


async def test_work_that_takes_a_cancellation_for_an_answer_is_ended_all_the_same() -> None:
    swallowed = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await ended(task)

    assert swallowed.is_set()
    assert task.cancelled()


class Hanging:
    """A lease whose keep() never answers."""

    def __init__(self) -> None:
        self.numbers: list[int | None] = [1]
        self.asked = 0

    async def take(self, holder: str) -> int | None:
        return self.numbers.pop() if self.numbers else None

    async def keep(self, number: int) -> bool:
        self.asked += 1
        await asyncio.Event().wait()
        return True

    async def give_up(self, number: int) -> None:
        await asyncio.Event().wait()


async def test_a_leader_that_gets_no_answer_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "ASK_S", 0.05)
    clock, lease, ends = FakeClock(), Hanging(), asyncio.Event()

    async def loop() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.set()

    working = asyncio.create_task(Leader(NAME, lease, "first", clock, [loop]).run())
    await until(clock.asleep)
    clock.advance(KEEP_EVERY_S)
    await until(lambda: lease.asked == 1)
    clock.pass_unseen(LOST_AFTER_S)

    async with asyncio.timeout(5):
        await ends.wait()

    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def run_out() -> None:
    """Lets time pass by the database's clock."""
    await server().run("UPDATE lease SET until_us = 0", NAME)


async def test_one_of_two_is_the_leader(replicas: list[Replica]) -> None:
    first, second = replicas
    async with first.up():
        await until(lambda: first.works)
        async with second.up():
            for _ in range(5):
                second.clock.advance(TRY_EVERY_S)
                await second.database.ready()

            assert await first.take() is True
            assert not second.works


async def test_of_many_at_once_one_takes_the_lease(replicas: list[Replica]) -> None:
    asking = [replica.database.lease().take(f"{replica.name} {n}") for n in range(8) for replica in replicas]

    assert [number for number in await asyncio.gather(*asking) if number is not None] == [1]


async def test_a_leader_that_ends_hands_over_at_once(replicas: list[Replica]) -> None:
    first, second = replicas
    async with second.up():
        await until(lambda: second.works)
        async with first.up():
            pass
    async with first.up():
        await until(lambda: first.works)
    async with second.up():
        await until(lambda: second.works)


async def test_another_takes_over_when_the_lease_runs_out(replicas: list[Replica]) -> None:
    first, second = replicas
    async with first.up(), second.up():
        await until(lambda: first.works or second.works)
        old, new = (first, second) if first.works else (second, first)
        await run_out()
        new.clock.advance(TRY_EVERY_S)
        await until(lambda: new.works)

        old.clock.advance(KEEP_EVERY_S)
        await until(lambda: not old.works)


async def test_a_leader_that_was_suspended_changes_nothing(replicas: list[Replica]) -> None:
    first, second = replicas
    async with first.up():
        await until(lambda: first.works)
        await run_out()
        async with second.up():
            await until(lambda: second.works)

            assert isinstance(await first.take(), Unavailable)
            assert await second.take() is True

    assert await first.database.read(units, "seats") == 4


async def test_the_lease_is_extended_during_a_write_and_not_taken_before_its_end(
    replicas: list[Replica],
) -> None:
    first, second = replicas
    number = await first.database.lease().take("first")
    assert number is not None
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        entered.set()
        await leave.wait()

    async def work() -> None:
        fence.set((NAME, number))
        await first.database.write(slow)

    working = asyncio.create_task(work())
    await entered.wait()

    assert await asyncio.wait_for(first.database.lease().keep(number), 2)
    await run_out()
    taking = asyncio.create_task(second.database.lease().take("second"))
    for _ in range(5):
        assert await first.database.write(units, "seats") == 5
    assert not taking.done()
    leave.set()
    await working
    assert await taking == number + 1


async def test_calls_are_served_by_every_replica(replicas: list[Replica]) -> None:
    first, second = replicas
    async with first.up():
        await until(lambda: first.works)

        assert await second.database.write(take_one, "seats")


async def test_a_leader_that_cannot_extend_its_lease_stops_and_goes_on_later(replicas: list[Replica]) -> None:
    first, _ = replicas
    async with first.up():
        await until(lambda: first.works)
        await server().tell("crash")
        first.clock.advance(LOST_AFTER_S)
        await until(lambda: not first.works)

        await server().tell("start")
        await run_out()

        async def on_duty() -> bool:
            first.clock.advance(TRY_EVERY_S)
            return first.works

        await until(on_duty)
