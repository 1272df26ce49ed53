"""Measures a platform's start, its memory at rest, and its holds beside echoes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scripts.measurements import hold
from scripts.measurements.figures import Figures
from scripts.measurements.host import Host
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.servers import folder_on_disk, resident_mb, running, up

REST_S = 2.0
STARTS = 3


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """ready_s: best of three starts. idle_mb: resident memory two seconds after the last. rate, p50_ms, p99_ms: as of
    hold."""
    ready, idle_mb = [], 0.0
    for _ in range(STARTS):
        with folder_on_disk() as folder:
            async with running(*up(str(folder)), root=host.root) as (_, pid, ready_s):
                ready.append(ready_s)
                await asyncio.sleep(min(REST_S, plan.seconds * REST_S))
                idle_mb = resident_mb(pid)
    async with hold.prepare(host, plan) as session:

        async def measure() -> Figures:
            return {"ready_s": min(ready), "idle_mb": idle_mb} | await session.measure()

        yield Session(measure)


def shown(found: Figures) -> Figures:
    """Returns the figures under the names that readers of this measurement expect. hold_rate, echo_rate: calls a
    second."""
    return {
        "ready_s": found["ready_s"],
        "idle_mb": found["idle_mb"],
        "hold_rate": found["rate"],
        "echo_rate": found["echo_rate"],
        "ratio": found["ratio"],
    }
