"""The databases that tests run on: SQLite, or a PostgreSQL server with pytest --database postgres. A test gets a
context's database by the folder it names, and the same database again for the same folder."""

import asyncio
import hashlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

from services.kit.db.database import Database, Tx
from services.kit.db.migrations import contexts, migrate, schemas, scripts
from services.kit.db.postgres import PostgresDatabase
from services.kit.db.sqlite import SqliteDatabase
from services.kit.process.runtime import Runtime
from tests.postgres import Server, server

# "pgbouncer" is PostgreSQL behind a PgBouncer in transaction mode, which must be installed.
CHOICES = ("sqlite", "postgres", "pgbouncer")
POOL = 8

chosen = ["sqlite"]
# The databases given to the running test, and the template databases to copy, by schema.
_given: set[str] = set()
_templates: dict[str, str] = {}


def on_postgres() -> bool:
    """Whether tests run on PostgreSQL."""
    return chosen[0] != "sqlite"


def url(folder: Path) -> str:
    """The URL of the databases of a folder, with "{context}" for a context's name; empty for SQLite files in it."""
    return f"{server().url_of(f'{prefix(folder)}_{{context}}')}&pool={POOL}" if on_postgres() else ""


def prefix(folder: Path) -> str:
    """The prefix of the names of a folder's databases."""
    return f"t{hashlib.sha1(str(folder).encode(), usedforsecurity=False).hexdigest()[:12]}"


class TestHost(Runtime):
    """A Runtime that makes databases when they are first opened."""

    async def database(self, context: str, schema: Path) -> Database:
        """Makes and migrates the context's database."""
        await prepare(context, self.settings.data_dir, schema)
        return await super().database(context, schema)


def under_test(runtime: Runtime) -> Runtime:
    """A Runtime like this one that makes databases when they are first opened."""
    return TestHost(**{field.name: getattr(runtime, field.name) for field in fields(runtime)})


async def opened(name: str, folder: Path, schema: Path) -> Database:
    """Makes and migrates a database that belongs to no context."""
    await prepare(name, folder, schema)
    database: Database
    if on_postgres():
        database = await PostgresDatabase.opened(name, url(folder).replace("{context}", name), middle)
    else:
        database = SqliteDatabase(name, folder / f"{name}.db")
    await migrate(database, schema, epoch="epo_1", now_us=1)
    return database


async def prepare(name: str, folder: Path, schema: Path) -> None:
    """Makes a database on the server if there is none, as a copy of one that has had every migration."""
    wanted = f"{prefix(folder)}_{name}"
    if not on_postgres() or wanted in _given:
        return
    _given.add(wanted)
    await server().create(wanted, await template(server(), schema))


def given() -> frozenset[str]:
    """The databases given to tests so far."""
    return frozenset(_given)


async def forget(kept: frozenset[str]) -> None:
    """Drops the databases given to tests, except those to keep."""
    for name in _given - kept:
        await server().drop(name)
    _given.intersection_update(kept)


def environment(folder: Path) -> dict[str, str]:
    """The environment that names the databases of a folder to a program; makes them first."""

    async def all_of_them() -> None:
        for name, schema in every():
            await prepare(name, folder, schema)

    if not on_postgres():
        return {}
    apart(all_of_them())
    return {"EVENTHUB_DATABASE_URL": url(folder)}


def copy(source: Path, target: Path) -> None:
    """Copies the databases of a folder, which must not be in use."""

    async def all_of_them() -> None:
        for name, _ in every():
            await server().create(f"{prefix(target)}_{name}", f"{prefix(source)}_{name}")
            _given.add(f"{prefix(target)}_{name}")

    if on_postgres():
        apart(all_of_them())


def every() -> list[tuple[str, Path]]:
    """All databases of the platform, each with the folder of its migrations."""
    return [(name, schema) for context in contexts() for name, schema in schemas(context).items()]


def apart(work: Coroutine[Any, Any, None]) -> None:
    """Runs work on a new event loop in a thread, for callers that may be on a loop already and cannot await."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def template(held: Server, schema: Path) -> str:
    """The template database for a schema. It has no history, so that each copy begins its own."""
    content = repr(scripts(schema, "postgres")).encode()
    name = f"template_{hashlib.sha1(content, usedforsecurity=False).hexdigest()[:12]}"
    if content.decode() not in _templates:
        await held.create(name)
        # A pooler would keep a connection to it, and a database with connections cannot be copied.
        database = await PostgresDatabase.opened(name, held.direct_url.format(name=name), middle)
        await migrate(database, schema, epoch="", now_us=1)
        await database.write(without_history)
        await database.close()
        _templates[content.decode()] = name
    return name


async def without_history(tx: Tx) -> None:
    """Deletes the epoch, which names the history."""
    await tx.run("DELETE FROM feed_head")


def middle(low: float, high: float) -> float:
    """Returns the lower bound: tests use no randomness."""
    return (low + high) / 2
