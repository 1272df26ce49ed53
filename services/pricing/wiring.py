"""Builds pricing from its parts."""

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
from eventhub.pricing.v1 import pricing_service_pb2
from services.kit.feeds import ignoring
from services.kit.process import Context, Runtime
from services.pricing import following
from services.pricing.mesh import PricingMesh
from services.pricing.neighbours import Events, Holds, Lots, Participants
from services.pricing.quoting import Quoting
from services.pricing.servicer import PricingService

NAME = "pricing"


async def build(runtime: Runtime) -> Context:
    """Opens pricing's database and returns pricing, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel = runtime.channel(NAME)
    events = Events(channel, runtime.clock)
    participants = Participants(channel)
    quoting = Quoting(database, runtime.clock, events, Lots(channel), participants)
    follower = runtime.follow(
        database,
        "orders",
        takes={
            OrderPaid: following.take_paid,
            OrderFailed: following.take_failed,
            **ignoring(OrderPlaced, OrderPaymentPending, OrderReseated, OrderRefundChanged, OrderDisputed),
        },
    )
    services = pricing_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["PricingService"]: PricingService(database, runtime.clock, events, Holds(channel), quoting),
            services["PricingMesh"]: PricingMesh(database, runtime.clock, participants, quoting),
        },
        loops=[follower.loop],
        gauges=[follower.lag.gauges],
    )
