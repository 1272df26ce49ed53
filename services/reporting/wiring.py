"""Puts the context reporting together."""

from pathlib import Path
from typing import get_args

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.inventory.v1.inventory_events_pb2 import (
    PlacesMoved,
    StockChanged,
    StockOpened,
    WaitingOffered,
    WaitingOfferLapsed,
)
from eventhub.reporting.v1 import reporting_service_pb2
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated, TicketsRevoked, TicketUsed
from services.kit.db import Database
from services.kit.feeds import Follower, ignoring
from services.kit.process import Context, Runtime
from services.reporting.following import (
    AboutOrder,
    latest_counts,
    latest_orders,
    lock_events,
    take_admission,
    take_event,
    take_order,
    take_stock,
)
from services.reporting.servicer import ReportingService

NAME = "reporting"


async def build(runtime: Runtime) -> Context:
    """Builds reporting, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    services = reporting_service_pb2.DESCRIPTOR.services_by_name
    following = followers(runtime, database)
    return Context(
        name=NAME,
        own_database=database,
        servicers={services["ReportingService"]: ReportingService(database)},
        loops=[follower.loop for follower in following],
        gauges=[follower.lag.gauges for follower in following],
    )


def followers(runtime: Runtime, database: Database) -> list[Follower]:
    """Returns the followers of the other contexts' feeds. orders' facts suffice, so payments is not followed."""
    return [
        runtime.follow(
            database,
            "catalog",
            takes={EventPublished: take_event, EventChanged: take_event},
            prepare=lock_events,
        ),
        runtime.follow(
            database,
            "inventory",
            takes={
                StockOpened: take_stock,
                StockChanged: take_stock,
                **ignoring(WaitingOffered, WaitingOfferLapsed, PlacesMoved),
            },
            condense=latest_counts,
            prepare=lock_events,
        ),
        runtime.follow(
            database,
            "orders",
            takes=dict.fromkeys(get_args(AboutOrder), take_order),
            condense=latest_orders,
            prepare=lock_events,
        ),
        runtime.follow(
            database,
            "ticketing",
            takes={TicketUsed: take_admission, **ignoring(TicketsIssued, TicketsReseated, TicketsRevoked)},
            prepare=lock_events,
        ),
    ]
