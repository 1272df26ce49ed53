"""Holds processes to a share of a processor, on machines that grant no quota of control groups (cgroup v2 cpu.max)."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

# In each period a process may use its share of the period, as with cpu.max. What it uses too much is
# taken from its next periods.
PERIOD_S = 0.1
LOOK_S = 0.002


def used_s(pid: int) -> float:
    """Returns the processor time that a process has used, in seconds. On Linux only: other systems number the clocks of
    other processes differently."""
    return time.clock_gettime((~pid << 3) | 2)


@asynccontextmanager
async def held_to(share: float, pids: Sequence[int]) -> AsyncIterator[None]:
    """Suspends each process whenever it has used its share, during the block. pids: children of this process.

    share: of one processor, such as 0.25.
    """
    holding = [asyncio.create_task(hold(share, pid)) for pid in pids]
    try:
        yield
    finally:
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)


async def hold(share: float, pid: int) -> None:
    """Suspends and continues a process, without end."""
    debt_s, runs = 0.0, True
    try:
        while True:
            begun, used_before_s = time.monotonic(), used_s(pid)
            allowed_s = share * PERIOD_S - debt_s
            while time.monotonic() - begun < PERIOD_S:
                may_run = used_s(pid) - used_before_s < allowed_s
                if may_run is not runs:
                    runs = may_run
                    os.kill(pid, signal.SIGCONT if runs else signal.SIGSTOP)
                await asyncio.sleep(LOOK_S)
            debt_s = max(0.0, used_s(pid) - used_before_s - allowed_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
