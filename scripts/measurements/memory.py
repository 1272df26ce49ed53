"""Measures a platform's memory at rest, after purchases, and for each watcher."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from eventhub.inventory.v1.inventory_service_pb2 import WatchSeatsRequest
from scripts.measurements.driver import closed_loop
from scripts.measurements.figures import Figures, percentile
from scripts.measurements.host import Host, Platform
from scripts.measurements.purchases import AT_ONCE, PURCHASES_A_S, buyers
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.servers import resident_mb
from scripts.measurements.stream import WATCH
from scripts.measurements.watching import strangers, watched

REST_S = 2.0
SEATS = 1_000
KB = 1024


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """idle_mb: resident memory two seconds after the start. loaded_mb: after the purchases of a round and their mails.
    watcher_kb: growth for each WatchSeats of a hall of 1,000 seats, with its connection. rate, p50_ms, p99_ms:
    purchases, and their Checkout. Each round has a platform of its own."""

    async def measure() -> Figures:
        async with host.platform() as platform:
            await asyncio.sleep(min(REST_S, plan.seconds))
            idle_mb = resident_mb(platform.pid)
            crowd = buyers(platform, await platform.conference())
            await platform.guests.invite(int(PURCHASES_A_S * plan.seconds) + AT_ONCE)
            tally = await closed_loop(crowd.buy, plan.seconds, AT_ONCE)
            await platform.settle()
            loaded_mb = resident_mb(platform.pid)
            watcher_kb = await grown_by_watchers(platform, plan.watchers)
        return {
            "rate": tally.rate(),
            "p50_ms": percentile(crowd.checkouts_s, 0.5) * 1000,
            "p99_ms": percentile(crowd.checkouts_s, 0.99) * 1000,
            "idle_mb": idle_mb,
            "loaded_mb": loaded_mb,
            "watcher_kb": watcher_kb,
        }

    yield Session(measure)


async def grown_by_watchers(platform: Platform, watchers: int) -> float:
    """Returns the growth of a platform's memory for each watcher, in KB."""
    request = WatchSeatsRequest(event_id=(await platform.hall(SEATS)).event_id)
    before = resident_mb(platform.pid)
    async with watched(platform.address, WATCH, request, strangers(watchers), lambda number, message: None):
        return (resident_mb(platform.pid) - before) * KB / watchers
