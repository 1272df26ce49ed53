"""Which facts of a batch reporting takes in."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.orders.v1.orders_pb2 import Order
from services.reporting.following import latest_orders


def test_only_the_newest_version_of_an_order_is_taken_in() -> None:
    told = [
        (OrderPaid(order=Order(order_id=name, version=version)), Fact(position=n))
        for n, (name, version) in enumerate([("a", 1), ("b", 2), ("a", 3), ("b", 1)])
    ]

    assert [(message.order.order_id, message.order.version) for message, _ in latest_orders(told)] == [
        ("a", 3),
        ("b", 2),
    ]
