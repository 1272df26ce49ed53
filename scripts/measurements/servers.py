"""Starts servers as processes of their own, and connects to them."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import grpc

from scripts.story.stage import FREE_PORTS, READY

ROOT = Path(__file__).resolve().parent.parent.parent
# Makes a server believe the x-forwarded-for of local callers, so each guest can have an address of their own.
BEHIND_A_GATEWAY = {"EVENTHUB_GATEWAYS": "127.0.0.0/8"}
COMPLAINT_CHARS = 2_000
IN_MEMORY = ("tmpfs", "ramfs")


class NotStarted(Exception):
    """A server ended before it was ready. Its text is the end of the server's log."""


@asynccontextmanager
async def running(*command: str, root: Path = ROOT, **environment: str) -> AsyncIterator[tuple[str, int, float]]:
    """Runs a server process. Yields its address, its process id, and the seconds until it reported ready. Raises
    NotStarted.

    command: the arguments of Python. root: the folder of the sources that it runs.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=root,
            env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'clients'}", **environment},
        )
        try:
            assert process.stdout is not None
            found = READY.search((await process.stdout.readline()).decode())
            if found is None:
                await process.wait()
                log.seek(0)
                raise NotStarted(log.read().decode()[-COMPLAINT_CHARS:].strip())
            yield found[1], process.pid, time.monotonic() - started
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await process.wait()


def up(folder: str) -> tuple[str, ...]:
    """Returns the Python arguments that run the platform on free ports."""
    return ("-m", "services.up", "--data-dir", folder, *FREE_PORTS)


@asynccontextmanager
async def connected(address: str, connections: int) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Opens several channels, each with a connection of its own."""
    options = (("grpc.use_local_subchannel_pool", 1),)  # without it, all channels share one connection
    async with AsyncExitStack() as stack:
        wires = [grpc.aio.insecure_channel(address, options=options) for _ in range(connections)]
        yield [await stack.enter_async_context(wire) for wire in wires]


def resident_mb(pid: int) -> float:
    """Returns a process's resident memory, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def processor_s(pid: int) -> float:
    """Returns the processor time that a process has taken so far, in seconds."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(after_name[11]), int(after_name[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def kind_of_disk(folder: Path, mounts: str) -> str:
    """Returns the file system of a folder, such as "ext4"; empty if it is not known. mounts: the lines of
    /proc/mounts."""
    found = ("", "")
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split()
        if folder.is_relative_to(point) and len(point) >= len(found[0]):
            found = point, kind
    return found[1]


@contextlib.contextmanager
def folder_on_disk() -> Iterator[Path]:
    """Yields a temporary folder on a disk: in memory, a commit would cost nothing. Raises NotStarted."""
    mounts = Path("/proc/mounts")
    lines = mounts.read_text() if mounts.exists() else ""
    for home in (Path(tempfile.gettempdir()).resolve(), Path("/var/tmp"), ROOT):  # noqa: S108 - the folder is made by tempfile
        if home.is_dir() and kind_of_disk(home, lines) not in IN_MEMORY:
            with tempfile.TemporaryDirectory(prefix="eventhub-bench-", dir=home) as name:
                yield Path(name)
            return
    raise NotStarted("the temporary folders and the sources are kept in memory: set TMPDIR to a folder on a disk")
