"""Measures holds in a large hall while its organizer watches the counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from eventhub.inventory.v1.inventory_service_pb2 import WatchOccupancyRequest
from scripts.measurements.driver import closed_loop, rate
from scripts.measurements.figures import Figures
from scripts.measurements.guests import Holds
from scripts.measurements.host import Host
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.watching import watched

WATCHERS = (0, 1, 5, 15)
BUYERS = 16
# Fewer than the hall has: the seats of all rounds must suffice.
HOLDS_A_S = 2_500
WATCH = "/eventhub.inventory.v1.InventoryService/WatchOccupancy"


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate, p50_ms, p99_ms: holds of a seat by 16 buyers beside 15 WatchOccupancy. rate_0, rate_1, rate_5, rate_15:
    beside as many. updates: messages that the 15 got a second, together."""
    async with host.platform() as platform:
        sale, guests = await platform.hall(plan.seats), platform.guests
        holds = Holds(platform.wires, guests.next, sale)
        await guests.invite(1)
        await holds.once()
        await host.yardstick.teach(platform.wires.answers)

        request = WatchOccupancyRequest(event_id=sale.event_id)
        owner = (("authorization", f"Bearer {platform.owner.tokens.access_token}"),)
        seen: list[bytes] = []

        async def measure() -> Figures:
            found: Figures = {}
            for watchers in WATCHERS:
                await guests.invite(int(HOLDS_A_S * plan.seconds))
                seen.clear()
                async with watched(platform.address, WATCH, request, [owner] * watchers, lambda _, m: seen.append(m)):
                    tally = await closed_loop(holds.ask, plan.seconds, BUYERS)
                platform.acknowledged.holds += len(tally.waits_s)
                found |= tally.figures() | {f"rate_{watchers}": tally.rate(), "updates": len(seen) / tally.seconds}
            return found

        async def alone(seconds: float) -> float:
            return await rate(Holds(host.yardstick.wires, guests.same, sale).ask, seconds, BUYERS)

        yield Session(measure, alone)
