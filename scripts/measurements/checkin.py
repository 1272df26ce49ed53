"""Measures scans at the gate while purchases run, and while nothing else runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from eventhub.client import new_id
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_TERMINAL
from eventhub.ticketing.v1.ticketing_service_pb2 import (
    CheckInRequest,
    CheckInResponse,
    ListTicketsRequest,
    ListTicketsResponse,
    RenderTicketRequest,
    RenderTicketResponse,
)
from scripts.measurements.driver import Ask, Headers, closed_loop, patiently, rate
from scripts.measurements.figures import Figures
from scripts.measurements.guests import HOLDS_EACH
from scripts.measurements.host import Host, Platform
from scripts.measurements.purchases import AT_ONCE, PURCHASES_A_S, Buyers, buyers
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.scanner import CHECK_IN, DEADLINE_S, SCANS_A_S, Scanner

LIST = "/eventhub.ticketing.v1.TicketingService/ListTickets"
RENDER = "/eventhub.ticketing.v1.TicketingService/RenderTicket"
TICKETS_EACH = 10
WARM_UP_S = 1.0
# The event is in sixty days, and its gates are open.
OPEN_GATES = {"EVENTHUB_CHECK_IN_BEFORE_S": str(90 * 24 * 3600)}


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate: scans answered a second of 20 asked, while 24 guests buy. p50_ms, p99_ms: their times. idle_p50_ms,
    idle_p99_ms: the same without purchases. share, idle_share: of scans answered. Each scan admits a
    ticket."""
    async with host.platform(settings=OPEN_GATES) as platform:
        sale = await platform.conference()
        crowd, groups = buyers(platform, sale), buyers(platform, sale, TICKETS_EACH)
        load = await rehearse(host, platform, groups)
        with Scanner(platform.address, sale.event_id, platform.owner.tokens.access_token) as scanner:
            await scanner.scans(min(WARM_UP_S, plan.seconds))

            async def measure() -> Figures:
                scans = int(SCANS_A_S * plan.seconds) + 1
                await platform.guests.invite(scans + int(PURCHASES_A_S * plan.seconds) + AT_ONCE)
                fresh = await codes(platform, groups, 2 * scans)
                idle = await scanner.scans(plan.seconds, fresh[:scans])
                bought, busy = await asyncio.gather(
                    closed_loop(crowd.buy, plan.seconds, AT_ONCE), scanner.scans(plan.seconds, fresh[scans:])
                )
                await platform.settle()
                return busy.figures() | {
                    "idle_p50_ms": idle.p50_ms(),
                    "idle_p99_ms": idle.p99_ms(),
                    "idle_share": idle.share(),
                    "purchase_rate": bought.rate(),
                }

            async def alone(seconds: float) -> float:
                return await rate(load, seconds, plan.callers)

            yield Session(measure, alone)


async def rehearse(host: Host, platform: Platform, groups: Buyers) -> Ask:
    """Scans a ticket, teaches the yardstick the answer, and returns a call that scans at the yardstick."""
    member = (("authorization", f"Bearer {platform.owner.tokens.access_token}"),)
    await platform.guests.invite(HOLDS_EACH)
    code, *_ = await codes(platform, groups, 1)
    event_id = platform.sales[0].event_id
    request = CheckInRequest(scan_id=new_id("scn"), event_id=event_id, code=code, gate="door")
    await platform.wires.call(CHECK_IN, request, CheckInResponse, member)
    await host.yardstick.teach(platform.wires.answers)
    return lambda: host.yardstick.wires.start(CHECK_IN, request.SerializeToString(), member, DEADLINE_S)


async def codes(platform: Platform, groups: Buyers, tickets: int) -> list[str]:
    """Buys at least this many tickets, in orders of TICKETS_EACH, and returns their codes."""
    bought = [await groups.buy() for _ in range(-(-tickets // TICKETS_EACH))]
    await platform.settle()
    return [code for order_id, guest in bought for code in await codes_of(platform, order_id, guest)]


async def codes_of(platform: Platform, order_id: str, guest: Headers) -> list[str]:
    """Returns the codes of an order's tickets."""
    wires = platform.wires
    wanted = ListTicketsRequest(order_id=order_id)
    listed = await patiently(lambda: wires.call(LIST, wanted, ListTicketsResponse, guest))
    found = []
    for ticket in listed.tickets:
        drawn = RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_TERMINAL)
        answer = await patiently(partial(wires.call, RENDER, drawn, RenderTicketResponse, guest))
        found.append(answer.code)
    return found
