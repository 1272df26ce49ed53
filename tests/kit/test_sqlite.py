"""The database port on SQLite keeps its promises even if SQLite rolls back a whole group."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest
import pytest_asyncio
import structlog

from eventhub.refusals import Unavailable
from services.kit.db.database import StatementRefused, Suspended, Tx
from services.kit.db.migrations import migrate
from services.kit.db.sqlite import SqliteDatabase
from services.kit.db.sqlite_group import IO_ERROR_EXIT, commit, numbered
from tests.kit import bank as accounts
from tests.kit.bank import put, take_one, units


@pytest_asyncio.fixture
async def bank(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase("bank", tmp_path / "bank.db")
    await migrate(database, accounts.schema(tmp_path), epoch="epo_1", now_us=1)
    yield database
    await database.close()


async def test_long_and_brief_writes_keep_their_order(bank: SqliteDatabase) -> None:
    await asyncio.gather(
        bank.write(put, "ana", 2),
        bank.write_long(take_one, "ana"),
        bank.write(take_one, "ana"),
        bank.write(put, "leo", 1),
    )

    assert [await bank.read(units, name) for name in ("ana", "leo")] == [0, 1]


async def test_waiting_writes_are_done_before_it_closes(tmp_path: Path, bank: SqliteDatabase) -> None:
    writes = [asyncio.create_task(bank.write(put, f"{n}", n)) for n in range(3)]
    await asyncio.sleep(0)
    await bank.close()

    assert await asyncio.gather(*writes) == ["0", "1", "2"]
    again = SqliteDatabase("bank", tmp_path / "bank.db")
    assert [await again.read(units, f"{n}") for n in range(3)] == [0, 1, 2]
    await again.close()


async def test_a_rollback_of_the_whole_group_loses_no_write(bank: SqliteDatabase) -> None:
    async def trap(tx: Tx) -> None:
        await tx.run(
            """CREATE TRIGGER trap BEFORE INSERT ON account WHEN NEW.name = 'bad'
               BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END"""
        )

    await bank.write(trap)
    answers = await asyncio.gather(*(bank.write(put, name, 1) for name in ["a", "bad", "b"]), return_exceptions=True)

    assert [type(answer) for answer in answers] == [str, StatementRefused, str]
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


async def test_it_is_ready_while_its_file_is_the_one_it_opened(tmp_path: Path, bank: SqliteDatabase) -> None:
    assert await bank.ready()

    file = (tmp_path / "bank.db").rename(tmp_path / "elsewhere.db")
    assert not await bank.ready()
    (tmp_path / "bank.db").write_bytes(b"")
    assert not await bank.ready()

    file.replace(tmp_path / "bank.db")
    assert await bank.ready()


async def test_after_a_write_that_failed_it_is_ready_once_it_can_write(bank: SqliteDatabase) -> None:
    other = apsw.Connection(str(bank.path))
    bank._writer.set_busy_timeout(0)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await bank.write(put, "ana", 1)

    assert not await bank.ready()
    other.execute("ROLLBACK")
    assert await bank.ready()
    other.close()


def test_a_disk_that_fails_ends_the_process_with_a_line_of_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        filename = "/data/orders.db"

        def execute(self, sql: str) -> None:
            raise apsw.IOError("disk I/O error")

    def ended(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("os._exit", ended)
    failing: Any = Failing()

    with structlog.testing.capture_logs() as journal, pytest.raises(SystemExit, match=str(IO_ERROR_EXIT)):
        commit(failing)

    (line,) = journal
    assert (line["log_level"], line["file"]) == ("error", "/data/orders.db")


async def test_a_transaction_waits_for_nothing_else(bank: SqliteDatabase) -> None:
    async def wait(tx: Tx) -> None:
        await put(tx, "ana", 1)
        await asyncio.sleep(0)

    with pytest.raises(Suspended):
        await bank.write(wait)

    assert await bank.read(units, "ana") is None


async def test_parameters_are_bound_by_number() -> None:
    assert numbered("SELECT $2, $1, $12") == "SELECT ?2, ?1, ?12"
