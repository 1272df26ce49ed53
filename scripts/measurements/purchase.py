"""Measures whole purchases."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scripts.measurements.driver import closed_loop, open_loop, rate
from scripts.measurements.figures import Figures, percentile
from scripts.measurements.host import Host
from scripts.measurements.purchases import AT_ONCE, PURCHASES_A_S, buyers, rehearse
from scripts.measurements.rounds import Plan, Session

HALF = 0.5


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate: purchases a second, from the first hold until the last mail. paid_rate: until the last order is paid.
    p50_ms, p99_ms: of Checkout. half_p50_ms, half_p99_ms: the same when purchases start at half of paid_rate."""
    async with host.platform() as platform:
        sale = await platform.conference()
        alone_buyers = await rehearse(host, platform, sale)
        at_peak, at_half = buyers(platform, sale), buyers(platform, sale)

        async def measure() -> Figures:
            at_peak.checkouts_s.clear()
            at_half.checkouts_s.clear()
            await platform.guests.invite(int(PURCHASES_A_S * (1 + HALF) * plan.seconds) + AT_ONCE)
            started = time.monotonic()
            tally = await closed_loop(at_peak.buy, plan.seconds, AT_ONCE)
            await platform.settle()
            rate_with_mails = len(tally.waits_s) / (time.monotonic() - started)
            calm = await open_loop(at_half.buy, tally.rate() * HALF, plan.seconds)
            await platform.settle()
            return {
                "rate": rate_with_mails,
                "paid_rate": tally.rate(),
                "p50_ms": percentile(at_peak.checkouts_s, 0.5) * 1000,
                "p99_ms": percentile(at_peak.checkouts_s, 0.99) * 1000,
                "half_p50_ms": percentile(at_half.checkouts_s, 0.5) * 1000,
                "half_p99_ms": percentile(at_half.checkouts_s, 0.99) * 1000,
                "half_share": calm.share(),
            }

        async def alone(seconds: float) -> float:
            return await rate(alone_buyers.buy, seconds, AT_ONCE)

        yield Session(measure, alone)
