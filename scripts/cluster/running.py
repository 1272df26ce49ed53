"""A running mesh: starts processes in the order of their needs, watches them, stops them in reverse order."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from scripts.cluster.table import Ports, Service, levels, neighbours

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN_S = 60.0
STOPS_WITHIN_S = 20.0
LOOK_S = 0.05
STATE = "mesh.json"


class NotUp(Exception):
    """A process did not start, or did not finish its job."""


class Mesh:
    """The processes of a mesh. folder: holds databases, keys, certificates, mail and logs."""

    def __init__(self, folder: Path, rows: list[Service], database_url: str, **settings: str) -> None:
        """database_url: contains "{context}". settings: more settings for all processes; see
        services.kit.values.config."""
        self.folder = folder
        self.rows = rows
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self.ready_s: dict[str, float] = {}
        self.restarts = False
        brief = {"breaker_wait_s": "1", "changes_wait_s": "1", "drain_s": "0.5"}
        self._settings = {"database_url": database_url, **brief, **settings}
        self._watches: dict[str, asyncio.Task[None]] = {}

    def environment(self, row: Service, **more: str) -> dict[str, str]:
        """Returns the environment variables of a process."""
        ports = row.ports
        told = {
            "data_dir": str(self.folder),
            "host": row.host,
            "keys_dir": str(self.folder / "keys"),
            "tls_dir": str(self.folder / "certificates" / row.context),
            "neighbours": neighbours(self.rows),
            "port": str(ports.public),
            "mesh_port": str(ports.mesh),
            "health_port": str(ports.health),
            "http_port": str(ports.http),
            "metrics_port": str(ports.metrics),
            **self._settings,
            **more,
        }
        named = {f"EVENTHUB_{name.upper()}": value for name, value in told.items()}
        return {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}", **named}

    async def start(self) -> None:
        """Starts all processes, each after the ones it needs are ready."""
        ready = {row.name: asyncio.Event() for row in self.rows}

        async def begin(row: Service) -> None:
            for other in self.rows:
                if other.context in row.needs:
                    await ready[other.name].wait()
            await self.start_one(row)
            ready[row.name].set()

        async with asyncio.timeout(READY_WITHIN_S), asyncio.TaskGroup() as group:
            for row in self.rows:
                group.create_task(begin(row))

    async def start_one(self, row: Service, **more: str) -> None:
        """Starts a process and waits until it is ready. more: settings only for this process. Raises NotUp."""
        started = time.monotonic()
        await self.spawn(row, **more)
        await self.until_ready(row)
        self.ready_s[row.name] = time.monotonic() - started

    async def spawn(self, row: Service, **more: str) -> None:
        """Starts a process without waiting until it is ready."""
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        with (self.folder / "log" / f"{row.name}.log").open("ab") as journal:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.serve",
                row.context,
                cwd=ROOT,
                env=self.environment(row, **more),
                stdout=subprocess.DEVNULL,
                stderr=journal,
            )
        self.processes[row.name] = process
        self._note()
        self._watches[row.name] = asyncio.create_task(self._watch(row, process))

    async def _watch(self, row: Service, process: asyncio.subprocess.Process) -> None:
        """Restarts a process that ended by itself, as Kubernetes does."""
        await process.wait()
        if self.restarts and self.processes.get(row.name) is process:
            await asyncio.sleep(1)
            await self.start_one(row)

    async def until_ready(self, row: Service) -> None:
        """Waits until a process reports ready. Raises NotUp if it ends instead, or takes longer than READY_WITHIN_S."""
        process = self.processes[row.name]
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            if process.returncode is not None:
                raise NotUp(f"{row.name} ended with {process.returncode}: {self.journal(row.name)[-2000:]}")
            if await health(row.ports.health, "readiness", row.host) == "SERVING":
                return
            await asyncio.sleep(LOOK_S)
        raise NotUp(f"{row.name} is not ready: {self.journal(row.name)[-2000:]}")

    async def stop(self) -> None:
        """Stops all processes, each after the ones that need it."""
        self.restarts = False
        for contexts in reversed(levels()):
            await asyncio.gather(*(self.stop_one(row) for row in self.rows if row.context in contexts))
        (self.folder / STATE).unlink(missing_ok=True)

    async def stop_one(self, row: Service, within_s: float = STOPS_WITHIN_S) -> int:
        """Stops a process as Kubernetes does: SIGTERM, then SIGKILL after within_s. Returns its exit code."""
        process = self.processes.pop(row.name, None)
        if process is None:
            return 0
        self.signal(process, signal.SIGCONT)
        self.signal(process, signal.SIGTERM)
        try:
            return await asyncio.wait_for(process.wait(), within_s)
        except TimeoutError:
            self.signal(process, signal.SIGKILL)
            return await process.wait()

    @staticmethod
    def signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
        """Sends a signal to a process; does nothing if the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)

    def journal(self, name: str) -> str:
        """Returns the log of a process."""
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")

    def _note(self) -> None:
        """Writes the running processes to a file, which the commands kill, stop and cont read."""
        rows = [{**asdict(row), "pid": self.processes[row.name].pid} for row in self.rows if row.name in self.processes]
        aside = self.folder / f".{STATE}"
        aside.write_text(json.dumps(rows, indent=2) + "\n")
        aside.rename(self.folder / STATE)  # a reader sees the old file or the new one, never a part


def processes_of(folder: Path) -> dict[str, tuple[Service, int]]:
    """Returns the processes of a folder's mesh as (service, process id) by name; empty if no mesh is up."""
    try:
        rows = json.loads((folder / STATE).read_text())
    except FileNotFoundError:
        return {}
    return {
        row["name"]: (
            Service(
                name=row["name"],
                context=row["context"],
                ports=Ports(**row["ports"]),
                needs=tuple(row["needs"]),
                host=row["host"],
            ),
            row["pid"],
        )
        for row in rows
    }


async def health(port: int, service: str, host: str = "127.0.0.1") -> str:
    """Asks a health port about a service: "SERVING" or "NOT_SERVING"; "" if it does not answer."""
    async with grpc.aio.insecure_channel(f"{host}:{port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=2)
        except grpc.aio.AioRpcError:
            return ""
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


@asynccontextmanager
async def mesh(folder: Path, rows: list[Service], database_url: str, **settings: str) -> AsyncIterator[Mesh]:
    """Runs a mesh inside the block and stops it afterwards. Raises NotUp."""
    up = Mesh(folder, rows, database_url, **settings)
    try:
        await up.start()
        yield up
    finally:
        await up.stop()
