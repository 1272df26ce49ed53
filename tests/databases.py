"""Which database tests run on: SQLite, or with pytest --database postgres a PostgreSQL server. A test asks for a
context's database in a folder of its own and is given the same again for the same folder."""

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

DIALECTS = ("sqlite", "postgres")
POOL = 8

chosen = ["sqlite"]
# What the running test has been given, and from what databases are copied, by what is in it.
_given: set[str] = set()
_templates: dict[str, str] = {}


def on_postgres() -> bool:
    """Whether tests run on PostgreSQL."""
    return chosen[0] == "postgres"


def url(folder: Path) -> str:
    """Where the databases of a folder are, "{context}" standing for a context's name; empty for files in it."""
    return f"{server().url_of(f'{prefix(folder)}_{{context}}')}&pool={POOL}" if on_postgres() else ""


def prefix(folder: Path) -> str:
    """What the names of a folder's databases begin with."""
    return f"t{hashlib.sha1(str(folder).encode(), usedforsecurity=False).hexdigest()[:12]}"


class TestHost(Runtime):
    """A host whose databases are made when they are asked for."""

    async def database(self, context: str, schema: Path) -> Database:
        """The context's own database, up to date."""
        await prepare(context, self.settings.data_dir, schema)
        return await super().database(context, schema)


def under_test(runtime: Runtime) -> Runtime:
    """The runtime, whose databases are made when they are asked for."""
    return TestHost(**{field.name: getattr(runtime, field.name) for field in fields(runtime)})


async def opened(name: str, folder: Path, schema: Path) -> Database:
    """A database that belongs to no context, up to date."""
    await prepare(name, folder, schema)
    database: Database
    if on_postgres():
        database = await PostgresDatabase.opened(name, url(folder).replace("{context}", name), middle)
    else:
        database = SqliteDatabase(name, folder / f"{name}.db")
    await migrate(database, schema, epoch="epo_1", now_us=1)
    return database


async def prepare(name: str, folder: Path, schema: Path) -> None:
    """Makes a database on the server, if it is not there: the copy of one that has had every migration."""
    wanted = f"{prefix(folder)}_{name}"
    if not on_postgres() or wanted in _given:
        return
    _given.add(wanted)
    await server().create(wanted, await template(server(), schema))


def given() -> frozenset[str]:
    """What tests have been given so far."""
    return frozenset(_given)


async def forget(kept: frozenset[str]) -> None:
    """Drops what tests were given, but for what is kept."""
    for name in _given - kept:
        await server().drop(name)
    _given.intersection_update(kept)


def environment(folder: Path) -> dict[str, str]:
    """What a whole program on a folder is told about its databases, which are made."""

    async def all_of_them() -> None:
        for name, schema in every():
            await prepare(name, folder, schema)

    if not on_postgres():
        return {}
    apart(all_of_them())
    return {"EVENTHUB_DATABASE_URL": url(folder)}


def copy(source: Path, target: Path) -> None:
    """Copies the databases of a folder that nobody uses now."""

    async def all_of_them() -> None:
        for name, _ in every():
            await server().create(f"{prefix(target)}_{name}", f"{prefix(source)}_{name}")
            _given.add(f"{prefix(target)}_{name}")

    if on_postgres():
        apart(all_of_them())


def every() -> list[tuple[str, Path]]:
    """Every database of the platform, with its schema."""
    return [(name, schema) for context in contexts() for name, schema in schemas(context).items()]


def apart(work: Coroutine[Any, Any, None]) -> None:
    """Does some work on an event loop of its own, for those who may be on one already and cannot wait there."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def template(held: Server, schema: Path) -> str:
    """The database that those with a schema are copied from. It has no history: each copy begins its own."""
    content = repr(scripts(schema, "postgres")).encode()
    name = f"template_{hashlib.sha1(content, usedforsecurity=False).hexdigest()[:12]}"
    if content.decode() not in _templates:
        await held.create(name)
        database = await PostgresDatabase.opened(name, held.url_of(name), middle)
        await migrate(database, schema, epoch="", now_us=1)
        await database.write(without_history)
        await database.close()
        _templates[content.decode()] = name
    return name


async def without_history(tx: Tx) -> None:
    """Forgets the name of a history."""
    await tx.run("DELETE FROM feed_head")


def middle(low: float, high: float) -> float:
    """No chance in tests."""
    return (low + high) / 2
