"""Measures prices asked by many callers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteRequest, QuoteResponse
from scripts.measurements.driver import Wires, closed_loop, rate
from scripts.measurements.figures import Figures
from scripts.measurements.host import Host
from scripts.measurements.purchases import QUOTE
from scripts.measurements.rounds import Plan, Session

DEADLINE_S = 5.0
GUESTS = 20


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate: quotes a second, of two tickets each."""
    async with host.platform() as platform:
        sale, guests = await platform.conference(), platform.guests
        await guests.invite(GUESTS)
        items = [QuoteItem(ticket_type_id=sale.ticket_type_id, quantity=2)]
        request = QuoteRequest(event_id=sale.event_id, items=items)
        await platform.wires.call(QUOTE, request, QuoteResponse, guests.same())
        await host.yardstick.teach(platform.wires.answers)

        async def quote(wires: Wires) -> None:
            guest = guests.next()
            guests.give_back(guest)
            await wires.start(QUOTE, request.SerializeToString(), guest, DEADLINE_S)

        async def measure() -> Figures:
            return (await closed_loop(lambda: quote(platform.wires), plan.seconds, plan.callers)).figures()

        async def alone(seconds: float) -> float:
            return await rate(lambda: quote(host.yardstick.wires), seconds, plan.callers)

        yield Session(measure, alone)
