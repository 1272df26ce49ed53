"""Builds the context from its parts, ready to serve."""

from pathlib import Path

from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderRefundChanged,
    OrderReseated,
)
from eventhub.reviews.v1 import reviews_service_pb2
from services.kit.feeds import ignoring
from services.kit.process import Context, Runtime
from services.reviews import following, pages
from services.reviews.mesh import ReviewsMesh
from services.reviews.servicer import ReviewsService

NAME = "reviews"


async def build(runtime: Runtime) -> Context:
    """Builds reviews, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    paid = runtime.follow(
        database,
        "orders",
        takes={
            OrderPaid: following.take_paid,
            **ignoring(OrderPlaced, OrderPaymentPending, OrderFailed, OrderReseated, OrderRefundChanged, OrderDisputed),
        },
    )
    services = reviews_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["ReviewsService"]: ReviewsService(database, runtime.clock),
            services["ReviewsMesh"]: ReviewsMesh(database),
        },
        loops=[paid.loop],
        gauges=[paid.lag.gauges],
        routes=pages.routes(database),
    )
