"""How reporting is put together."""

from pathlib import Path

import grpc

from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.catalog.v1.catalog_events_pb2 import EventPublished, EventRescheduled
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged, StockOpened
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.orders.v1 import orders_service_pb2 as orders
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from eventhub.reporting.v1 import reporting_service_pb2
from eventhub.ticketing.v1 import ticketing_service_pb2 as ticketing
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketUsed
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from services.kit.db import Database
from services.kit.feeds import Follower, ignore
from services.kit.process import Context, Host
from services.kit.values import Clock
from services.reporting.projections import (
    latest_counts,
    lock_events,
    take_admission,
    take_event,
    take_order,
    take_stock,
)
from services.reporting.servicer import Reporting

NAME = "reporting"


async def build(host: Host) -> Context:
    """reporting, ready to serve."""
    database = await host.database(NAME, Path(__file__).parent / "schema")
    services = reporting_service_pb2.DESCRIPTOR.services_by_name
    following = followers(database, host.clock, host.channel(NAME))
    return Context(
        NAME,
        database,
        servicers={services["ReportingService"]: Reporting(database)},
        loops=[follower.run for follower in following],
        gauges=[follower.lag.gauges for follower in following],
    )


def followers(database: Database, clock: Clock, channel: grpc.aio.Channel) -> list[Follower]:
    """Who takes in the other contexts' facts. payments tells nothing that orders does not tell better."""
    catalog_feed, inventory_feed = CatalogMeshStub(channel), InventoryMeshStub(channel)
    orders_feed, ticketing_feed = OrdersMeshStub(channel), TicketingMeshStub(channel)
    return [
        Follower(
            database,
            clock,
            producer="catalog",
            open_feed=lambda after: catalog_feed.Feed(catalog.FeedRequest(consumer=NAME, after=after)),
            takes={EventPublished: take_event, EventRescheduled: take_event},
            prepare=lock_events,
        ),
        Follower(
            database,
            clock,
            producer="inventory",
            open_feed=lambda after: inventory_feed.Feed(inventory.FeedRequest(consumer=NAME, after=after)),
            takes={StockOpened: take_stock, StockChanged: take_stock},
            condense=latest_counts,
            prepare=lock_events,
        ),
        Follower(
            database,
            clock,
            producer="orders",
            open_feed=lambda after: orders_feed.Feed(orders.FeedRequest(consumer=NAME, after=after)),
            takes=dict.fromkeys((OrderPlaced, OrderPaymentPending, OrderPaid, OrderFailed), take_order),
            prepare=lock_events,
        ),
        Follower(
            database,
            clock,
            producer="ticketing",
            open_feed=lambda after: ticketing_feed.Feed(ticketing.FeedRequest(consumer=NAME, after=after)),
            takes={TicketUsed: take_admission, TicketsIssued: ignore},
            prepare=lock_events,
        ),
    ]
