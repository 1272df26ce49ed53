"""The whole platform as a process of its own, as scripts/up runs it."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import databases

ROOT = Path(__file__).parent.parent.parent
READY = re.compile(r"gRPC \S+:(\d+), (\S+)")
STOPS_WITHIN_S = 15.0
FREE_PORTS = ("--http-port", "0", "--metrics-port", "0")


@dataclass(slots=True)
class House:
    """A platform that is up. folder: its data folder."""

    process: "subprocess.Popen[str]"
    folder: Path
    port: int
    http: str

    @property
    def address(self) -> str:
        """Where gRPC listens."""
        return f"127.0.0.1:{self.port}"

    def journal(self) -> str:
        """Its log."""
        return (self.folder / "up.log").read_text()

    def kill(self) -> None:
        """Ends it as kill -9 does."""
        self.process.kill()
        self.process.wait(STOPS_WITHIN_S)

    def stop(self) -> int:
        """Ends it as Ctrl-C does; its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOPS_WITHIN_S)

    def wait_dead(self) -> int:
        """Waits until it has ended by itself; its exit code."""
        return self.process.wait(STOPS_WITHIN_S)


def copied(source: Path, target: Path) -> Path:
    """A copy of a data folder whose platform does not run."""
    shutil.copytree(source, target)
    databases.copy(source, target)
    return target


def start(folder: Path, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Starts a platform on a data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}",
        **databases.environment(folder),
        **{f"EVENTHUB_{name.upper()}": value for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "services.up", "--data-dir", str(folder), *FREE_PORTS, *arguments]
    with (folder / "up.log").open("a") as journal:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=journal, text=True)


@contextmanager
def house(folder: Path, *, port: int = 0, **settings: str) -> Iterator[House]:
    """A platform that is up, and stopped afterwards if it still is."""
    process = start(folder, "--port", str(port), **settings)
    assert process.stdout is not None
    found = READY.search(process.stdout.readline())
    assert found is not None, (folder / "up.log").read_text()
    home = House(process, folder, int(found[1]), found[2])
    try:
        yield home
    finally:
        if process.poll() is None:
            home.stop()
        process.stdout.close()
