"""Measures how soon watchers of a seat map are told of a change."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from eventhub.inventory.v1.inventory_service_pb2 import WatchSeatsRequest, WatchSeatsResponse
from scripts.measurements import invariants
from scripts.measurements.driver import open_loop
from scripts.measurements.figures import Figures, percentile
from scripts.measurements.guests import Holds
from scripts.measurements.host import Host
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.watching import strangers, watched

WATCH = "/eventhub.inventory.v1.InventoryService/WatchSeats"
CHANGES_A_S = 20
SEATS = 4_000
TOLD_WITHIN_S = 20.0


class Arrivals:
    """When each watcher was told of each seat's change. Each seat changes once."""

    def __init__(self) -> None:
        self.at_us: dict[tuple[int, str], int] = {}
        self._news = asyncio.Event()

    def tell(self, watcher: int, message: bytes) -> None:
        """Notes the changes of a message."""
        now_us = time.time_ns() // 1000
        for change in WatchSeatsResponse.FromString(message).changes:
            self.at_us.setdefault((watcher, change.seat_id), now_us)
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
    transaction wrote down until a watcher has the seat's new state, so they include the commit."""
    async with host.platform() as platform:
        sale, guests = await platform.hall(SEATS), platform.guests
        holds = Holds(platform.wires, guests.next, sale)
        request = WatchSeatsRequest(event_id=sale.event_id)

        async def measure() -> Figures:
            await guests.invite(int(CHANGES_A_S * plan.seconds) + 1)
            arrivals, since_us = Arrivals(), time.time_ns() // 1000
            async with watched(platform.address, WATCH, request, strangers(plan.watchers), arrivals.tell):
                tally = await open_loop(holds.ask, CHANGES_A_S, plan.seconds)
                wanted = len(tally.waits_s) * plan.watchers
                await arrivals.complete(wanted)
            platform.acknowledged.holds += len(tally.waits_s)
            if (told := len(arrivals.at_us)) < wanted:
                host.violations.append(f"{wanted} changes were to be told to watchers, and {told} were")
            changed_us = await asyncio.to_thread(changes, platform.folder, sale.event_id, since_us)
            waits_ms = [(at_us - changed_us[seat]) / 1000 for (_, seat), at_us in arrivals.at_us.items()]
            return {
                "rate": told / tally.seconds,
                "p50_ms": percentile(waits_ms, 0.5),
                "p99_ms": percentile(waits_ms, 0.99),
                "hold_p99_ms": tally.p99_ms(),
            }

        yield Session(measure)


def changes(folder: Path, event_id: str, since_us: int) -> dict[str, int]:
    """Returns when each seat of an event changed since a time."""
    with invariants.opened(folder) as databases:
        rows = databases.execute(
            "SELECT seat_id, at_us FROM inventory.seat_event WHERE event_id = ? AND at_us >= ?", (event_id, since_us)
        )
        return dict(rows.fetchall())
