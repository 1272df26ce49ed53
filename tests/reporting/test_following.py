"""Which facts of a batch reporting takes in."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.orders.v1.orders_pb2 import Order
from services.reporting.following import latest_orders
from tests.reporting.world import FULL, VIP, Season, caught_up, open_books, order, sales_of
from tests.stage import Stage


def test_only_the_newest_version_of_an_order_is_taken_in() -> None:
    told = [
        (OrderPaid(order=Order(order_id=name, version=version)), Fact(position=n))
        for n, (name, version) in enumerate([("a", 1), ("b", 2), ("a", 3), ("b", 1)])
    ]

    assert [(message.order.order_id, message.order.version) for message, _ in latest_orders(told)] == [
        ("a", 3),
        ("b", 2),
    ]


async def test_a_paid_order_whose_seats_move_in_the_same_batch_counts_once(stage: Stage) -> None:
    season = Season()
    season.publish()
    paid = order(1, FULL, VIP)
    season.sell(paid)
    season.reseat(paid)
    await open_books(stage, season)
    before = await sales_of(stage)

    season.reseat(paid, version=5)
    await caught_up(stage, season)

    assert (before.tickets_sold, before.revenue.minor) == (2, 28_000)
    assert await sales_of(stage) == before
