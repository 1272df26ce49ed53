"""One suite for orders and for its fake, as the other contexts use them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.orders.v1.orders_events_pb2 import (
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderReseated,
)
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from tests.fakes.orders import FakeOrders
from tests.fakes.reading import facts, heads
from tests.orders.world import ANA, ORGANIZER, open_world, ord_
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshAsyncStub


@dataclass(frozen=True, slots=True)
class Shop:
    """Ana has paid her first order; her second has failed, and her third waits. Then the seats of the first move."""

    stage: Stage

    def mesh(self, caller: str) -> "OrdersMeshAsyncStub":
        return OrdersMeshStub(self.stage.channel(caller))


async def real(stage: Stage) -> Shop:
    world = await open_world(stage)
    for n in (1, 2, 3):
        world.payments.declines, world.payments.silent = n == 2, n == 3
        world.hold(n)
        await world.checkout(n)
    world.move("N-01", "N-02")
    return Shop(stage)


async def fake(stage: Stage) -> Shop:
    orders = FakeOrders(buyers={ANA})
    first, second, third = [Order(order_id=ord_(n), organizer_id=ORGANIZER) for n in (1, 2, 3)]
    orders.tell(OrderPlaced(order=first), OrderPaid(order=first), OrderPlaced(order=second), OrderFailed(order=second))
    orders.tell(OrderPlaced(order=third), OrderPaymentPending(order=third), OrderReseated(order=first))
    stage.script("orders", OrdersMesh=orders)
    return Shop(stage)


@pytest_asyncio.fixture(params=[real, fake])
async def shop(request: pytest.FixtureRequest, stage: Stage) -> Shop:
    opened: Shop = await request.param(stage)
    return opened


async def test_buyers_are_found_among_others(shop: Shop) -> None:
    request = pb.FindBuyersRequest(subject_ids=["gst_rui", ANA, "acc_bia"])

    assert list((await shop.mesh("identity").FindBuyers(request)).subject_ids) == [ANA]


async def test_facts_are_about_the_order(shop: Shop) -> None:
    found = await facts(shop.mesh("reporting").Feed(pb.FeedRequest(consumer="reporting")), 7)

    assert heads(found) == [
        ("OrderPlaced", ord_(1), ORGANIZER),
        ("OrderPaid", ord_(1), ORGANIZER),
        ("OrderPlaced", ord_(2), ORGANIZER),
        ("OrderFailed", ord_(2), ORGANIZER),
        ("OrderPlaced", ord_(3), ORGANIZER),
        ("OrderPaymentPending", ord_(3), ORGANIZER),
        ("OrderReseated", ord_(1), ORGANIZER),
    ]
    assert OrderPaid.FromString(found[1].payload).order.order_id == ord_(1)
