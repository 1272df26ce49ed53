"""Measures the holds and scans that the platform still serves when it is asked for more than its capacity.

Open loop: calls start on schedule, whether or not earlier ones have been answered. A closed loop would slow down with
the server and never overload it.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

import grpc

from eventhub.refusals import Overloaded
from scripts.measurements.driver import DETAILS, Tally, counted, open_loop, rate
from scripts.measurements.figures import Figures
from scripts.measurements.guests import Guests, Holds
from scripts.measurements.host import Host
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.scanner import Scanner

CONNECTIONS = 40
TIMES = (2, 5)
# SPARE_S: seconds of holds kept for after a storm.
WARM_UP_S, IDLE_S, SPARE_S = 1.0, 2.0, 2.0
HOLDS_A_S = 6_000
SOON_S = 20.0
IN_A_ROW = 10
OVERLOADED = Overloaded.reason.encode()


@dataclass(frozen=True, slots=True)
class Storm:
    """Holds of one storm, and the scans meanwhile. recovered_s: from its end until IN_A_ROW holds in a row are
    answered."""

    holds: Tally
    scans: Tally
    recovered_s: float

    def figures(self, times: int, peak_rate: float, seconds: float) -> Figures:
        """Returns the storm's figures; see prepare(). seconds: for how long calls were started."""
        asked = self.holds.asked()
        refused, told = asked - len(self.holds.waits_s), self.holds.retry_told
        found = {
            "offered_rate": asked / seconds,
            "goodput": self.holds.rate(),
            "goodput_ratio": self.holds.rate() / peak_rate,
            "told_share": told / refused if refused else 1.0,
            "untold_rate": (refused - told) / self.holds.seconds,
            "hold_p99_ms": self.holds.p99_ms(),
            "scan_share": self.scans.share(),
            "scan_p99_ms": self.scans.p99_ms(),
            "recovered_s": self.recovered_s,
        }
        return {f"{name}_x{times}": figure for name, figure in found.items()}


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """peak_rate: holds a second in a closed loop. With _x2 and _x5, in a storm of twice and five times the peak:
    offered_rate and goodput: holds a second started, and answered within two seconds; goodput_ratio: goodput divided by
    peak_rate; told_share: the share of refused holds that say when to try again (RetryInfo); untold_rate: the others a
    second; hold_p99_ms: of answered holds; scan_share, scan_p99_ms: of 20 scans a second at the gate; recovered_s: from
    the storm's end until ten holds in a row are answered. scan_idle_p99_ms: before the storms. rate, p50_ms, p99_ms:
    goodput_x2 and the times of its holds."""
    with own_processors() as pinned:
        async with host.platform(pinned(), CONNECTIONS) as platform:
            sale, guests = await platform.conference(), platform.guests
            holds = Holds(platform.wires, guests.next, sale)
            with Scanner(platform.address, sale.event_id, platform.owner.tokens.access_token) as scanner:
                await guests.invite(int(HOLDS_A_S * min(WARM_UP_S, plan.seconds)))
                await holds.once()
                await host.yardstick.teach(platform.wires.answers)
                await rate(holds.until_answered, min(WARM_UP_S, plan.seconds), plan.callers)
                await scanner.scans(min(WARM_UP_S, plan.seconds))

                async def measure() -> Figures:
                    idle = await scanner.scans(min(IDLE_S, plan.seconds))
                    await guests.invite(int(HOLDS_A_S * plan.seconds))
                    peak_rate = await rate(holds.until_answered, plan.seconds, plan.callers)
                    found = {"peak_rate": peak_rate, "scan_idle_p99_ms": idle.p99_ms()}
                    for times in TIMES:
                        storm = await play(holds, guests, scanner, times * peak_rate, plan.seconds)
                        platform.acknowledged.holds += len(storm.holds.waits_s)
                        found |= storm.figures(times, peak_rate, plan.seconds)
                        found = storm.holds.figures() | found
                    return found

                async def alone(seconds: float) -> float:
                    return await rate(Holds(host.yardstick.wires, guests.same, sale).ask, seconds, plan.callers)

                yield Session(measure, alone)


async def play(holds: Holds, guests: Guests, scanner: Scanner, a_second: float, seconds: float) -> Storm:
    """Starts holds on schedule while scans go on."""
    await guests.invite(int(a_second * (seconds + SPARE_S)) + IN_A_ROW)

    async def ask() -> None:
        guest = guests.next()
        try:
            await holds.start(guest)
        except grpc.aio.AioRpcError as error:
            details = dict(error.trailing_metadata() or ()).get(DETAILS, b"")
            if isinstance(details, bytes) and OVERLOADED in details:
                guests.give_back(guest)
            raise

    tally, scanned = await asyncio.gather(open_loop(ask, a_second, seconds), scanner.scans(seconds))
    return Storm(tally, scanned, await recovered_s(holds))


async def recovered_s(holds: Holds) -> float:
    """Returns the seconds until IN_A_ROW holds in a row are answered, at most SOON_S."""
    started, in_a_row = time.monotonic(), 0
    while in_a_row < IN_A_ROW and time.monotonic() - started < SOON_S:
        tally = Tally()
        await counted(holds.ask(), tally)
        in_a_row = in_a_row + 1 if tally.waits_s else 0
    return time.monotonic() - started


@contextmanager
def own_processors() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Yields a block in which processes start on the first processor. After it, this process runs on the others, until
    the outer block ends, so that the storm takes no time from the server it measures. They share on a single processor,
    or if the system cannot pin."""
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

    @contextmanager
    def pinned() -> Iterator[None]:
        pin(processors[:1])
        yield
        pin(processors[1:])

    def pin(some: list[int]) -> None:
        if len(processors) > 1:
            os.sched_setaffinity(0, some)

    try:
        yield pinned
    finally:
        pin(processors)
