"""Deferred statements, which travel together, have the same effect as alone, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.common.v1.money_pb2 import Money
from services.kit.db.database import Database, StatementRefused, Tx
from services.kit.db.postgres_tx import TOGETHER_MAX, fused
from tests import databases
from tests.kit import bank as accounts
from tests.kit.bank import units

OPEN = "INSERT INTO account (name, units) VALUES ($1, $2)"
ADD = "UPDATE account SET units = units + $2 WHERE name = $1"
SAY = "INSERT INTO noise (text) VALUES ($1)"


@pytest_asyncio.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Database]:
    database = await databases.opened("bank", tmp_path, accounts.schema(tmp_path))
    yield database
    await database.close()


async def said(tx: Tx) -> list[str]:
    return [row[0] for row in await tx.all("SELECT text FROM noise ORDER BY text")]


async def told(tx: Tx) -> list[str]:
    key = "id" if databases.on_postgres() else "pos"
    return [row[0] for row in await tx.all(f"SELECT aggregate_id FROM outbox ORDER BY {key}")]


async def test_statements_of_several_kinds_and_facts_travel_together(bank: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(OPEN, "ana", 1)
        await tx.run(OPEN, "leo", 2)
        for n, name in enumerate(("eva", "rui"), start=10):
            await tx.defer(OPEN, name, n)
            await tx.announce(Money(minor=n), aggregate_id=name, at_us=n)
            await tx.defer(SAY, f"welcome {name}")
        await tx.defer(ADD, "ana", 100)
        await tx.defer(ADD, "leo", 200)

    await bank.write(work)

    found = [await bank.read(units, name) for name in ("ana", "leo", "eva", "rui")]
    assert found == [101, 202, 10, 11]
    assert await bank.read(said) == ["welcome eva", "welcome rui"]
    assert await bank.read(told) == ["eva", "rui"]


@pytest.mark.parametrize("count", [1, TOGETHER_MAX, 2 * TOGETHER_MAX + 1])
async def test_facts_keep_their_order_however_many_there_are(bank: Database, count: int) -> None:
    async def work(tx: Tx) -> None:
        for n in range(count):
            await tx.announce(Money(minor=n), aggregate_id=f"fact {n}", at_us=n)

    await bank.write(work)

    assert await bank.read(told) == [f"fact {n}" for n in range(count)]


async def test_a_statement_sees_the_deferred_ones_before_it(bank: Database) -> None:
    async def work(tx: Tx) -> tuple[int | None, int, list[str]]:
        await tx.defer(OPEN, "ana", 1)
        first = await units(tx, "ana")
        await tx.defer(ADD, "ana", 1)
        changed = await tx.run(ADD, "ana", 10)
        await tx.defer(SAY, "done")
        return first, changed, await said(tx)

    assert await bank.write(work) == (1, 1, ["done"])
    assert await bank.read(units, "ana") == 12


async def test_a_refused_statement_undoes_the_whole_transaction(bank: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(OPEN, "ana", 1)
        await tx.defer(SAY, "hello")
        await tx.defer(OPEN, "leo", -1)
        await tx.announce(Money(minor=1), aggregate_id="leo", at_us=1)

    with pytest.raises(StatementRefused):
        await bank.write(work)

    assert await bank.read(units, "ana") is None
    assert await bank.read(said) == []
    assert await bank.read(told) == []


async def test_sixteen_transactions_at_once_keep_all_they_say(bank: Database) -> None:
    async def work(tx: Tx, name: str) -> None:
        await tx.run(OPEN, name, 0)
        for n in range(3):
            await tx.defer(SAY, f"{name} {n}")
            await tx.announce(Money(minor=n), aggregate_id=name, at_us=n)

    await asyncio.gather(*(bank.write(work, f"n{n:02}") for n in range(16)))

    assert await bank.read(said) == [f"n{n:02} {k}" for n in range(16) for k in range(3)]
    assert sorted(await bank.read(told)) == sorted([f"n{n:02}" for n in range(16)] * 3)


def test_rows_of_one_insert_stand_in_one_statement() -> None:
    assert fused(((SAY, 1),)) == SAY
    assert fused(((OPEN, 2),)) == "INSERT INTO account (name, units) VALUES ($1, $2), ($3, $4)"
    assert fused(((ADD, 1), (SAY, 2))) == (
        "WITH part0 AS (UPDATE account SET units = units + $2 WHERE name = $1) "
        "INSERT INTO noise (text) VALUES ($3), ($4)"
    )
