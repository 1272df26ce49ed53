"""Measures the sale of one event to many buyers until it is sold out."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from eventhub.inventory.v1.inventory_service_pb2 import GetAvailabilityRequest
from eventhub.refusals import SoldOut
from scripts.measurements.driver import patiently, rate
from scripts.measurements.figures import Figures, percentile
from scripts.measurements.host import Host
from scripts.measurements.purchases import Buyers, buyers, rehearse
from scripts.measurements.rounds import Plan, Session

BUYERS = 256
TENTHS = 10
# An event in sixty days keeps two of five places for half price, which these buyers do not ask for.
FULL_PRICE = 3 / 5


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate: purchases a second until every place is sold, by 256 buyers, a new event in each round. tenth_1 to
    tenth_10: the same for each tenth of the sale. p50_ms, p99_ms: of Checkout."""
    async with host.platform() as platform:
        alone_buyers = await rehearse(host, platform, await platform.conference())

        async def measure() -> Figures:
            sale = await platform.conference(round(plan.tickets / FULL_PRICE))
            request = GetAvailabilityRequest(event_id=sale.event_id)
            found = await patiently(partial(platform.owner.inventory.GetAvailability, request))
            left = found.types[0].available
            await platform.guests.invite(left + BUYERS)
            crowd = buyers(platform, sale)
            paid_s = await sold_out(crowd)
            await platform.settle()
            if len(paid_s) != left:
                host.violations.append(f"{left} places were for sale and {len(paid_s)} were bought")
            return tenths(paid_s) | {
                "rate": len(paid_s) / paid_s[-1],
                "p50_ms": percentile(crowd.checkouts_s, 0.5) * 1000,
                "p99_ms": percentile(crowd.checkouts_s, 0.99) * 1000,
            }

        async def alone(seconds: float) -> float:
            return await rate(alone_buyers.buy, seconds, BUYERS)

        yield Session(measure, alone)


async def sold_out(crowd: Buyers) -> list[float]:
    """Buys until the event is sold out. Returns when each order was paid, in seconds from the start, sorted."""
    paid_s: list[float] = []
    started = time.monotonic()

    async def one() -> None:
        while True:
            try:
                await crowd.buy()
            except SoldOut:
                return
            paid_s.append(time.monotonic() - started)

    await asyncio.gather(*(one() for _ in range(BUYERS)))
    return sorted(paid_s)


def tenths(paid_s: list[float]) -> Figures:
    """Returns the purchases a second of each tenth of a sale. paid_s: when each order was paid, sorted."""
    found, begun = {}, 0
    for n in range(1, TENTHS + 1):
        ended = len(paid_s) * n // TENTHS
        took_s = paid_s[ended - 1] - (paid_s[begun - 1] if begun else 0.0)
        found[f"tenth_{n}"] = (ended - begun) / took_s if took_s else 0.0
        begun = ended
    return found
