"""A feed on PostgreSQL loses and reorders no fact, in any order of commits, and every process hears of them."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from services.kit.db.database import Tx
from services.kit.db.postgres import PostgresDatabase
from tests.kit.shop import minor, replicas, tell, told, turn
from tests.postgres import server


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[PostgresDatabase]:
    async with replicas(1, tmp_path) as (one,):
        yield one


async def unstamped(tx: Tx) -> int:
    return len(await tx.all("SELECT id FROM outbox WHERE pos IS NULL"))


async def test_a_fact_that_commits_late_is_told_late_and_not_lost(shop: PostgresDatabase) -> None:
    written, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        await tell(tx, "slow", 1)
        written.set()
        await go_on.wait()

    late = asyncio.create_task(shop.write(slow))
    await written.wait()
    await shop.write(tell, "quick", 2)
    first = await told(shop, 1)
    go_on.set()
    await late

    assert [minor(fact) for fact in first] == [2]
    assert [(fact.position, minor(fact)) for fact in await told(shop, 2)] == [(1, 2), (2, 1)]


async def test_an_idle_transaction_elsewhere_delays_no_fact(shop: PostgresDatabase) -> None:
    elsewhere = await asyncpg.connect(server().direct_url.format(name="postgres"))
    await elsewhere.execute("BEGIN; SELECT pg_current_xact_id()")

    await shop.write(tell, "a", 1)

    assert [minor(fact) for fact in await told(shop, 1)] == [1]
    await elsewhere.close()


async def test_versions_of_a_thing_keep_their_order(shop: PostgresDatabase) -> None:
    await asyncio.gather(*(shop.write(turn, f"a{n % 3}") for n in range(90)))

    versions = defaultdict(list)
    for fact in await told(shop, 90):
        versions[fact.aggregate_id].append(minor(fact))
    assert versions == {f"a{n}": list(range(1, 31)) for n in range(3)}


async def test_competing_processes_give_each_position_once(tmp_path: Path) -> None:
    async with replicas(8, tmp_path) as shops:
        reading = asyncio.create_task(told(shops[0], 200))

        await asyncio.gather(*(shop.write(tell, f"a{n}", n) for n in range(25) for shop in shops))

        facts = await reading
        assert [fact.position for fact in facts] == list(range(1, 201))
        assert sorted(minor(fact) for fact in facts) == sorted(list(range(25)) * 8)
        assert await shops[0].read(unstamped) == 0


async def test_a_stream_hears_of_commits_of_another_process(tmp_path: Path) -> None:
    async with replicas(2, tmp_path) as (here, there):
        with here.listen("ana") as ana, here.listen("leo") as leo:
            await there.write(tell, "ana", 1)

            assert await ana.wait(5)
            assert not await leo.wait(0)


@pytest.mark.parametrize("when", ["shop.tell.after", "shop.stamp.before"])
async def test_facts_of_a_killed_process_are_told_by_another(tmp_path: Path, when: str) -> None:
    async with replicas(1, tmp_path) as (shop,):
        command = [sys.executable, "-m", "tests.kit.announcing", server().url_of("shop"), f"{when}=kill"]
        process = await asyncio.create_subprocess_exec(*command)
        assert await process.wait() == -9
        left = await shop.read(unstamped)

        assert left >= 1
        assert [fact.position for fact in await told(shop, left)] == list(range(1, left + 1))
        assert await shop.read(unstamped) == 0
