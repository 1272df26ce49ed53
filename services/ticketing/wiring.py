"""How ticketing is put together."""

import asyncio
from pathlib import Path

from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
    TokensRevoked,
)
from eventhub.identity.v1.identity_service_pb2 import FeedRequest as IdentityFeedRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_service_pb2 import FeedRequest as OrdersFeedRequest
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from eventhub.ticketing.v1 import ticketing_service_pb2
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingServiceStub
from services.kit.feeds import Follower, ignore, ignoring
from services.kit.process import Context, Host, fingerprints
from services.kit.values import SECOND_US
from services.ticketing import keys
from services.ticketing.credentials import Credentials
from services.ticketing.events import Events
from services.ticketing.following import Following
from services.ticketing.hours import hours_of
from services.ticketing.join import Join
from services.ticketing.mesh import Mesh
from services.ticketing.servicer import Ticketing

NAME = "ticketing"
# What identity tells and ticketing has no use for.
OF_OTHERS = (AccessCodeIssued, ContactProven, TokensRevoked, MemberInvited, AddressClaimed)
LASTING = ("ticket-*.key", "links.key")


async def build(host: Host) -> Context:
    """ticketing, ready to serve."""
    database = await host.database(NAME, Path(__file__).parent / "schema")
    channel = host.channel(NAME)
    orders, identity = OrdersMeshStub(channel), IdentityMeshStub(channel)
    events = Events(CatalogMeshStub(channel), host.clock)
    async with fingerprints.remembered(database, host.settings, LASTING):
        credentials = await load_credentials(host)
    following = Following(host.clock)
    paid = Follower(
        database,
        host.clock,
        producer="orders",
        open_feed=lambda after: orders.Feed(OrdersFeedRequest(consumer=NAME, after=after)),
        takes={
            OrderPaid: following.take_paid,
            OrderPlaced: ignore,
            OrderPaymentPending: ignore,
            OrderFailed: ignore,
        },
    )
    merged = Follower(
        database,
        host.clock,
        producer="identity",
        open_feed=lambda after: identity.Feed(IdentityFeedRequest(consumer=NAME, after=after)),
        takes={GuestMerged: following.take_merged, **ignoring(*OF_OTHERS)},
    )
    services = ticketing_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["TicketingService"]: Ticketing(database, host.clock, events, credentials, hours_of(host.settings)),
            services["TicketingMesh"]: Mesh(database, events, credentials),
        },
        loops=[paid.run, merged.run],
        gauges=[paid.lag.gauges, merged.lag.gauges],
        routes=Join(TicketingServiceStub(channel)).routes(),
    )


async def load_credentials(host: Host) -> Credentials:
    """The platform's keys for tickets and links, from its data folder."""
    folder = host.settings.keys_folder
    keyring = await asyncio.to_thread(keys.load_keyring, folder, now_s=host.clock.now_us() // SECOND_US)
    links_key = await asyncio.to_thread(keys.load_links_key, folder, fresh=host.ids.secret())
    return Credentials(keyring, links_key, public_url=lambda: host.settings.public_url or host.public_url)
