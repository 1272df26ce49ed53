"""How orders is put together."""

from pathlib import Path

from eventhub.identity.v1 import identity_service_pb2 as identity
from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
    TokensRevoked,
)
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.orders.v1 import orders_service_pb2
from eventhub.payments.v1 import payments_service_pb2 as payments
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled, ProviderHealthChanged
from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshStub
from services.kit.feeds import Follower, ignore, ignoring
from services.kit.process import Context, Host
from services.kit.work import Runner
from services.orders import transactions
from services.orders.cashier import Cashier
from services.orders.placing import Placing
from services.orders.servicer import Mesh, Orders

NAME = "orders"


async def build(host: Host) -> Context:
    """orders, ready to serve."""
    database = await host.database(NAME, Path(__file__).parent / "schema")
    channel = host.channel(NAME)
    cashier = Cashier(database, host.clock, channel)
    placing = Placing(database, host.clock, host.ids, channel)
    runner = Runner(NAME, host.clock, due=cashier.due, do=cashier.carry)
    payments_feed, identity_feed = PaymentsMeshStub(channel), IdentityMeshStub(channel)
    settled = Follower(
        database,
        host.clock,
        producer="payments",
        open_feed=lambda after: payments_feed.Feed(payments.FeedRequest(consumer=NAME, after=after)),
        takes={PaymentSettled: transactions.take_settled, ProviderHealthChanged: ignore},
        then=runner.wake,
    )
    merged = Follower(
        database,
        host.clock,
        producer="identity",
        open_feed=lambda after: identity_feed.Feed(identity.FeedRequest(consumer=NAME, after=after)),
        takes={
            GuestMerged: transactions.take_merged,
            **ignoring(AccessCodeIssued, ContactProven, TokensRevoked, MemberInvited, AddressClaimed),
        },
    )
    services = orders_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["OrdersService"]: Orders(database, host.clock, placing, runner),
            services["OrdersMesh"]: Mesh(database),
        },
        loops=[runner.run, settled.run, merged.run],
        gauges=[runner.gauges, settled.lag.gauges, merged.lag.gauges, cashier.gauges],
        stop=runner.stop,
    )
