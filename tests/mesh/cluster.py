"""A mesh that is up, as scripts/mesh runs it: two replicas of every context, faults by its own commands."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eventhub.client import EventHub
from scripts.cluster import running, table
from scripts.cluster.table import NEEDS, Service
from tests.mesh.house import ROOT
from tests.stage import until

READY_WITHIN_S = 120.0
COMES_BACK_WITHIN_S = 60.0
STOPS_WITHIN_S = 120.0


@dataclass(slots=True)
class Cluster:
    """A mesh that is up. folder: its data folder."""

    process: "subprocess.Popen[str]"
    folder: Path

    def rows(self) -> list[Service]:
        """What runs."""
        return [row for row, _ in running.noted(self.folder).values()]

    def pid(self, name: str) -> int:
        """A process's id."""
        return running.noted(self.folder)[name][1]

    def hub(self) -> EventHub:
        """A client that has not signed in."""
        return EventHub(table.public(self.rows()))

    def said(self, name: str, event: str) -> list[dict[str, object]]:
        """What a process has logged of an event, oldest first."""
        found = []
        for line in (self.folder / "log" / f"{name}.log").read_text().splitlines():
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict) and entry.get("event") == event:
                    found.append(entry)
        return found

    def leases(self, context: str) -> dict[str, int]:
        """The lease that each replica of a context took last; 0 for none."""
        return {
            row.name: max((int(str(entry["lease"])) for entry in self.said(row.name, "lease taken")), default=0)
            for row in self.rows()
            if row.context == context
        }

    def on_duty(self, context: str) -> str:
        """The replica that runs a context's loops: the one that took the lease last."""
        leases = self.leases(context)
        return max(leases, key=lambda name: leases[name])

    def order(self, command: str, name: str) -> None:
        """scripts/mesh COMMAND NAME."""
        told = [sys.executable, "-m", "scripts.cluster", "--data-dir", str(self.folder), command, name]
        subprocess.run(told, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL)

    def end(self, name: str) -> int:
        """Ends a process as Kubernetes does; the id it had. The mesh starts it again."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGTERM)
        return pid

    async def back(self, name: str, was: int) -> None:
        """Waits until a process has been started again and is ready."""
        port = next(row.ports.health for row in self.rows() if row.name == name)

        async def ready() -> bool:
            return self.pid(name) != was and await running.health(port, "readiness") == "SERVING"

        await until(ready, COMES_BACK_WITHIN_S)


def environment() -> dict[str, str]:
    """What commands are told."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A mesh that is up, and stopped afterwards."""
    command = [sys.executable, "-m", "scripts.cluster", "--data-dir", str(folder), "up", "--first-port", "0"]
    process = subprocess.Popen(
        [*command, "--two", *NEEDS],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=read, args=(process, said))
    reader.start()
    try:
        wait_ready(said)
        yield Cluster(process, folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOPS_WITHIN_S)
        reader.join()
        assert process.stdout is not None
        process.stdout.close()


def read(process: "subprocess.Popen[str]", said: "queue.SimpleQueue[str]") -> None:
    """Reads what a process says, so that it never waits for a reader."""
    assert process.stdout is not None
    for line in process.stdout:
        said.put(line)
    said.put("")


def wait_ready(said: "queue.SimpleQueue[str]") -> None:
    """Waits until it says that it is ready; fails with all it said if it ends instead."""
    told = ["-"]
    while not told[-1].startswith("The mesh is ready"):
        told.append(said.get(timeout=READY_WITHIN_S))
        assert told[-1], "".join(told)
