"""An organizer at work: creates venues, plans and events, each with a new id."""

from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_events_pb2 as announced
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.client import EventHub
from tests import facts
from tests.catalog.requests import CHUNK_BYTES_MAX, TWO_HOURS, URL, ZONE, brl, chunks, file_of, hall
from tests.catalog.world import World, open_world
from tests.fakes.inventory import FakeInventory
from tests.stage import Stage

ORGANIZER, OTHER = "org_casa", "org_rival"
# The stage's clock starts at 2026-11-24, 9:00 in São Paulo.
EVENING = "2026-12-01T20:00"


@dataclass(slots=True)
class Organizer:
    """A member of an organizer, who uses a new id for each thing. rival: a member of another organizer."""

    world: World
    hub: EventHub
    rival: EventHub

    @property
    def inventory(self) -> FakeInventory:
        return self.world.inventory

    def id(self, prefix: str) -> str:
        return self.world.stage.ids.new(prefix)

    async def venue(self, hub: EventHub | None = None, **other: Any) -> nouns.Venue:
        wish = {"name": "Teatro", "city": "São Paulo", "time_zone": ZONE} | other
        request = pb.CreateVenueRequest(**{"venue_id": self.id("ven"), **wish})
        return (await (hub or self.hub).catalog.CreateVenue(request)).venue

    async def plan(
        self, venue_id: str, data: bytes | None = None, *, plan_id: str = "", hub: EventHub | None = None
    ) -> nouns.SeatingPlan:
        data = file_of(hall()) if data is None else data
        sent = chunks(plan_id or self.id("pln"), venue_id, data, size=CHUNK_BYTES_MAX, first_size=CHUNK_BYTES_MAX)
        return (await (hub or self.hub).catalog.ImportSeatingPlan(sent)).plan

    async def export(self, plan_id: str) -> bytes:
        request = pb.ExportSeatingPlanRequest(plan_id=plan_id)
        return b"".join([answer.chunk async for answer in self.hub.catalog.ExportSeatingPlan(request)])

    def event_request(self, **wish: Any) -> pb.CreateEventRequest:
        usual = {
            "event_id": self.id("evt"),
            "title": "Elza, o show",
            "kind": nouns.EVENT_KIND_SHOW,
            "starts_local": EVENING,
            "duration": TWO_HOURS,
            "currency": "BRL",
        }
        return pb.CreateEventRequest(**{**usual, **wish})

    async def draft(self, **wish: Any) -> nouns.Event:
        return (await self.hub.catalog.CreateEvent(self.event_request(**wish))).event

    async def general(self, **wish: Any) -> nouns.Event:
        venue = await self.venue()
        usual = {"admission": nouns.ADMISSION_GENERAL, "venue_id": venue.venue_id, "capacity": 100}
        return await self.draft(**{**usual, **wish})

    async def online(self, **wish: Any) -> nouns.Event:
        usual = {
            "admission": nouns.ADMISSION_ONLINE,
            "capacity": 50,
            "time_zone": ZONE,
            "online_url": URL,
        }
        return await self.draft(**{**usual, **wish})

    async def seated(self, data: bytes | None = None, **wish: Any) -> nouns.Event:
        venue = await self.venue()
        plan = await self.plan(venue.venue_id, data)
        return await self.draft(admission=nouns.ADMISSION_SEATED, venue_id=venue.venue_id, plan_id=plan.plan_id, **wish)

    def type_request(self, event: nouns.Event, **wish: Any) -> pb.AddTicketTypeRequest:
        ticket_type_id = self.id("tkt")
        usual = {
            "ticket_type_id": ticket_type_id,
            "event_id": event.event_id,
            "name": f"Geral {ticket_type_id}",
            "kind": nouns.TICKET_KIND_GENERAL,
            "price": brl(5001),
        }
        return pb.AddTicketTypeRequest(
            **{name: value for name, value in {**usual, **wish}.items() if value is not None}
        )

    async def add(self, event: nouns.Event, **wish: Any) -> nouns.TicketType:
        request = self.type_request(event, **wish)
        added = (await self.hub.catalog.AddTicketType(request)).event
        return next(each for each in added.ticket_types if each.ticket_type_id == request.ticket_type_id)

    async def publish(self, event: nouns.Event) -> nouns.Event:
        return (await self.hub.catalog.PublishEvent(pb.PublishEventRequest(event_id=event.event_id))).event

    async def move(self, event: nouns.Event, starts_local: str, **more: Any) -> nouns.Event:
        request = pb.RescheduleEventRequest(event_id=event.event_id, starts_local=starts_local, **more)
        return (await self.hub.catalog.RescheduleEvent(request)).event

    async def facts(self) -> list[Message]:
        """All facts that catalog has announced."""
        found = await facts.told(self.world.database)
        return [getattr(announced, fact.type.rpartition(".")[2]).FromString(fact.payload) for fact in found]


async def open_organizer(stage: Stage) -> Organizer:
    """Starts catalog and its neighbours on a stage."""
    return Organizer(await open_world(stage), stage.member(ORGANIZER), stage.member(OTHER))
