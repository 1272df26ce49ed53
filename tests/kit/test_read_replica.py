"""Reads that may be some seconds old, on a real replica of the server."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from services.kit.db import opened, read_replica
from services.kit.db.database import Database, StatementRefused, Tx
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from services.kit.db.read_replica import LAG_MAX_S, LOOK_S, Horizon, ReplicatedDatabase
from services.kit.observe import log
from services.kit.values import Settings, SystemIds
from tests.databases import middle
from tests.kit import bank as accounts
from tests.kit.bank import put, take_one, units
from tests.postgres import ask, server
from tests.replicated import Time, on_replica
from tests.stage import until

NAME = "bank"
# A port at which no server listens.
AWAY = "postgresql://127.0.0.1:1/bank"


@pytest_asyncio.fixture
async def primary(tmp_path: Path) -> AsyncIterator[PostgresDatabase]:
    await server().create(NAME)
    database = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)
    await migrate(database, accounts.schema(tmp_path), epoch="epo_1", now_us=1)
    yield database
    await database.close()
    await server().drop(NAME)


@pytest_asyncio.fixture
async def far(primary: PostgresDatabase) -> AsyncIterator[str]:
    """The URL of a replica's database."""
    url = await server().replica()
    yield url.format(name=NAME)
    await server().tell("no replica")


@pytest.fixture
def out() -> Iterator[io.BytesIO]:
    """The log from warnings on."""
    told = io.BytesIO()
    log.configure(level="warning", out=told)
    yield told
    structlog.reset_defaults()


async def both(primary: PostgresDatabase, url: str, time: Time) -> ReplicatedDatabase:
    """A database whose replica is at a URL; it closes with its primary."""
    return ReplicatedDatabase(primary, await PostgresDatabase.opened("bank-replica", url, middle), time)


async def answered_by_replica(bank: Database) -> bool:
    return await bank.read_behind(on_replica)


def lines(out: io.BytesIO) -> list[str]:
    """The events logged about the replica, in order."""
    log.get("end").error("end")  # writes all lines before it
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    return [line["event"] for line in told if "replica " in line["event"]]


async def test_only_a_read_that_may_be_old_goes_to_the_replica(primary: PostgresDatabase, far: str) -> None:
    time = Time()
    bank = await both(primary, far, time)
    await bank.write(put, "ana", 3)

    await until(lambda: passes(bank, time))

    assert await bank.read_behind_long(on_replica)
    assert await bank.read_behind(units, "ana") == 3
    assert not await bank.read(on_replica)
    assert not await bank.read_long(on_replica)
    assert not await bank.write(on_replica)
    assert await bank.write(take_one, "ana")
    await bank.close()


async def passes(bank: Database, time: Time) -> bool:
    """Whether the replica answers, at a moment that lets a new try begin."""
    time.now_s += LOOK_S
    return await answered_by_replica(bank)


async def test_an_answer_is_never_older_than_the_bound(primary: PostgresDatabase, far: str, out: io.BytesIO) -> None:
    time = Time()
    bank = await both(primary, far, time)
    await until(lambda: passes(bank, time))
    await ask(far, "SELECT pg_wal_replay_pause()")
    await bank.write(put, "ana", 3)

    time.now_s += LOOK_S
    fresh_enough = await bank.read_behind(units, "ana"), await answered_by_replica(bank)
    time.now_s += LAG_MAX_S
    late = await bank.read_behind(units, "ana"), await answered_by_replica(bank)
    told = lines(out)
    await ask(far, "SELECT pg_wal_replay_resume()")
    await until(lambda: passes(bank, time))

    assert fresh_enough == (None, True)
    assert late == (3, False)
    assert told == ["replica not used, the primary answers"]
    assert lines(out) == [*told, "replica is used again"]
    await bank.close()


async def test_a_replica_that_has_lost_its_primary_is_noticed(primary: PostgresDatabase, far: str) -> None:
    time = Time()
    bank = await both(primary, far, time)
    await until(lambda: passes(bank, time))
    await ask(far, "ALTER SYSTEM SET primary_conninfo = ''")
    await ask(far, "SELECT pg_reload_conf()")
    await until(lambda: lost(far))
    await bank.write(put, "ana", 3)
    await bank.read_behind(units, "ana")

    time.now_s += LAG_MAX_S + LOOK_S
    await answered_by_replica(bank)

    assert await bank.read_behind(units, "ana") == 3
    await bank.close()


async def lost(url: str) -> bool:
    """Whether the replica of a URL receives nothing any more."""
    return not await ask(url, "SELECT 1 FROM pg_stat_wal_receiver")


async def test_the_primary_answers_for_a_replica_that_goes_and_comes(
    primary: PostgresDatabase, far: str, out: io.BytesIO
) -> None:
    time = Time()
    bank = await both(primary, far, time)
    await bank.write(put, "ana", 3)
    await until(lambda: passes(bank, time))

    await server().tell("no replica")
    answers = await asyncio.gather(*(bank.read_behind(units, "ana") for _ in range(20)))
    time.now_s += LOOK_S
    again = await bank.read_behind(units, "ana")
    told = lines(out)
    await server().replica()
    await until(lambda: passes(bank, time))

    assert {*answers, again} == {3}
    assert told == ["replica not used, the primary answers"]
    assert lines(out) == [*told, "replica is used again"]
    await bank.close()


async def test_a_silent_replica_is_not_waited_for_by_every_read(
    primary: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer)
        await reader.read()
        writer.close()

    seen: list[asyncio.StreamWriter] = []
    monkeypatch.setattr(read_replica, "PATIENCE_S", 0.05)
    silent = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    bank = await both(primary, f"postgresql://127.0.0.1:{port}/bank?sslmode=disable", Time())

    for _ in range(20):
        assert not await bank.read_behind(on_replica)

    assert len(seen) == 1
    await bank.close()
    silent.close()


async def test_work_that_the_replica_cannot_do_yet_is_done_by_the_primary(primary: PostgresDatabase) -> None:
    async def wrong(tx: Tx) -> None:
        await tx.all("SELECT nothing FROM account")

    await server().create("empty")
    time = Time()
    bank = await both(primary, server().url_of("empty"), time)
    await bank.write(put, "ana", 3)

    assert await bank.read_behind(units, "ana") == 3
    time.now_s += LOOK_S
    with pytest.raises(StatementRefused):
        await bank.read_behind(wrong)
    await bank.close()
    await server().drop("empty")


async def test_a_refusal_by_the_work_is_an_answer(primary: PostgresDatabase, far: str) -> None:
    async def refuse(tx: Tx) -> None:
        runs.append(await on_replica(tx))
        raise KeyError

    runs: list[bool] = []
    time = Time()
    bank = await both(primary, far, time)
    await until(lambda: passes(bank, time))

    with pytest.raises(KeyError):
        await bank.read_behind(refuse)

    assert runs == [True]
    await bank.close()


async def test_the_primary_alone_makes_ready(primary: PostgresDatabase) -> None:
    bank = await both(primary, AWAY, Time())
    assert await bank.ready()
    assert bank.leases() is not None
    with bank.listen(""):
        pass
    await bank.close()


async def test_settings_name_the_replica(primary: PostgresDatabase, far: str) -> None:
    there = Settings(database_url=server().url_of("{context}"), database_read_url=far.replace(NAME, "{context}"))
    bank = await opened(there, NAME, SystemIds())

    await until(lambda: answered_by_replica(bank))

    assert not await bank.read(on_replica)
    await bank.close()


def test_what_a_replica_must_have_reached_moves_on_with_time() -> None:
    seen = Horizon()
    assert seen.oldest(0.0) is None
    seen.add(0.0, 100)
    seen.add(1.0, 200)

    assert seen.oldest(LAG_MAX_S) == (LAG_MAX_S, 100)
    assert seen.oldest(LAG_MAX_S + 0.5) == (LAG_MAX_S - 0.5, 200)
    assert seen.oldest(LAG_MAX_S + 1.5) is None
