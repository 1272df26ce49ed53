"""Runs a mesh with scripts/mesh: two replicas of each context, faults through the script's own commands."""

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
from typing import Any

from eventhub.client import EventHub
from scripts.cluster import running, table
from scripts.cluster.table import NEEDS, Service
from services.kit.values.shards import shard_of
from tests.sources import ROOT
from tests.stage import until

READY_WITHIN_S = 120.0
COMES_BACK_WITHIN_S = 60.0
STOPS_WITHIN_S = 120.0


@dataclass(slots=True)
class Cluster:
    """A running mesh. folder: its data folder."""

    process: "subprocess.Popen[str]"
    folder: Path

    def rows(self) -> list[Service]:
        """Returns the running processes."""
        return [row for row, _ in running.processes_of(self.folder).values()]

    def pid(self, name: str) -> int:
        """Returns a process's id."""
        return running.processes_of(self.folder)[name][1]

    def hub(self) -> EventHub:
        """Returns a client that has not signed in."""
        return EventHub(table.public(self.rows()))

    def said(self, name: str, event: str) -> list[dict[str, Any]]:
        """Returns a process's log entries for an event, oldest first."""
        found = []
        for line in (self.folder / "log" / f"{name}.log").read_text().splitlines():
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict) and entry.get("event") == event:
                    found.append(entry)
        return found

    def takers(self, context: str, producer: str) -> list[str]:
        """Returns the replicas of a context that have taken the shard in which a producer's facts are followed, in the
        order of time. The last one follows them now, or has given them up."""
        taken = [
            (str(entry["timestamp"]), row.name)
            for row in self.rows()
            if row.context == context
            for entry in self.said(row.name, "shards taken")
            if shard_of(producer) in entry["shards"]
        ]
        return [name for _, name in sorted(taken)]

    def order(self, command: str, name: str) -> None:
        """Runs scripts/mesh COMMAND NAME."""
        told = [sys.executable, "-m", "scripts.cluster", "--data-dir", str(self.folder), command, name]
        subprocess.run(told, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL)

    def end(self, name: str) -> int:
        """Ends a process as Kubernetes does, and returns its id. The mesh starts it again."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGTERM)
        return pid

    async def back(self, name: str, was: int) -> None:
        """Waits until a process has been restarted and is ready."""
        port = next(row.ports.health for row in self.rows() if row.name == name)

        async def ready() -> bool:
            return self.pid(name) != was and await running.health(port, "readiness") == "SERVING"

        await until(ready, COMES_BACK_WITHIN_S)


def environment() -> dict[str, str]:
    """Returns the environment of the script's commands."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Runs a mesh inside the block and stops it afterwards."""
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
    """Reads a process's output, so that the process never blocks on a full pipe."""
    assert process.stdout is not None
    for line in process.stdout:
        said.put(line)
    said.put("")


def wait_ready(said: "queue.SimpleQueue[str]") -> None:
    """Waits until the mesh reports ready; fails with its output if it ends instead."""
    told = ["-"]
    while not told[-1].startswith("The mesh is ready"):
        told.append(said.get(timeout=READY_WITHIN_S))
        assert told[-1], "".join(told)
