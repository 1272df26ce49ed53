"""The whole platform as a separate process, as scripts/up runs it."""

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import databases
from tests.mesh.forking import Program, forker

READY = re.compile(r"gRPC \S+:(\d+), (\S+)")
STOPS_WITHIN_S = 15.0
FREE_PORTS = ("--http-port", "0", "--metrics-port", "0")


@dataclass(slots=True)
class PlatformProcess:
    """A running platform. folder: its data folder."""

    process: Program
    folder: Path
    port: int
    http: str

    @property
    def address(self) -> str:
        """Returns its gRPC address."""
        return f"127.0.0.1:{self.port}"

    def journal(self) -> str:
        """Returns the platform's log."""
        return (self.folder / "up.log").read_text()

    def kill(self) -> None:
        """Kills the process with SIGKILL."""
        self.process.kill()
        self.process.wait(STOPS_WITHIN_S)

    def stop(self) -> int:
        """Stops the process with SIGINT, as Ctrl-C does. Returns its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOPS_WITHIN_S)

    def wait_dead(self) -> int:
        """Waits until the process ends by itself. Returns its exit code."""
        return self.process.wait(STOPS_WITHIN_S)


def copied(source: Path, target: Path) -> Path:
    """Copies the data folder of a stopped platform."""
    shutil.copytree(source, target)
    databases.copy(source, target)
    return target


def start(folder: Path, *arguments: str, **settings: str) -> Program:
    """Starts a platform on a data folder, without waiting for it."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        **databases.environment(folder),
        **{f"EVENTHUB_{name.upper()}": value for name, value in settings.items()},
    }
    words = ["--data-dir", str(folder), *FREE_PORTS, *arguments]
    with (folder / "up.log").open("a") as journal:
        return forker().start("up", *words, environment=environment, stderr=journal)


@contextmanager
def platform_process(folder: Path, *, port: int = 0, **settings: str) -> Iterator[PlatformProcess]:
    """Runs a platform inside the block and stops it afterwards, if it still runs."""
    process = start(folder, "--port", str(port), **settings)
    found = READY.search(process.stdout.readline())
    assert found is not None, (folder / "up.log").read_text()
    platform = PlatformProcess(process, folder, int(found[1]), found[2])
    try:
        yield platform
    finally:
        if process.poll() is None:
            platform.stop()
        process.stdout.close()
