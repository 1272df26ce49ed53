"""Measures the holds and scans that the platform still serves when it is asked for twice its capacity.

Open loop: calls start on schedule, whether or not earlier ones have been answered. A closed loop would slow down with
the server and never overload it.
"""

import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from eventhub.client import EventHub, new_id
from eventhub.ticketing.v1.ticketing_service_pb2 import CheckInRequest
from scripts.load import BEHIND_A_GATEWAY, DEADLINE_S, Guests, Holds, connected, open_conference, rate, running, up

CHECK_IN = "/eventhub.ticketing.v1.TicketingService/CheckIn"
CONNECTIONS = 40
TIMES = 2.0
SCANS_A_S = 20.0
WARM_UP_S, PEAK_S, IDLE_S, STORM_S = 1.0, 4.0, 2.0, 12.0
# HOLDS_BEFORE: more than the fastest machine makes before the storm. SPARE_S: seconds of holds kept for after it.
HOLDS_BEFORE, SPARE_S = 60_000, 2.0
TURN_S = 0.002
SOON_S = 20.0
IN_A_ROW = 10


@dataclass(slots=True)
class Tally:
    """Outcomes of calls. waits_s: how long each answered call took. by_code: how many others ended with each code."""

    waits_s: list[float] = field(default_factory=list)
    by_code: dict[str, int] = field(default_factory=dict)

    def asked(self) -> int:
        """Counts all calls, answered or not."""
        return len(self.waits_s) + sum(self.by_code.values())

    def share(self) -> float:
        """Returns the share of calls that were answered, from 0 to 1."""
        return len(self.waits_s) / self.asked()

    def p99_ms(self) -> float:
        """Returns the 99th percentile of the answered calls' times."""
        return statistics.quantiles(self.waits_s, n=100)[98] * 1000 if len(self.waits_s) > 1 else 0.0


def call_options(token: str) -> dict[str, Any]:
    """Returns the deadline and the metadata of a call."""
    return {"timeout": DEADLINE_S, "metadata": (("authorization", f"Bearer {token}"),)}


async def counted(call: Any, tally: Tally, answers: tuple[grpc.StatusCode, ...] = ()) -> None:
    """Waits for a call and counts its outcome. answers: error codes that count as answers."""
    started = time.monotonic()
    try:
        await call
    except grpc.aio.AioRpcError as error:
        if error.code() not in answers:
            name = error.code().name
            tally.by_code[name] = tally.by_code.get(name, 0) + 1
            return
    tally.waits_s.append(time.monotonic() - started)


async def open_loop(ask: Callable[[], Any], a_second: float, seconds: float, answers: tuple[Any, ...] = ()) -> Tally:
    """Starts a_second calls a second for some seconds, regardless of earlier answers, then waits for all of them."""
    tally, under_way, asked = Tally(), set(), 0
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        for _ in range(int(passed * a_second) - asked):
            asked += 1
            one = asyncio.create_task(counted(ask(), tally, answers))
            under_way.add(one)
            one.add_done_callback(under_way.discard)
        await asyncio.sleep(TURN_S)
    await asyncio.gather(*under_way)
    return tally


class Scanner:
    """Scans at the door, in a separate process: the crowd's own process is too busy to measure their times exactly."""

    def __init__(self, address: str, event_id: str, member: str) -> None:
        """address: the server's. member: the access token of the scanning member."""
        self._asked = address, event_id, member
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    async def scans(self, seconds: float) -> Tally:
        """Scans for some seconds and returns the outcomes."""
        return await asyncio.get_running_loop().run_in_executor(self._process, scan_in_process, *self._asked, seconds)

    def close(self) -> None:
        """Ends the scanning process."""
        self._process.shutdown()


def scan_in_process(address: str, event_id: str, member: str, seconds: float) -> Tally:
    """Scans for some seconds, in the scanning process. The code is not a ticket: the server looks at it and refuses it,
    which counts as an answer."""
    refused = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION)

    async def scans() -> Tally:
        async with grpc.aio.insecure_channel(address) as wire:
            check_in: Any = wire.unary_unary(CHECK_IN)

            def scan() -> Any:
                request = CheckInRequest(scan_id=new_id("scn"), event_id=event_id, code="?", gate="door")
                return check_in(request.SerializeToString(), **call_options(member))

            return await open_loop(scan, SCANS_A_S, seconds, refused)

    return asyncio.run(scans())


async def until_answered(holds: Holds) -> None:
    """Repeats a hold until one is answered."""
    tally = Tally()
    while not tally.waits_s:
        await counted(holds.ask(), tally)


async def recovered_s(holds: Holds) -> float:
    """Returns the seconds from the end of the storm until IN_A_ROW holds in a row are answered."""
    started, in_a_row = time.monotonic(), 0
    while in_a_row < IN_A_ROW and time.monotonic() - started < SOON_S:
        tally = Tally()
        await counted(holds.ask(), tally)
        in_a_row = in_a_row + 1 if tally.waits_s else 0
    return time.monotonic() - started


@contextmanager
def on_own_processor() -> Iterator[None]:
    """Pins processes started inside the block to the first processor, and afterwards this process to the others, so
    that the storm takes no time from the server it measures. They share on a single processor, or if the system cannot
    pin."""
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(processors) > 1:
        os.sched_setaffinity(0, processors[:1])
    yield
    if len(processors) > 1:
        os.sched_setaffinity(0, processors[1:])


async def overload() -> dict[str, float]:
    """peak_rate: holds a second in a closed loop. offered_rate, goodput: holds a second started, and answered within
    two seconds, in a storm of TIMES the peak. goodput_ratio: goodput divided by peak_rate. refused_rate: holds a second
    told to retry later. broken_rate: holds a second that failed otherwise. hold_p99_ms: of answered holds. scan_share:
    the share of door scans answered in the storm. scan_idle_p99_ms, scan_p99_ms: scan times before and during it.
    recovered_s: see recovered_s()."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        with on_own_processor():
            address, _, _ = await stack.enter_async_context(running(*up(folder), **BEHIND_A_GATEWAY))
        hub = await stack.enter_async_context(EventHub(address))
        wires = await stack.enter_async_context(connected(address, CONNECTIONS))
        event_id, ticket_type_id = await open_conference(hub)
        guests = Guests(wires[0])
        holds = Holds(wires, guests, event_id, ticket_type_id)
        scanner = Scanner(address, event_id, hub.tokens.access_token)
        stack.callback(scanner.close)
        await guests.invite(HOLDS_BEFORE)
        await rate(lambda: until_answered(holds), WARM_UP_S)
        await scanner.scans(WARM_UP_S)
        idle = await scanner.scans(IDLE_S)
        peak_rate = await rate(lambda: until_answered(holds), PEAK_S)
        await guests.invite(int(TIMES * peak_rate * (STORM_S + SPARE_S)))
        started = time.monotonic()
        asked = open_loop(holds.ask, TIMES * peak_rate, STORM_S)
        storm, scanned = await asyncio.gather(asked, scanner.scans(STORM_S))
        took_s = time.monotonic() - started
        after_s = await recovered_s(holds)
    return figures(peak_rate, storm, took_s, after_s) | {
        "scan_share": round(scanned.share(), 3),
        "scan_idle_p99_ms": round(idle.p99_ms(), 3),
        "scan_p99_ms": round(scanned.p99_ms(), 3),
    }


def figures(peak_rate: float, storm: Tally, took_s: float, after_s: float) -> dict[str, float]:
    """Computes the storm's figures; see overload()."""
    refused = storm.by_code.get("RESOURCE_EXHAUSTED", 0)
    answered, asked = len(storm.waits_s), storm.asked()
    found = {
        "peak_rate": peak_rate,
        "offered_rate": asked / STORM_S,
        "goodput": answered / took_s,
        "goodput_ratio": answered / took_s / peak_rate,
        "refused_rate": refused / took_s,
        "broken_rate": (asked - answered - refused) / took_s,
        "hold_p99_ms": storm.p99_ms(),
        "recovered_s": after_s,
    }
    return {name: round(figure, 3) for name, figure in found.items()}
