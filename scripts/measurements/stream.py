"""Measures how soon watchers of a seat map are told of a change, and the server's processor time for each message."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from eventhub.inventory.v1.inventory_service_pb2 import WatchSeatsRequest, WatchSeatsResponse
from scripts.measurements import invariants
from scripts.measurements.driver import open_loop
from scripts.measurements.figures import Figures, percentile
from scripts.measurements.guests import Holds
from scripts.measurements.host import Host, Platform
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.servers import processor_s
from scripts.measurements.watching import strangers, watched
from scripts.measurements.yardstick import WATCH as BARE
from scripts.measurements.yardstick import Yardstick

WATCH = "/eventhub.inventory.v1.InventoryService/WatchSeats"
CHANGES_A_S = 20
TOLD_WITHIN_S = 20.0
KB = 1024
US = 1_000_000


@lru_cache(maxsize=1_000)
def positions(message: bytes) -> Sequence[int]:
    """Returns the positions of the seats that a message says have changed."""
    return [change.position for change in WatchSeatsResponse.FromString(message).changes]


@dataclass(slots=True, kw_only=True)
class Arrivals:
    """When each watcher was told of each seat's change; each seat changes once. messages: those with changes, and
    size: their bytes together. first: the bytes of the largest message."""

    at_us: dict[tuple[int, int], int] = field(default_factory=dict)
    messages: int = 0
    size: int = 0
    first: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, watcher: int, message: bytes) -> None:
        """Notes the changes of a message."""
        now_us, changed = time.time_ns() // 1000, positions(message)
        self.first = max(self.first, len(message))
        if changed:
            self.messages += 1
            self.size += len(message)
        for position in changed:
            self.at_us.setdefault((watcher, position), now_us)
        self._news.set()

    async def complete(self, wanted: int) -> None:
        """Waits for this many arrivals, at most TOLD_WITHIN_S."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_WITHIN_S):
                while len(self.at_us) < wanted:
                    self._news.clear()
                    await self._news.wait()


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate: changes that all watchers together were told a second. p50_ms, p99_ms: from the time that a hold's
    transaction wrote down until a watcher has the seat's new state, so they include the commit. first_kb: the message
    with which a watch begins. message_us: processor time of the server for each message, without that of the holds;
    bare_us: that of a bare grpc.aio server for messages of the same size to as many watchers."""
    settings = {"EVENTHUB_WATCHES": str(2 * plan.watchers + 1)}
    async with host.platform(settings=settings) as platform:
        sale, guests = await platform.hall(plan.seats), platform.guests
        holds = Holds(platform.wires, guests.next, sale)
        place_of = {seat_id: position for position, seat_id in enumerate(sale.seat_ids)}
        request = WatchSeatsRequest(event_id=sale.event_id)

        async def load() -> tuple[int, float, float]:
            """Holds, how long the longest took in milliseconds, and the processor time of the server."""
            since_s = processor_s(platform.pid)
            tally = await open_loop(holds.ask, CHANGES_A_S, plan.seconds)
            platform.acknowledged.holds += len(tally.waits_s)
            return len(tally.waits_s), tally.p99_ms(), processor_s(platform.pid) - since_s

        async def measure() -> Figures:
            await guests.invite(2 * int(CHANGES_A_S * plan.seconds) + 2)
            alone, _, alone_s = await load()
            arrivals, since_us = Arrivals(), time.time_ns() // 1000
            async with watched(platform.address, WATCH, request, strangers(plan.watchers), arrivals.tell):
                begun_s, started = processor_s(platform.pid), time.monotonic()
                held, hold_p99_ms, _ = await load()
                wanted, seconds = held * plan.watchers, time.monotonic() - started
                await arrivals.complete(wanted)
                spent_s = processor_s(platform.pid) - begun_s - held * alone_s / max(alone, 1)
            if (told := len(arrivals.at_us)) < wanted:
                host.violations.append(f"{wanted} changes were to be told to watchers, and {told} were")
            waits_ms = await waited_ms(platform, sale.event_id, since_us, place_of, arrivals)
            found = {"rate": told / seconds, "hold_p99_ms": hold_p99_ms, "first_kb": arrivals.first / KB}
            found |= {"p50_ms": percentile(waits_ms, 0.5), "p99_ms": percentile(waits_ms, 0.99)}
            found["message_us"] = spent_s / arrivals.messages * US
            return found | {"bare_us": await bare_us(host.yardstick, plan.watchers, arrivals, plan.seconds)}

        yield Session(measure)


async def waited_ms(
    platform: Platform, event_id: str, since_us: int, place_of: dict[str, int], arrivals: Arrivals
) -> list[float]:
    """Returns how long each change took to each watcher. place_of: the position of each seat."""
    changed_us = await asyncio.to_thread(changes, platform.folder, event_id, since_us)
    at_us = {place_of[seat_id]: us for seat_id, us in changed_us.items()}
    return [(us - at_us[position]) / 1000 for (_, position), us in arrivals.at_us.items()]


async def bare_us(yardstick: Yardstick, watchers: int, arrivals: Arrivals, seconds: float) -> float:
    """Returns the processor time of the yardstick for each message, when its watchers get as many as arrived, of the
    same size, in the same time. In microseconds."""
    rounds, message = max(1, arrivals.messages // watchers), b"x" * (arrivals.size // arrivals.messages)
    come, all_came = [0], asyncio.Event()

    def tell(_: int, __: bytes) -> None:
        come[0] += 1
        if come[0] >= watchers * (rounds + 1):
            all_came.set()

    async with watched(yardstick.address, BARE, message, strangers(watchers), tell):
        since_s = processor_s(yardstick.pid)
        for _ in range(rounds):
            await yardstick.tell(message)
            await asyncio.sleep(seconds / rounds)
        async with asyncio.timeout(TOLD_WITHIN_S):
            await all_came.wait()
        return (processor_s(yardstick.pid) - since_s) / (watchers * rounds) * US


def changes(folder: Path, event_id: str, since_us: int) -> dict[str, int]:
    """Returns when each seat of an event changed since a time."""
    with invariants.opened(folder) as databases:
        rows = databases.execute(
            "SELECT seat_id, at_us FROM inventory.seat_event WHERE event_id = ? AND at_us >= ?", (event_id, since_us)
        )
        return dict(rows.fetchall())
