"""Idle neighbours keep their connections, even while other replicas die."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

from scripts.cluster import preparing, running, table
from scripts.cluster.running import Mesh

ENDED = "too_many_pings"
KILLED = "orders-1"


@dataclass(frozen=True, slots=True)
class Plan:
    """kills: how often a replica dies. quiet_s: seconds of idleness after each kill."""

    kills: int = 5
    quiet_s: float = 120.0


async def play(folder: Path, plan: Plan) -> dict[str, int]:
    """Kills a replica and waits, several times. Returns how often each process lost a connection for too many pings."""
    rows = table.table(["orders", "inventory"], first_port=0)
    with preparing.postgres(folder) as url:
        await preparing.prepare(folder, url)
        async with running.mesh(folder, rows, url, log_level="warning") as mesh:
            mesh.restarts = True
            for _ in range(plan.kills):
                mesh.signal(mesh.processes[KILLED], signal.SIGKILL)
                await asyncio.sleep(plan.quiet_s)
            return sent_away(mesh)


def sent_away(mesh: Mesh) -> dict[str, int]:
    """Counts in each process's log the connections that ended for too many pings."""
    counts = {row.name: mesh.journal(row.name).count(ENDED) for row in mesh.rows}
    return {name: count for name, count in counts.items() if count}
