"""The stage of the story: a platform that it starts, and a narrator who prints each step."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from eventhub.client import EventHub

T = TypeVar("T")

READY = re.compile(r"gRPC (\S+), (\S+)")
READY_WITHIN_S = 15.0
SOON_S = 10.0
LOOK_S = 0.02
FREE_PORTS = ("--port", "0", "--http-port", "0", "--metrics-port", "0")
BOLD, DIM, GREEN, OFF = ("\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "", "")


class Wrong(Exception):
    """A step of the story did not hold."""


def chapter(title: str) -> None:
    """Prints the title of a chapter."""
    print(f"\n{BOLD}{title}{OFF}")


def say(text: str) -> None:
    """Prints one step of the story."""
    print(f"  {GREEN}✓{OFF} {text}")


def aside(text: str) -> None:
    """Prints, dimmed, the lines of a stream or a picture."""
    for line in text.splitlines():
        print(f"    {DIM}{line}{OFF}")


def hold_true(fact: object, what: str) -> None:
    """Prints the sentence if the fact holds; raises Wrong if it does not."""
    if not fact:
        raise Wrong(what)
    say(what)


async def soon(look: Callable[[], Awaitable[T]], what: str) -> T:
    """Calls look() until its answer is truthy, and returns that answer. Raises Wrong after SOON_S."""
    until = time.monotonic() + SOON_S
    while time.monotonic() < until:
        found = await look()
        if found:
            return found
        await asyncio.sleep(LOOK_S)
    raise Wrong(f"{what} within {SOON_S:.0f} seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running platform. address: its gRPC address, or the address of each context if each is a separate process.
    folder: its data folder. out: the folder for pictures of tickets."""

    address: str | Mapping[str, str]
    how: str
    folder: Path
    out: Path
    ready_s: float
    operator_key: Path

    def client(self) -> EventHub:
        """Returns a client that has not signed in."""
        return EventHub(self.address)

    def mails(self, to: str) -> list[Path]:
        """Returns the e-mails written to an address, oldest first."""
        found = [path for path in (self.folder / "mail").glob("*.eml") if f"To: {to}".encode() in path.read_bytes()]
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)


@asynccontextmanager
async def platform(out: Path) -> AsyncIterator[Stage]:
    """Starts a platform in one process on SQLite, in a temporary folder, and stops it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="eventhub-demo-"))
    started = time.monotonic()
    command = [sys.executable, "-m", "services.up", "--data-dir", str(folder), *FREE_PORTS]
    environment = {**os.environ, "EVENTHUB_BREAKER_WAIT_S": "1", "EVENTHUB_CHANGES_WAIT_S": "1"}
    with (folder / "up.log").open("wb") as journal:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.PIPE, stderr=journal, env=environment
        )
        try:
            assert process.stdout is not None
            line = (await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)).decode()
            found = READY.search(line)
            if found is None:
                raise Wrong(f"the platform starts: {(folder / 'up.log').read_text()[-2000:]}")
            ready_s = time.monotonic() - started
            yield Stage(
                address=found[1],
                how=f"in one process: gRPC {found[1]}",
                folder=folder,
                out=out,
                ready_s=ready_s,
                operator_key=folder / "operator.key",
            )
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), READY_WITHIN_S)
    shutil.rmtree(folder)
