"""The counter, on the whole platform: the customer owns a sale, limits count the customer, news go to the customer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub import refusals
from eventhub.catalog.v1.catalog_service_pb2 import RescheduleEventRequest
from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_TILL_NOT_OPEN
from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1.identity_service_pb2 import RedeemAccessCodeRequest, StartGuestRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID, Order
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, ListOrdersRequest, SaleItem, SellAtBoxOfficeRequest
from eventhub.payments.v1.payments_service_pb2 import CloseTillRequest, OpenTillRequest
from eventhub.pricing.v1.pricing_service_pb2 import CreateCouponRequest, QuoteItem, QuoteRequest
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_PNG
from eventhub.ticketing.v1.ticketing_service_pb2 import ListTicketsRequest, RenderTicketRequest
from tests.mesh import show as shows
from tests.mesh.devices import code_of, texts
from tests.mesh.platform_process import PlatformProcess, platform_process
from tests.stage import until

RITA, LEO = "rita@example.com", "leo@example.com"
# Invented numbers with correct check digits.
CPFS = ("52998224725", "11144477735", "12345678909")
COUPON = "UMAVEZ"
CASH = CheckoutRequest.BoxOffice(cash=CheckoutRequest.BoxOffice.Cash())
PATIENCE_S = 15.0


class Counter:
    """A platform with a show on sale, a coupon that each participant may use once, and a clerk."""

    def __init__(self, platform: PlatformProcess, clerk: EventHub, show: shows.Show, till_id: str) -> None:
        self.platform = platform
        self.till_id = till_id
        self.clerk = clerk
        self.show = show

    async def sell(self, email: str = "", coupon: str = "") -> Order:
        request = CheckoutRequest(
            order_id=new_id("ord"),
            hold_id=await shows.hold(self.clerk, self.show),
            coupon_code=coupon,
            box_office=CASH,
        )
        if email:
            request.customer.name, request.customer.email = "Rita Melo", email
        return (await self.clerk.orders.Checkout(request)).order

    async def sell_at_once(self) -> Order:
        """Sells a ticket for cash in one call."""
        request = SellAtBoxOfficeRequest(
            order_id=new_id("ord"),
            event_id=self.show.event_id,
            items=[SaleItem(ticket_type_id=self.show.ticket_type_id, quantity=1)],
            payment=CASH,
        )
        return (await self.clerk.orders.SellAtBoxOffice(request)).order

    def quote(self, coupon: str = "") -> QuoteRequest:
        item = QuoteItem(ticket_type_id=self.show.ticket_type_id, quantity=1)
        return QuoteRequest(event_id=self.show.event_id, items=[item], coupon_code=coupon)

    def mails(self, to: str) -> list[str]:
        return list(texts(self.platform.folder / "mail", to))


@pytest_asyncio.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    with platform_process(tmp_path, log_level="error", changes_wait_s="0") as platform:
        async with EventHub(platform.address) as clerk:
            show = await shows.open_show(clerk)
            coupon = CreateCouponRequest(
                coupon_id=new_id("cpn"),
                event_id=show.event_id,
                code=COUPON,
                basis_points=5_000,
                expires_at=Timestamp(seconds=2_000_000_000),
                uses_per_participant_max=1,
            )
            await clerk.pricing.CreateCoupon(coupon)
            opening = OpenTillRequest(till_id=new_id("til"), opening_float=Money(currency="BRL"))
            await clerk.tills.OpenTill(opening)
            yield Counter(platform, clerk, show, opening.till_id)


async def test_a_customers_ticket_is_printed_mailed_moved_and_proven(counter: Counter) -> None:
    order = await counter.sell(RITA)
    listed = ListTicketsRequest(order_id=order.order_id)

    async def issued() -> bool:
        return bool((await counter.clerk.ticketing.ListTickets(listed)).tickets)

    await until(issued, PATIENCE_S)
    (ticket,) = (await counter.clerk.ticketing.ListTickets(listed)).tickets
    print_it = RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_PNG)
    assert (await counter.clerk.ticketing.RenderTicket(print_it)).picture
    assert ticket.buyer_id == order.buyer_id
    await until(lambda: any(order.number in text for text in counter.mails(RITA)), PATIENCE_S)

    move = RescheduleEventRequest(event_id=counter.show.event_id, starts_local="2036-05-04T21:30")
    await counter.clerk.catalog.RescheduleEvent(move)
    await until(lambda: any("21:30" in text for text in counter.mails(RITA)), PATIENCE_S)
    assert counter.mails(shows.EMAIL) == []

    async with EventHub(counter.platform.address) as rita:
        code = await code_of(rita, counter.platform.folder / "mail", RITA)
        rita.tokens = (await rita.identity.RedeemAccessCode(RedeemAccessCodeRequest(email=RITA, code=code))).tokens
        assert [one.ticket_id for one in (await rita.ticketing.ListTickets(listed)).tickets] == [ticket.ticket_id]
        found = (await rita.orders.ListOrders(ListOrdersRequest(number=order.number))).orders
        assert [one.order_id for one in found] == [order.order_id]


async def test_a_clerk_finds_the_order_by_the_customers_name_or_e_mail(counter: Counter) -> None:
    order = await counter.sell(RITA)
    await counter.sell()

    for customer in (RITA, "melo", "RITA M"):
        request = ListOrdersRequest(event_id=counter.show.event_id, customer=customer)
        assert [one.order_id for one in (await counter.clerk.orders.ListOrders(request)).orders] == [order.order_id]
    assert not (await counter.clerk.orders.ListOrders(ListOrdersRequest(event_id="evt_x", customer="melo"))).orders


async def test_a_shift_that_ends_while_customers_are_served_is_counted_to_the_cent(counter: Counter) -> None:
    closing = CloseTillRequest(till_id=counter.till_id, counted_cash=Money(currency="BRL"), note="not counted yet")
    sales = [asyncio.create_task(counter.sell_at_once()) for _ in range(16)]
    await asyncio.wait(sales, return_when=asyncio.FIRST_COMPLETED)

    till = (await counter.clerk.tills.CloseTill(closing)).till

    ends = await asyncio.gather(*sales, return_exceptions=True)
    orders = [end for end in ends if isinstance(end, Order)]
    paid = [order for order in orders if order.state == ORDER_STATE_PAID]
    assert all(isinstance(end, Order | refusals.TillNotOpen) for end in ends), ends
    assert {order.failure for order in orders if order not in paid} <= {ERROR_REASON_TILL_NOT_OPEN}
    assert paid
    assert [(total.sales, total.amount.minor) for total in till.totals] == [(len(paid), len(paid) * shows.PRICE)]
    assert await shows.left(counter.clerk, counter.show) == 100 - len(paid)


async def test_a_coupons_limit_counts_customers_and_not_the_clerk(counter: Counter) -> None:
    for email in (RITA, LEO):
        order = await counter.sell(email, COUPON)
        assert (order.state, order.total.minor) == (ORDER_STATE_PAID, shows.PRICE // 2)

    with pytest.raises(refusals.CouponLimitReached):
        await counter.sell(RITA, COUPON)
    with pytest.raises(refusals.ContactUnverified):
        await counter.sell(coupon=COUPON)
    assert (await counter.clerk.pricing.Quote(counter.quote(COUPON))).quote.total.minor == shows.PRICE // 2


async def test_a_limit_needs_a_proven_contact_at_the_quote_with_any_cpf(counter: Counter) -> None:
    for cpf in CPFS:
        async with EventHub(counter.platform.address) as guest:
            begin = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email="ana@example.com", cpf=cpf)
            guest.tokens = (await guest.identity.StartGuest(begin)).tokens

            with pytest.raises(refusals.ContactUnverified):
                await guest.pricing.Quote(counter.quote(COUPON))
            with pytest.raises(refusals.ContactUnverified):
                await guest.orders.Checkout(
                    CheckoutRequest(
                        order_id=new_id("ord"),
                        hold_id=await shows.hold(guest, counter.show),
                        coupon_code=COUPON,
                        card=CheckoutRequest.Card(token="tok_ok"),
                    )
                )
