"""kill -9 at every point of a sale at the counter: the clerk repeats the call, and it is sold and counted once."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.client import EventHub, new_id
from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_FAILED, ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, GetOrderRequest, SaleItem, SellAtBoxOfficeRequest
from eventhub.payments.v1.payments_service_pb2 import CloseTillRequest, GetTillRequest, OpenTillRequest
from eventhub.refusal import Refusal
from tests.mesh import show as shows
from tests.mesh.platform_process import copied, platform_process
from tests.stage import until

PATIENCE_S = 20.0
FLOAT = 10_000
# Every commit and every call to a neighbour in a sale in cash.
POINTS = [
    "orders>payments.FindOpenTill.after",
    "orders>inventory.HoldAtCounter.before",
    "inventory.place_hold.before",
    "inventory.place_hold.after",
    "orders>inventory.HoldAtCounter.after",
    "orders>pricing.QuoteOrder.after",
    "orders.place_order.before",
    "orders.place_order.after",
    "inventory.lock_hold.after",
    "payments.begin_at_counter.before",
    "payments.begin_at_counter.after",
    "inventory.confirm_hold.after",
    "payments.capture_at_counter.before",
    "payments.capture_at_counter.after",
    "orders.mark_paid.before",
    "orders.mark_paid.after",
]


@dataclass(frozen=True, slots=True)
class Evening:
    """A platform's data folder with a show on sale, and a clerk who has opened a till."""

    folder: Path
    show: shows.Show
    tokens: Tokens
    till_id: str

    def sale(self) -> SellAtBoxOfficeRequest:
        """A sale of one ticket in cash."""
        return SellAtBoxOfficeRequest(
            order_id=new_id("ord"),
            event_id=self.show.event_id,
            items=[SaleItem(ticket_type_id=self.show.ticket_type_id, quantity=1)],
            payment=CheckoutRequest.BoxOffice(cash=CheckoutRequest.BoxOffice.Cash()),
        )


@pytest_asyncio.fixture(scope="module")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    folder = tmp_path_factory.mktemp("evening")
    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as clerk:
            show = await shows.open_show(clerk, capacity=10)
            opening = OpenTillRequest(till_id=new_id("til"), opening_float=Money(minor=FLOAT, currency="BRL"))
            till = (await clerk.tills.OpenTill(opening)).till
            return Evening(folder, show, clerk.tokens, till.till_id)


async def ended(clerk: EventHub, order_id: str) -> int:
    """The state of an order after its saga has ended."""
    states: list[int] = []

    async def over() -> bool:
        states[:] = [(await clerk.orders.GetOrder(GetOrderRequest(order_id=order_id))).order.state]
        return states[0] in (ORDER_STATE_PAID, ORDER_STATE_FAILED)

    await until(over, patience_s=PATIENCE_S)
    return states[0]


@pytest.mark.parametrize("point", POINTS)
async def test_a_sale_survives_kill_9(tmp_path: Path, evening: Evening, point: str) -> None:
    folder, sale = copied(evening.folder, tmp_path / "platform"), evening.sale()
    with platform_process(folder, failpoints=f"{point}=kill", log_level="error") as platform:
        async with EventHub(platform.address) as clerk:
            clerk.tokens = evening.tokens
            with pytest.raises(Refusal):
                await clerk.orders.SellAtBoxOffice(sale)
        assert platform.wait_dead() == -9, f"{point} was not passed"

    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as clerk:
            clerk.tokens = evening.tokens
            order = (await clerk.orders.SellAtBoxOffice(sale)).order
            assert await ended(clerk, order.order_id) == ORDER_STATE_PAID
            assert await shows.left(clerk, evening.show) == 9
            till = (await clerk.tills.GetTill(GetTillRequest(till_id=evening.till_id))).till
            assert [(total.sales, total.amount.minor) for total in till.totals] == [(1, shows.PRICE)]


@pytest.mark.parametrize("point", ["payments.begin_at_counter.after", "inventory.confirm_hold.after"])
async def test_a_till_that_is_closed_after_kill_9_agrees_with_the_order(
    tmp_path: Path, evening: Evening, point: str
) -> None:
    folder, sale = copied(evening.folder, tmp_path / "platform"), evening.sale()
    with platform_process(folder, failpoints=f"{point}=kill", log_level="error") as platform:
        async with EventHub(platform.address) as clerk:
            clerk.tokens = evening.tokens
            with pytest.raises(Refusal):
                await clerk.orders.SellAtBoxOffice(sale)
        assert platform.wait_dead() == -9, f"{point} was not passed"

    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as clerk:
            clerk.tokens = evening.tokens
            counted = Money(minor=FLOAT, currency="BRL")
            closing = CloseTillRequest(till_id=evening.till_id, counted_cash=counted, note="after a power cut")
            till = (await clerk.tills.CloseTill(closing)).till
            paid = await ended(clerk, sale.order_id) == ORDER_STATE_PAID
            assert sum(total.sales for total in till.totals) == paid
            assert await shows.left(clerk, evening.show) == (9 if paid else 10)
