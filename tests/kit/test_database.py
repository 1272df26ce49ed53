"""The database port keeps its promises, on whichever database the tests run."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.common.v1.money_pb2 import Money
from services.kit.db.database import Database, Shared, StatementRefused, Tx
from services.kit.db.migrations import is_current, migrate
from services.kit.values import failpoints
from services.kit.values.failpoints import Broken
from tests import databases
from tests.kit import bank as accounts
from tests.kit.bank import put, take_one, units


@pytest_asyncio.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Database]:
    database = await databases.opened("bank", tmp_path, accounts.schema(tmp_path))
    yield database
    failpoints.arm("")
    await database.close()


async def test_a_write_is_seen_by_the_next_read(bank: Database) -> None:
    assert await bank.write(put, "ana", 3) == "ana"

    assert await bank.read(units, "ana") == 3
    assert await bank.read_long(units, "ana") == 3
    assert await bank.read_behind(units, "ana") == 3, "there is no replica"
    assert await bank.read_behind_long(units, "ana") == 3


async def test_sixteen_at_once_take_all_seats_and_no_more(bank: Database) -> None:
    await bank.write(put, "seats", 5)

    taken = await asyncio.gather(*(bank.write(take_one, "seats") for _ in range(16)))

    assert sum(taken) == 5
    assert await bank.read(units, "seats") == 0


async def test_a_count_is_right_if_writes_are_serialized(bank: Database) -> None:
    async def open_account(tx: Tx, name: str) -> bool:
        rows = await tx.all("SELECT name FROM account ORDER BY name")
        if len(rows) >= 5:
            return False
        await put(tx, name, 1)
        return True

    keys = [("ana", "leo"), ("leo", "ana"), ("leo",), ("leo", "rui")]
    opened = await asyncio.gather(
        *(bank.write_serialized(keys[n % len(keys)], open_account, f"a{n}") for n in range(16))
    )

    assert sum(opened) == 5
    assert await bank.write_serialized((), put, "free", 1) == "free"


async def test_a_write_runs_alone_among_those_that_share_its_key(bank: Database) -> None:
    async def look(tx: Tx, name: str) -> bool:
        before = await units(tx, "ana")
        await put(tx, name, 1)
        return before == await units(tx, "ana")

    async def count_up(tx: Tx) -> None:
        await tx.run("UPDATE account SET units = units + 1 WHERE name = 'ana'")

    await bank.write(put, "ana", 0)
    looks = [bank.write_serialized((f"own {n}", Shared("ana")), look, f"a{n}") for n in range(16)]
    changes = [bank.write_long_serialized(("ana",), count_up) for _ in range(16)]

    answers = await asyncio.gather(*(work for pair in zip(looks, changes, strict=True) for work in pair))

    assert answers == [True, None] * 16
    assert await bank.read(units, "ana") == 16


async def test_a_write_that_fails_does_not_affect_others(bank: Database) -> None:
    answers = await asyncio.gather(
        *(bank.write(put, name, number) for name, number in [("a", 1), ("a", 1), ("b", -1), ("c", 3)]),
        return_exceptions=True,
    )

    *same, negative, fine = [type(answer) for answer in answers]
    assert set(same) == {str, StatementRefused}, "either of the two may come first"
    assert (negative, fine) == (StatementRefused, str)
    assert [await bank.read(units, name) for name in "abc"] == [1, None, 3]


async def test_a_caller_that_leaves_does_not_cut_the_write(bank: Database) -> None:
    caller = asyncio.create_task(bank.write(put, "ana", 1))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)

    await bank.write(put, "leo", 1)

    assert await bank.read(units, "ana") == 1


async def test_listeners_hear_of_their_topic_after_the_commit(bank: Database) -> None:
    async def tell(tx: Tx, topic: str) -> None:
        await tx.announce(Money(minor=1, currency="BRL"), aggregate_id=topic, at_us=1)

    with bank.listen("ana") as ana, bank.listen("leo") as leo:
        await bank.write(tell, "ana")

        assert await ana.wait(1)
        assert not await leo.wait(0)


@pytest.mark.parametrize(("when", "kept"), [("before", None), ("after", 1)])
async def test_a_failpoint_stands_before_and_after_each_commit(bank: Database, when: str, kept: int | None) -> None:
    failpoints.arm(f"bank.put.{when}=raise")

    with pytest.raises(Broken):
        await bank.write(put, "ana", 1)

    assert await bank.read(units, "ana") == kept


async def test_a_read_sees_one_moment(bank: Database) -> None:
    async def twice(tx: Tx) -> tuple[int | None, int | None]:
        return await units(tx, "ana"), await units(tx, "ana")

    await bank.write(put, "ana", 5)
    reads, writes = (
        [asyncio.create_task(bank.read(twice)) for _ in range(20)],
        [asyncio.create_task(bank.write(take_one, "ana")) for _ in range(5)],
    )

    await asyncio.gather(*writes)
    assert all(first == second for first, second in await asyncio.gather(*reads))


async def test_it_is_ready(bank: Database) -> None:
    assert await bank.ready()


async def test_migrations_run_once_whichever_process_runs_them(bank: Database, tmp_path: Path) -> None:
    schema = accounts.schema(tmp_path)
    assert await is_current(bank, schema)
    (schema / "0002_name.sql").write_text("ALTER TABLE account ADD COLUMN city TEXT NOT NULL DEFAULT '';\n")
    assert not await is_current(bank, schema)

    await asyncio.gather(*(migrate(bank, schema, epoch="epo_9", now_us=2) for _ in range(8)))

    assert await is_current(bank, schema)
    assert await bank.read(history) == "epo_1"


async def history(tx: Tx) -> str:
    row = await tx.one("SELECT epoch FROM feed_head")
    assert row is not None
    return str(row[0])
