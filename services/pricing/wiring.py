"""How pricing is put together."""

from pathlib import Path

from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_service_pb2 import FeedRequest
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from eventhub.pricing.v1 import pricing_service_pb2
from services.kit.feeds import Follower, ignore
from services.kit.process import Context, Host
from services.pricing import transactions
from services.pricing.neighbours import Events, Participants
from services.pricing.quoting import Quoting
from services.pricing.servicer import Mesh, Pricing

NAME = "pricing"


async def build(host: Host) -> Context:
    """pricing, ready to serve."""
    database = await host.database(NAME, Path(__file__).parent / "schema")
    channel = host.channel(NAME)
    events = Events(channel, host.clock)
    participants = Participants(channel)
    quoting = Quoting(database, host.clock, events, participants)
    orders = OrdersMeshStub(channel)
    follower = Follower(
        database,
        host.clock,
        producer="orders",
        open_feed=lambda after: orders.Feed(FeedRequest(consumer=NAME, after=after)),
        takes={
            OrderPlaced: ignore,
            OrderPaymentPending: ignore,
            OrderPaid: transactions.take_paid,
            OrderFailed: transactions.take_failed,
        },
    )
    services = pricing_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["PricingService"]: Pricing(database, host.clock, events, quoting),
            services["PricingMesh"]: Mesh(database, host.clock, participants, quoting),
        },
        loops=[follower.run],
        gauges=[follower.lag.gauges],
    )
