"""Events for measurements: a conference with places, and a hall with numbered seats."""

import json
from collections.abc import AsyncIterator

from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2, catalog_service_pb2
from eventhub.client import EventHub, new_id
from scripts import make_hall
from scripts.measurements.driver import patiently
from scripts.measurements.guests import Sale
from scripts.story import organizer

PLACES = 1_000_000
PRICE_MINOR = 1_000
SEATS_PER_ROW = 400


async def open_conference(hub: EventHub, places: int = PLACES) -> tuple[str, str]:
    """Publishes an event of a new organizer, which never sells out unless places are given. Returns its id and its
    ticket type's id."""
    await organizer.register(hub)
    return await add_conference(hub, places)


async def add_conference(hub: EventHub, places: int) -> tuple[str, str]:
    """Publishes an event of the organizer who has signed in. Returns its id and its ticket type's id."""
    venue_id = await add_venue(hub)
    event = catalog_service_pb2.CreateEventRequest(
        title="Conferência",
        kind=catalog_pb2.EVENT_KIND_CONFERENCE,
        admission=catalog_pb2.ADMISSION_GENERAL,
        venue_id=venue_id,
        capacity=places,
    )
    return await publish(hub, event)


async def add_venue(hub: EventHub) -> str:
    """Creates a venue. Returns its id."""
    venue_id = new_id("ven")
    venue = catalog_service_pb2.CreateVenueRequest(venue_id=venue_id, name="Arena", time_zone=organizer.ZONE)
    await patiently(lambda: hub.catalog.CreateVenue(venue))
    return venue_id


async def publish(
    hub: EventHub, event: catalog_service_pb2.CreateEventRequest, *, days: int = 60, price_minor: int = PRICE_MINOR
) -> tuple[str, str]:
    """Publishes an event in some days with one ticket type. Returns its id and its ticket type's id."""
    event.event_id = new_id("evt")
    event.starts_local = organizer.in_days(days, 9)
    event.duration.CopyFrom(Duration(seconds=3600))
    event.currency = "BRL"
    await patiently(lambda: hub.catalog.CreateEvent(event))
    general = catalog_pb2.TICKET_KIND_GENERAL
    ticket_type_id = await patiently(lambda: organizer.add_type(hub, event.event_id, "Passe", general, price_minor))
    request = catalog_service_pb2.PublishEventRequest(event_id=event.event_id)
    await patiently(lambda: hub.catalog.PublishEvent(request))
    return event.event_id, ticket_type_id


async def add_hall(hub: EventHub, seats: int) -> Sale:
    """Publishes an event with numbered seats, of the organizer who has signed in. seats: rounded up to full rows."""
    venue_id, plan_id = await add_venue(hub), new_id("pln")
    plan = make_hall.plain_hall(-(-seats // SEATS_PER_ROW), min(seats, SEATS_PER_ROW))
    data = json.dumps(plan, separators=(",", ":")).encode()

    async def chunks() -> AsyncIterator[catalog_service_pb2.ImportSeatingPlanRequest]:
        for start in range(0, len(data), organizer.CHUNK_BYTES):
            part = data[start : start + organizer.CHUNK_BYTES]
            yield catalog_service_pb2.ImportSeatingPlanRequest(plan_id=plan_id, venue_id=venue_id, chunk=part)

    await hub.catalog.ImportSeatingPlan(chunks())
    event = catalog_service_pb2.CreateEventRequest(
        title="Elza, o show",
        kind=catalog_pb2.EVENT_KIND_SHOW,
        admission=catalog_pb2.ADMISSION_SEATED,
        venue_id=venue_id,
        plan_id=plan_id,
    )
    event_id, ticket_type_id = await publish(hub, event)
    ids = [seat["seat_guid"] for zone in plan["zones"] for row in zone["rows"] for seat in row["seats"]]
    return Sale(event_id, ticket_type_id, ids)
