"""The database port on PostgreSQL: conflicting transactions, and a server that stops and returns."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from eventhub.refusals import InvalidRequest, Overloaded, Unavailable
from services.kit.db import postgres
from services.kit.db.database import Mode, StatementRefused, Tx
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from services.kit.db.postgres_kinds import IDLE_S, KINDS, LOCK_S
from services.kit.values import database_url
from tests.databases import middle
from tests.kit import bank as accounts
from tests.kit.bank import put, take_one, units
from tests.kit.wire import Wire
from tests.postgres import server
from tests.stage import until

NAME = "bank"


@pytest_asyncio.fixture
async def bank(tmp_path: Path) -> AsyncIterator[PostgresDatabase]:
    await server().create(NAME)
    database = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)
    await migrate(database, accounts.schema(tmp_path), epoch="epo_1", now_us=1)
    yield database
    await database.close()
    await server().drop(NAME)


async def take_locked(tx: Tx, name: str) -> bool:
    rows = await tx.lock("SELECT units FROM account WHERE name = $1", name)
    if rows[0][0] == 0:
        return False
    await tx.run("UPDATE account SET units = $1 WHERE name = $2", rows[0][0] - 1, name)
    return True


async def test_a_text_with_nul_is_an_invalid_request(bank: PostgresDatabase) -> None:
    with pytest.raises(InvalidRequest):
        await bank.write(put, "a\0b", 1)
    with pytest.raises(InvalidRequest):
        await bank.read(units, "a\0b")


async def test_decisions_under_a_lock_are_made_one_by_one(bank: PostgresDatabase) -> None:
    await bank.write(put, "seats", 5)

    taken = await asyncio.gather(*(bank.write(take_locked, "seats") for _ in range(16)))

    assert sum(taken) == 5


async def test_a_deadlock_is_not_seen(bank: PostgresDatabase) -> None:
    async def move(tx: Tx, giver: str, taker: str) -> None:
        await tx.run("UPDATE account SET units = units - 1 WHERE name = $1", giver)
        held[giver].set()
        await held[taker].wait()
        await tx.run("UPDATE account SET units = units + 1 WHERE name = $1", taker)

    held = {"ana": asyncio.Event(), "leo": asyncio.Event()}
    for name in held:
        await bank.write(put, name, 9)

    await asyncio.gather(bank.write(move, "ana", "leo"), bank.write(move, "leo", "ana"))

    assert [await bank.read(units, name) for name in held] == [9, 9]


async def test_a_migration_does_not_queue_for_a_lock(bank: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(tx: Tx) -> None:
        await put(tx, "ana", 1)
        entered.set()
        await leave.wait()

    async def widen(tx: Tx) -> None:
        runs.append("widen")
        await tx.run("ALTER TABLE account ADD COLUMN note TEXT")

    entered, leave, runs = asyncio.Event(), asyncio.Event(), list[str]()
    migrate = KINDS[Mode.MIGRATE]
    soon = migrate.begin.replace(f"lock_timeout = '{LOCK_S}s'", "lock_timeout = '20ms'")
    assert soon != migrate.begin
    monkeypatch.setitem(KINDS, Mode.MIGRATE, replace(migrate, begin=soon))
    slowly = asyncio.create_task(bank.write(slow))
    await entered.wait()
    reshaping = asyncio.create_task(bank.migrate(widen))
    await until(lambda: len(runs) > 1)
    assert await bank.read(units, "ana") is None, "others get at it meanwhile"
    leave.set()
    await slowly
    await reshaping

    assert await bank.read(units, "ana") == 1


@pytest.mark.parametrize("lost", [b"ana", b"COMMIT\0"])
async def test_a_write_whose_end_is_unknown_runs_again(bank: PostgresDatabase, lost: bytes) -> None:
    async def claim(tx: Tx, name: str) -> bool:
        runs.append(name)
        row = await tx.one(
            "INSERT INTO account (name, units) VALUES ($1, 1) ON CONFLICT (name) DO NOTHING RETURNING 1", name
        )
        return row is not None

    runs: list[str] = []
    async with Wire(server().url_of(NAME)).open() as wire:
        far = await PostgresDatabase.opened(NAME, wire.url, middle)
        assert await far.write(claim, "leo")
        wire.lose_answer_to = lost
        first = await far.write(claim, "ana")
        await far.close()

    assert wire.cuts == 1
    assert runs == ["leo", "ana", "ana"]
    assert first is (lost == b"ana")  # the first run was committed, and the second found its row
    assert await bank.read(units, "ana") == 1


async def test_a_refusal_that_is_swallowed_is_not_taken_for_a_commit(bank: PostgresDatabase) -> None:
    async def swallow(tx: Tx) -> None:
        try:
            await put(tx, "ana", -1)
        except asyncpg.CheckViolationError:
            return

    with pytest.raises(StatementRefused):
        await bank.write(swallow)


async def test_a_mistake_says_nothing_of_the_values(bank: PostgresDatabase) -> None:
    await bank.write(put, "ana@example.com", 1)
    with pytest.raises(StatementRefused) as refused:
        await bank.write(put, "ana@example.com", 1)

    assert refused.value.args == ("UniqueViolationError", "account_pkey")
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


async def test_reads_write_nothing(bank: PostgresDatabase) -> None:
    with pytest.raises(Unavailable):
        await bank.read(put, "ana", 1)

    assert await bank.read(units, "ana") is None


async def test_statements_outlive_a_change_of_the_schema(bank: PostgresDatabase) -> None:
    async def everything(tx: Tx) -> int:
        return len(await tx.all("SELECT * FROM account"))

    for _ in range(8):
        assert await bank.read(everything) == 0
    await server().run("ALTER TABLE account ADD COLUMN city TEXT NOT NULL DEFAULT ''", NAME)

    assert await asyncio.gather(*(bank.read(everything) for _ in range(8))) == [0] * 8


async def test_nothing_is_kept_in_a_session(bank: PostgresDatabase) -> None:
    async def wipe(connection: asyncpg.Connection) -> None:
        await connection.execute("DISCARD ALL")
        wiped.append(connection)

    wiped: list[object] = []
    url = f"{server().url_of(NAME)}&prepare=off&pool=2"
    pooled = await PostgresDatabase.opened(NAME, url, middle, at_rest=wipe)
    await pooled.write(put, "seats", 20)

    for _ in range(3):
        await asyncio.gather(*(pooled.write(take_locked, "seats") for _ in range(4)))
        await asyncio.gather(*(pooled.write(take_one, "seats") for _ in range(2)))

    assert await pooled.read(units, "seats") == 2
    assert len(wiped) >= 20
    await pooled.close()


@pytest.mark.parametrize("odd", ["prepare=maybe", "pool=none", "pool=0"])
async def test_a_url_with_unknown_options_is_refused(odd: str) -> None:
    with pytest.raises(ValueError, match="database URL"):
        await PostgresDatabase.opened(NAME, f"postgresql://localhost/bank?{odd}", middle)


async def test_too_many_at_once_are_refused(bank: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait(tx: Tx) -> None:
        await go_on.wait()

    go_on = asyncio.Event()
    monkeypatch.setattr(postgres, "WAITING_MAX", database_url.POOL_MAX + 1)
    held = [asyncio.create_task(bank.write(wait)) for _ in range(database_url.POOL_MAX)]
    await until(lambda: bank._pool.get_size() == database_url.POOL_MAX)
    monkeypatch.setattr(postgres, "ACQUIRE_S", 0.05)
    waiting = asyncio.create_task(bank.write(take_one, "seats"))
    await asyncio.sleep(0)

    with pytest.raises(Overloaded):
        await bank.write(take_one, "seats")
    with pytest.raises((Overloaded, Unavailable)):
        await waiting
    go_on.set()
    await asyncio.gather(*held)


async def test_a_process_that_stands_still_lets_go_of_its_locks(
    bank: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def freeze(tx: Tx) -> None:
        await take_locked(tx, "seats")
        frozen.set()
        await thawed.wait()
        await take_locked(tx, "seats")

    frozen, thawed = asyncio.Event(), asyncio.Event()
    await bank.write(put, "seats", 5)
    idle = "idle_in_transaction_session_timeout = "
    write = KINDS[Mode.WRITE]
    brief = write.begin.replace(f"{idle}'{IDLE_S}s'", f"{idle}'100ms'")
    assert brief != write.begin
    monkeypatch.setitem(KINDS, Mode.WRITE, replace(write, begin=brief))
    asleep = asyncio.create_task(bank.write(freeze))
    await frozen.wait()

    assert await bank.write(take_locked, "seats")
    thawed.set()
    await asleep  # the first run was rolled back, so the second began from the start
    assert await bank.read(units, "seats") == 5 - 1 - 2


async def test_a_server_that_is_away_at_the_start_is_found_when_it_comes(tmp_path: Path) -> None:
    early = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)
    with pytest.raises(Unavailable):
        await early.write(put, "ana", 1)
    assert not await early.ready()

    await server().create(NAME)
    await until(early.ready)
    await migrate(early, accounts.schema(tmp_path), epoch="epo_1", now_us=1)

    assert await early.write(put, "ana", 1)
    await early.close()
    await server().drop(NAME)


async def test_a_server_that_goes_and_comes_loses_nothing(bank: PostgresDatabase) -> None:
    async def pay_in(n: int) -> str | None:
        try:
            return await bank.write(put, f"a{n}", n)
        except Unavailable:
            return None

    assert await bank.ready()
    before = [asyncio.create_task(pay_in(n)) for n in range(200)]
    await until(lambda: any(task.done() for task in before))
    try:
        await server().tell("crash")
        await until(lambda: all(task.done() for task in before))
        await until(lambda: not_ready(bank))
        async with asyncio.timeout(1):
            with pytest.raises(Unavailable):
                await bank.read(units, "a1")
    finally:
        await server().tell("start")
    await until(bank.ready)

    assert await bank.write(put, "after", 1)
    for task in before:
        name = task.result()
        assert name is None or await bank.read(units, name) == int(name[1:])
    assert any(task.result() for task in before)


async def not_ready(bank: PostgresDatabase) -> bool:
    return not await bank.ready()
