"""A pass, on the whole platform: bought like any ticket, and let in at each of its nights."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask

from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.client import EventHub, new_id
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1.inventory_service_pb2 import GetAvailabilityRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import GetOrderRequest
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteRequest
from eventhub.refusals import TicketTypeNotFound, TicketUsed
from eventhub.reporting.v1.reporting_service_pb2 import GetOccupancyReportRequest
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_PNG, Ticket
from eventhub.ticketing.v1.ticketing_service_pb2 import CheckInRequest, ListTicketsRequest, RenderTicketRequest
from tests.mesh import show as shows
from tests.mesh.devices import texts
from tests.mesh.platform_process import PlatformProcess, platform_process
from tests.stage import until

PATIENCE_S = 15.0
PASS_PRICE, CAPACITY = 20_000, 5


@pytest_asyncio.fixture
async def platform(tmp_path: Path) -> AsyncIterator[PlatformProcess]:
    # Gates are open a year before.
    with platform_process(tmp_path, log_level="error", check_in_before_s="31536000") as running:
        yield running


async def open_series(owner: EventHub) -> tuple[str, list[str], str]:
    """Puts two nights and a pass for both on sale. Returns the series, its nights and the pass."""
    show = await shows.open_show(owner, capacity=10)
    next_week = (datetime.now(UTC) + timedelta(days=7)).strftime("%Y-%m-%dT20:00")  # the platform has the real time
    move = catalog.RescheduleEventRequest(event_id=show.event_id, starts_local=next_week)
    await owner.catalog.RescheduleEvent(move)
    series_id, pass_id = new_id("ser"), new_id("tkt")
    await owner.catalog.CreateSeries(
        catalog.CreateSeriesRequest(
            series_id=series_id, from_event_id=show.event_id, title="Festival", rule="FREQ=DAILY;COUNT=2"
        )
    )
    await owner.catalog.PublishSeries(catalog.PublishSeriesRequest(series_id=series_id))
    await owner.catalog.AddPass(
        catalog.AddPassRequest(
            ticket_type_id=pass_id,
            series_id=series_id,
            name="Passe",
            price=Money(minor=PASS_PRICE, currency="BRL"),
            capacity=CAPACITY,
            ticket_type_name="Geral",
        )
    )
    nights = (await owner.catalog.GetSeries(catalog.GetSeriesRequest(series_id=series_id))).nights
    return series_id, [night.event_id for night in nights], pass_id


async def buy(buyer: EventHub, series_id: str, pass_id: str) -> Ticket:
    """Buys a pass. Returns its ticket."""
    item = QuoteItem(ticket_type_id=pass_id, quantity=1)
    quote = (await buyer.pricing.Quote(QuoteRequest(event_id=series_id, items=[item]))).quote
    assert quote.total.minor == PASS_PRICE
    hold_id = await shows.hold(buyer, shows.Show(series_id, pass_id))
    order = (await shows.pay(buyer, hold_id)).order
    assert (order.state, order.total.minor, order.event_id) == (ORDER_STATE_PAID, PASS_PRICE, series_id)
    listed = ListTicketsRequest(order_id=order.order_id)

    async def issued() -> bool:
        return bool((await buyer.ticketing.ListTickets(listed)).tickets)

    await until(issued, PATIENCE_S)
    return (await buyer.ticketing.ListTickets(listed)).tickets[0]


async def end_sale(owner: EventHub, series_id: str, pass_id: str) -> None:
    """Makes a pass cheaper, then sells it no more."""
    await owner.catalog.UpdatePass(
        catalog.UpdatePassRequest(
            series_id=series_id,
            ticket_type_id=pass_id,
            update_mask=FieldMask(paths=["price", "name"]),
            price=Money(minor=1, currency="BRL"),
            name="Passe antigo",
        )
    )
    await owner.catalog.ArchivePass(catalog.ArchivePassRequest(series_id=series_id, ticket_type_id=pass_id))


async def test_a_pass_is_bought_and_lets_in_once_a_night(platform: PlatformProcess) -> None:
    async with EventHub(platform.address) as owner, EventHub(platform.address) as buyer:
        series_id, nights, pass_id = await open_series(owner)
        await shows.come(buyer)
        ticket = await buy(buyer, series_id, pass_id)
        await end_sale(owner, series_id, pass_id)
        order = (await buyer.orders.GetOrder(GetOrderRequest(order_id=ticket.order_id))).order
        assert (order.state, order.total.minor) == (ORDER_STATE_PAID, PASS_PRICE), "a sold pass keeps its price"
        with pytest.raises(TicketTypeNotFound):
            await shows.hold(buyer, shows.Show(series_id, pass_id))
        print_it = RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_PNG)
        code = (await buyer.ticketing.RenderTicket(print_it)).code

        for night in nights:
            scan = CheckInRequest(scan_id=new_id("scn"), event_id=night, gate="Norte", code=code)
            assert (await owner.ticketing.CheckIn(scan)).ticket.ticket_id == ticket.ticket_id
            scan.scan_id = new_id("scn")
            with pytest.raises(TicketUsed):
                await owner.ticketing.CheckIn(scan)

        for event_id in nights:
            left = await buyer.inventory.GetAvailability(GetAvailabilityRequest(event_id=event_id))
            assert [each.available for each in left.types] == [9]

        async def is_reported() -> bool:
            reports = [
                await owner.reporting.GetOccupancyReport(GetOccupancyReportRequest(event_id=night)) for night in nights
            ]
            return [report.admitted for report in reports] == [1, 1]

        await until(is_reported, PATIENCE_S)
        mails = platform.folder / "mail"
        await until(lambda: any("Festival" in text for text in texts(mails, "ana@example.com")), PATIENCE_S)
