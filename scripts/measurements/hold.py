"""Measures holds of places."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scripts.measurements.driver import closed_loop, rate
from scripts.measurements.figures import Figures
from scripts.measurements.guests import Holds
from scripts.measurements.host import Host
from scripts.measurements.rounds import Plan, Session

# More than the fastest machine so far has reached.
HOLDS_A_S = 6_000
WARM_UP_S = 0.5


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate: holds a second."""
    async with host.platform() as platform:
        sale, guests = await platform.conference(), platform.guests
        holds = Holds(platform.wires, guests.next, sale)
        await guests.invite(int(HOLDS_A_S * WARM_UP_S) + 1)
        await holds.once()
        await host.yardstick.teach(platform.wires.answers)
        await rate(holds.ask, min(WARM_UP_S, plan.seconds), plan.callers)

        async def measure() -> Figures:
            await guests.invite(int(HOLDS_A_S * plan.seconds))
            tally = await closed_loop(holds.ask, plan.seconds, plan.callers)
            platform.acknowledged.holds += len(tally.waits_s)
            return tally.figures()

        async def alone(seconds: float) -> float:
            return await rate(Holds(host.yardstick.wires, guests.same, sale).ask, seconds, plan.callers)

        yield Session(measure, alone)
