"""Wires ticketing together: its RPCs, feeds, HTTP routes and keys."""

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
from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderRefundChanged,
    OrderReseated,
)
from eventhub.ticketing.v1 import ticketing_service_pb2
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingServiceStub
from services.kit.feeds import ignoring
from services.kit.process import Context, Runtime, fingerprints
from services.kit.values import SECOND_US
from services.ticketing import keys
from services.ticketing.credentials import Credentials
from services.ticketing.following import Following
from services.ticketing.hours import hours_of
from services.ticketing.join import Join
from services.ticketing.mesh import TicketingMesh
from services.ticketing.neighbours import Events
from services.ticketing.servicer import TicketingService

NAME = "ticketing"
# Facts of identity that change no ticket.
IGNORED = (AccessCodeIssued, ContactProven, TokensRevoked, MemberInvited, AddressClaimed)
LASTING = ("ticket-*.key", "links.key")


async def build(runtime: Runtime) -> Context:
    """Builds ticketing: loads its keys, and follows orders and identity."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel = runtime.channel(NAME)
    events = Events(CatalogMeshStub(channel), runtime.clock)
    async with fingerprints.remembered(database, runtime.settings, LASTING):
        credentials = await load_credentials(runtime)
    following = Following(runtime.clock)
    paid = runtime.follow(
        database,
        "orders",
        takes={
            OrderPaid: following.take_paid,
            OrderDisputed: following.take_disputed,
            OrderReseated: following.take_reseated,
            **ignoring(OrderPlaced, OrderPaymentPending, OrderFailed, OrderRefundChanged),
        },
    )
    merged = runtime.follow(
        database,
        "identity",
        takes={GuestMerged: following.take_merged, **ignoring(*IGNORED)},
    )
    hours = hours_of(runtime.settings)
    services = ticketing_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["TicketingService"]: TicketingService(database, runtime.clock, events, credentials, hours),
            services["TicketingMesh"]: TicketingMesh(database, runtime.clock, events, credentials),
        },
        loops=[paid.loop, merged.loop],
        gauges=[paid.lag.gauges, merged.lag.gauges],
        routes=Join(TicketingServiceStub(channel)).routes(),
    )


async def load_credentials(runtime: Runtime) -> Credentials:
    """Loads the platform's keys for tickets and links from the folder in the settings, and makes them at first."""
    folder = runtime.settings.keys_folder
    keyring = await asyncio.to_thread(keys.load_keyring, folder, now_s=runtime.clock.now_us() // SECOND_US)
    links_key = await asyncio.to_thread(keys.load_links_key, folder, fresh=runtime.ids.secret())
    return Credentials(keyring, links_key, public_url=lambda: runtime.settings.public_url or runtime.public_url)
