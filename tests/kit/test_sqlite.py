"""The database port on SQLite keeps its promises, whatever SQLite does to a group."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest
import pytest_asyncio

from eventhub.common.v1.money_pb2 import Money
from eventhub.refusals import Unavailable
from services.kit import failpoint
from services.kit.db import Suspended, Tx
from services.kit.failpoint import Broken
from services.kit.migrate import migrate
from services.kit.sqlite import SqliteDatabase
from services.kit.sqlite_group import numbered

SCHEMA = """
CREATE TABLE account (name TEXT PRIMARY KEY, units BIGINT NOT NULL CHECK (units >= 0));
CREATE TABLE noise (text TEXT NOT NULL);
"""


@pytest_asyncio.fixture
async def bank(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    folder = tmp_path / "bank" / "schema"
    folder.mkdir(parents=True)
    (folder / "0001_account.sql").write_text(SCHEMA)
    database = SqliteDatabase("bank", tmp_path / "bank.db")
    await migrate(database, folder, dialect="sqlite", epoch="epo_1", now_us=1)
    yield database
    failpoint.arm("")
    database.close()


async def put(tx: Tx, name: str, units: int) -> str:
    await tx.run("INSERT INTO account (name, units) VALUES ($1, $2)", name, units)
    return name


async def take_one(tx: Tx, name: str) -> bool:
    return (
        await tx.one("UPDATE account SET units = units - 1 WHERE name = $1 AND units > 0 RETURNING 1", name) is not None
    )


async def units(tx: Tx, name: str) -> int | None:
    row = await tx.one("SELECT units FROM account WHERE name = $1", name)
    return row[0] if row else None


async def test_a_write_is_seen_by_the_next_read(bank: SqliteDatabase) -> None:
    assert await bank.write(put, "ana", 3) == "ana"

    assert await bank.read(units, "ana") == 3
    assert await bank.read_long(units, "ana") == 3


async def test_sixteen_at_once_take_what_there_is_and_no_more(bank: SqliteDatabase) -> None:
    await bank.write(put, "seats", 5)

    taken = await asyncio.gather(*(bank.write(take_one, "seats") for _ in range(16)))

    assert sum(taken) == 5
    assert await bank.read(units, "seats") == 0


async def test_long_and_brief_writes_keep_their_order(bank: SqliteDatabase) -> None:
    await asyncio.gather(
        bank.write(put, "ana", 2),
        bank.write_long(take_one, "ana"),
        bank.write(take_one, "ana"),
        bank.write(put, "leo", 1),
    )

    assert [await bank.read(units, name) for name in ("ana", "leo")] == [0, 1]


async def test_what_waits_when_it_closes_is_written(tmp_path: Path, bank: SqliteDatabase) -> None:
    writes = [asyncio.create_task(bank.write(put, f"{n}", n)) for n in range(3)]
    await asyncio.sleep(0)
    bank.close()

    assert await asyncio.gather(*writes) == ["0", "1", "2"]
    again = SqliteDatabase("bank", tmp_path / "bank.db")
    assert [await again.read(units, f"{n}") for n in range(3)] == [0, 1, 2]
    again.close()


async def test_one_that_fails_takes_nobody_with_it(bank: SqliteDatabase) -> None:
    answers = await asyncio.gather(
        *(bank.write(put, name, number) for name, number in [("a", 1), ("a", 2), ("b", -1), ("c", 3)]),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers] == [str, apsw.ConstraintError, apsw.ConstraintError, str]
    assert [await bank.read(units, name) for name in "abc"] == [1, None, 3]


async def test_a_rollback_of_the_whole_group_loses_nobody(bank: SqliteDatabase) -> None:
    async def trap(tx: Tx) -> None:
        await tx.run(
            """CREATE TRIGGER trap BEFORE INSERT ON account WHEN NEW.name = 'bad'
               BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END"""
        )

    await bank.write(trap)
    answers = await asyncio.gather(*(bank.write(put, name, 1) for name in ["a", "bad", "b"]), return_exceptions=True)

    assert [type(answer) for answer in answers] == [str, apsw.ConstraintError, str]
    assert [await bank.read(units, name) for name in ["a", "bad", "b"]] == [1, None, 1]


async def test_a_full_disk_refuses_writes_and_reads_go_on(bank: SqliteDatabase) -> None:
    async def fill(tx: Tx) -> None:
        await tx.run("INSERT INTO noise (text) VALUES ($1)", "x" * 500_000)

    async def narrow(tx: Tx) -> None:
        pages = await tx.one("PRAGMA page_count")
        await tx.one(f"PRAGMA max_page_count = {pages[0] + 4 if pages else 4}")

    await bank.write(put, "ana", 3)
    await bank.write(narrow)
    with pytest.raises(Unavailable):
        await bank.write(fill)

    assert await bank.read(units, "ana") == 3
    assert await bank.write(take_one, "ana")


async def test_a_transaction_waits_for_nothing_else(bank: SqliteDatabase) -> None:
    async def wait(tx: Tx) -> None:
        await put(tx, "ana", 1)
        await asyncio.sleep(0)

    with pytest.raises(Suspended):
        await bank.write(wait)

    assert await bank.read(units, "ana") is None


async def test_a_caller_that_leaves_does_not_cut_the_write(bank: SqliteDatabase) -> None:
    caller = asyncio.create_task(bank.write(put, "ana", 1))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)

    await bank.write(put, "leo", 1)

    assert await bank.read(units, "ana") == 1


async def test_parameters_are_bound_by_number() -> None:
    assert numbered("SELECT $2, $1, $12") == "SELECT ?2, ?1, ?12"


async def test_listeners_hear_of_their_topic_after_the_commit(bank: SqliteDatabase) -> None:
    async def tell(tx: Tx, topic: str) -> None:
        await tx.announce(Money(minor=1, currency="BRL"), about=topic, at_us=1)

    with bank.listen("ana") as ana, bank.listen("leo") as leo:
        await bank.write(tell, "ana")

        assert await ana.wait(1)
        assert not await leo.wait(0)


@pytest.mark.parametrize(("when", "kept"), [("before", None), ("after", 1)])
async def test_a_failpoint_stands_before_and_after_each_commit(
    bank: SqliteDatabase, when: str, kept: int | None
) -> None:
    failpoint.arm(f"bank.put.{when}=raise")

    with pytest.raises(Broken):
        await bank.write(put, "ana", 1)

    assert await bank.read(units, "ana") == kept
