"""Replicas share the shards of a context, and one that has lost a shard without noticing does no harm."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.refusals import Unavailable
from services.kit.db.database import Tx, fence
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from services.kit.db.shards import Shards, Standing
from services.kit.process import replica as module
from services.kit.process.replica import LOST_AFTER_S, RENEW_EVERY_S, Replica, ended
from services.kit.values.shards import SHARDS, shard_of
from tests.databases import middle
from tests.fakes.clock import FakeClock
from tests.kit import bank as accounts
from tests.kit.bank import put, take_one, units
from tests.kit.bank_process import LOOPS, NAME, Process, move, rounds, run_out, waiting
from tests.postgres import server
from tests.stage import until

FOUR = ("first", "second", "third", "fourth")
ALL = set(range(SHARDS))


@pytest_asyncio.fixture
async def four(tmp_path: Path) -> AsyncIterator[list[Process]]:
    await server().create(NAME)
    found = []
    for name in FOUR:
        database = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)
        found.append(Process(name=name, database=database))
    await migrate(found[0].database, accounts.schema(tmp_path), epoch="epo_1", now_us=1)
    await found[0].database.write(put, "seats", 5)
    yield found
    for process in found:
        await process.database.close()
    await server().drop(NAME)


@pytest.mark.parametrize("count", [1, 2, 4])
async def test_replicas_hold_equal_shares_and_all_shards(four: list[Process], count: int) -> None:
    processes = four[:count]
    async with AsyncExitStack() as running:
        for process in processes:
            await running.enter_async_context(process.up())
        await rounds(processes, lambda: [len(process.held) for process in processes] == [SHARDS // count] * count)

        assert set().union(*(process.held for process in processes)) == ALL


async def test_shards_move_when_a_replica_joins_and_when_it_leaves(four: list[Process]) -> None:
    first, second, *_ = four
    async with first.up():
        await until(lambda: first.held == ALL)
        async with second.up():
            await rounds([first, second], lambda: len(second.held) == SHARDS // 2)
            assert not first.held & second.held
        await rounds([first], lambda: first.held == ALL)


async def test_each_loop_runs_in_one_replica_and_loops_are_spread(four: list[Process]) -> None:
    first, second, *_ = four
    async with first.up():
        await until(lambda: first.works == set(LOOPS))
        async with second.up():
            await rounds([first, second], lambda: len(second.works) == 2)

            assert first.works == {"orders", "identity"}
            assert second.works == {"catalog", "ticketing"}


async def test_of_many_that_look_at_once_each_shard_has_one_holder(four: list[Process]) -> None:
    asking = [process.database.leases().renew(process.name, ()) for process in four]
    standings = await asyncio.gather(*asking)

    taken = Counter(shard for standing in standings for shard in standing.numbers)
    assert taken == Counter(range(SHARDS))
    assert {number for standing in standings for number in standing.numbers.values()} == {1}


async def test_others_take_the_shards_of_a_dead_replica(four: list[Process]) -> None:
    first, second, third, _ = four
    async with AsyncExitStack() as running:
        for process in (first, second, third):
            await running.enter_async_context(process.up())
        alive = [second, third]
        await rounds([first, *alive], lambda: sorted(len(p.held) for p in (first, *alive)) == [5, 5, 6])
        await run_out(first)  # its clock stands still, so it does not extend its leases

        await rounds(alive, lambda: [len(process.held) for process in alive] == [8, 8])
        assert second.held | third.held == ALL


async def test_a_replica_that_was_suspended_changes_nothing(four: list[Process]) -> None:
    first, second, *_ = four
    async with first.up():
        await until(lambda: first.works == set(LOOPS))
        await run_out(first)
        async with second.up():
            await until(lambda: second.held == ALL)

            assert isinstance(await first.take(), Unavailable)
            assert await second.take() is True
            await rounds([first], lambda: not first.works)

    assert await first.database.read(units, "seats") == 4


async def test_a_fence_stands_around_one_shard(four: list[Process]) -> None:
    first, second, *_ = four
    lost = shard_of("a lost one")
    assert lost != shard_of("another one")
    first.gate.clear()
    await first.database.write(put, "a lost one", 1)
    await first.database.write(put, "another one", 1)
    async with first.up():
        await until(lambda: sorted(first.begun) == ["a lost one", "another one"])
        await second.database.leases().renew(second.name, ())
        await move(lost, second.name)
        first.gate.set()
        await until(lambda: len(first.done) >= 2)

        async def written() -> bool:
            return await first.database.read(units, "another one") == 0

        await until(written)
        await rounds([first], lambda: lost not in first.held)
    assert await first.database.read(units, "a lost one") == 1


async def test_a_shard_is_given_up_after_the_work_in_it_has_ended(four: list[Process]) -> None:
    first, second, *_ = four
    first.gate.clear()
    keys = [f"mail {n}" for n in range(SHARDS * 2)]
    for key in keys:
        await first.database.write(put, key, 1)
    async with first.up():
        await until(lambda: sorted(first.begun) == sorted(keys))
        async with second.up():
            await until(second.clock.asleep)
            for _ in range(3):
                first.clock.advance(RENEW_EVERY_S)
                second.clock.advance(RENEW_EVERY_S)
                await first.database.ready()
            busy = {shard_of(key) for key in keys}
            assert not second.held & busy

            first.gate.set()
            await rounds([first, second], lambda: len(second.held) == SHARDS // 2)
            assert second.begun == []
    assert sorted(first.done) == sorted(keys)


async def test_nothing_is_done_twice_or_left_while_replicas_come_and_go(four: list[Process]) -> None:
    first, second, third, fourth = four
    keys = [f"mail {n}" for n in range(200)]
    for key in keys[:100]:
        await first.database.write(put, key, 1)
    async with AsyncExitStack() as running:
        for process in (first, second, third):
            await running.enter_async_context(process.up())
        async with fourth.up():
            for key in keys[100:]:
                await first.database.write(put, key, 1)
            await rounds(four, lambda: bool(fourth.held))

        async def all_done() -> bool:
            for process in four[:3]:
                process.clock.advance(RENEW_EVERY_S)
            return await first.database.read(waiting) == ["seats"]

        await until(all_done)

    assert sorted(key for process in four for key in process.done) == sorted(keys)


async def test_a_shard_is_not_taken_during_a_write_under_its_lease(four: list[Process]) -> None:
    first, second, *_ = four
    standing = await first.database.leases().renew("first", ())
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        entered.set()
        await leave.wait()

    async def work() -> None:
        fence.set((NAME, 3, standing.numbers[3]))
        await first.database.write(slow)

    working = asyncio.create_task(work())
    await entered.wait()

    assert (await asyncio.wait_for(first.database.leases().renew("first", ()), 2)).numbers == standing.numbers
    await run_out(first)
    taken = await asyncio.wait_for(second.database.leases().renew("second", ()), 2)
    assert set(taken.numbers) == ALL - {3}
    leave.set()
    await working
    assert (await second.database.leases().renew("second", ())).numbers[3] == standing.numbers[3] + 1


async def test_calls_are_served_by_every_replica(four: list[Process]) -> None:
    first, second, *_ = four
    async with first.up():
        await until(lambda: first.held == ALL)

        assert await second.database.write(take_one, "seats")


async def test_a_replica_that_cannot_extend_its_leases_stops_and_goes_on_later(four: list[Process]) -> None:
    first, *_ = four
    async with first.up():
        await until(lambda: first.works == set(LOOPS))
        await server().tell("crash")
        await rounds([first], lambda: not first.works and not first.held)

        await server().tell("start")
        await rounds([first], lambda: first.works == set(LOOPS))


class Hanging:
    """Leases that answer once."""

    def __init__(self) -> None:
        self.asked = 0

    async def renew(self, replica: str, given: Collection[int]) -> Standing:
        self.asked += 1
        if self.asked > 1:
            await asyncio.Event().wait()
        return Standing(dict.fromkeys(range(SHARDS), 1), 0, 1)

    async def leave(self, replica: str) -> None:
        await asyncio.Event().wait()


async def test_a_replica_that_gets_no_answer_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASK_S", 0.05)
    clock, leases, ends = FakeClock(), Hanging(), asyncio.Event()

    async def loop() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.set()

    replica = Replica(NAME, leases, Shards(NAME, {}), name="first", clock=clock, loops=[("orders", loop)])
    working = asyncio.create_task(replica.run())
    await until(clock.asleep)
    clock.advance(LOST_AFTER_S)

    async with asyncio.timeout(5):
        await ends.wait()

    await ended(working)


async def test_the_error_of_a_loop_ends_the_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASK_S", 0.05)

    async def loop() -> None:
        raise ZeroDivisionError

    shards, leases = Shards(NAME, {}), Hanging()
    replica = Replica(NAME, leases, shards, name="first", clock=FakeClock(), loops=[("orders", loop)])

    with pytest.raises(ZeroDivisionError):
        await replica.run()


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
