"""An organizer puts an event on sale and enrols a gate.

python examples/python/organizer.py localhost:7070 bia@casa.example

Prints what the other examples need, a name and a value a line: EVENT, GATE and SECRET.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from eventhub import (
    AddTicketTypeRequest,
    Admission,
    CreateEventRequest,
    CreateVenueRequest,
    EnrollGateRequest,
    EventHub,
    EventKind,
    Money,
    PublishEventRequest,
    RegisterOrganizerRequest,
    TicketKind,
    new_id,
)

PASSWORD = "correct horse battery"
PLACES = 40
PRICE = Money(minor=5_000, currency="BRL")


async def register(hub: EventHub, email: str) -> None:
    """Registers an organizer and signs its owner in."""
    ids = {"organizer_id": new_id("org"), "account_id": new_id("acc")}
    names = {"name": "Casa de Shows", "owner_name": "Bia Lima"}
    await hub.identity.RegisterOrganizer(RegisterOrganizerRequest(**ids, **names, email=email, password=PASSWORD))
    await hub.sign_in(email, PASSWORD)


async def put_on_sale(hub: EventHub) -> str:
    """Publishes a show that begins in an hour, with 40 general places. Its id."""
    venue_id, event_id = new_id("ven"), new_id("evt")
    await hub.catalog.CreateVenue(CreateVenueRequest(venue_id=venue_id, name="Casa", time_zone="Etc/UTC"))
    event = CreateEventRequest(
        event_id=event_id,
        title="Roda de samba",
        kind=EventKind.EVENT_KIND_SHOW,
        admission=Admission.ADMISSION_GENERAL,
        venue_id=venue_id,
        starts_local=(datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        duration=Duration(seconds=7_200),
        capacity=PLACES,
        currency="BRL",
    )
    await hub.catalog.CreateEvent(event)
    ticket_type = AddTicketTypeRequest(
        ticket_type_id=new_id("tkt"),
        event_id=event_id,
        name="Inteira",
        kind=TicketKind.TICKET_KIND_GENERAL,
        price=PRICE,
    )
    await hub.catalog.AddTicketType(ticket_type)
    await hub.catalog.PublishEvent(PublishEventRequest(event_id=event_id))
    return event_id


async def main(target: str, email: str) -> None:
    """Puts an event on sale and enrols a gate for it."""
    async with EventHub(target) as hub:
        await register(hub, email)
        event_id = await put_on_sale(hub)
        gate = EnrollGateRequest(device_id=new_id("gat"), event_id=event_id, name="North gate")
        enrolled = await hub.identity.EnrollGate(gate)
    print("EVENT", event_id)
    print("GATE", enrolled.device.device_id)
    print("SECRET", enrolled.secret)


asyncio.run(main(*sys.argv[1:]))
