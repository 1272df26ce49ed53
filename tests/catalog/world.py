"""The world of catalog's tests: the real catalog, with fake inventory and identity."""

from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Fact
from services.catalog.wiring import build
from services.kit.db.database import Database
from tests.catalog.requests import EVENT, HOUR_S, LATER, PLAN, SEATING, VENUE, ZONE, chunks, general, ticket
from tests.facts import told
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub


class World:
    """catalog and a member of an organizer, who works with the fixed ids of tests.catalog.requests."""

    def __init__(self, stage: Stage, inventory: FakeInventory, database: Database) -> None:
        self.stage = stage
        self.inventory = inventory
        self.database = database
        self.hub: EventHub = stage.member()

    async def venue(self, venue_id: str = VENUE, **other: str) -> nouns.Venue:
        request = pb.CreateVenueRequest(venue_id=venue_id, name="Teatro", city="São Paulo", time_zone=ZONE)
        request.MergeFrom(pb.CreateVenueRequest(**other))
        return (await self.hub.catalog.CreateVenue(request)).venue

    async def plan(self, data: bytes | None = None, plan_id: str = SEATING, venue_id: str = VENUE) -> nouns.SeatingPlan:
        requests = chunks(plan_id, venue_id, PLAN.read_bytes() if data is None else data)
        return (await self.hub.catalog.ImportSeatingPlan(requests)).plan

    async def event(self, request: pb.CreateEventRequest) -> nouns.Event:
        return (await self.hub.catalog.CreateEvent(request)).event

    async def type(self, request: pb.AddTicketTypeRequest) -> nouns.Event:
        return (await self.hub.catalog.AddTicketType(request)).event

    async def publish(self, event_id: str = EVENT) -> nouns.Event:
        return (await self.hub.catalog.PublishEvent(pb.PublishEventRequest(event_id=event_id))).event

    async def get(self, event_id: str = EVENT) -> nouns.Event:
        return (await self.hub.catalog.GetEvent(pb.GetEventRequest(event_id=event_id))).event

    async def move(self, starts: str = LATER, hours: int = 0, event_id: str = EVENT) -> nouns.Event:
        """Moves an event. hours: its new length; 0 keeps the length."""
        request = pb.RescheduleEventRequest(event_id=event_id, starts_local=starts)
        if hours:
            request.duration.CopyFrom(Duration(seconds=hours * HOUR_S))
        return (await self.hub.catalog.RescheduleEvent(request)).event

    async def update(self, *paths: str, event_id: str = EVENT, **fields: Any) -> nouns.Event:
        """Changes fields of an event. paths: those that the mask names; by default those that are given."""
        mask = FieldMask(paths=paths or tuple(fields))
        request = pb.UpdateEventRequest(event_id=event_id, update_mask=mask, **fields)
        return (await self.hub.catalog.UpdateEvent(request)).event

    async def resize(
        self, capacity: int, ticket_type_id: str = "", event_id: str = EVENT, area_id: str = ""
    ) -> nouns.Event:
        request = pb.SetCapacityRequest(
            event_id=event_id, ticket_type_id=ticket_type_id, area_id=area_id, capacity=capacity
        )
        return (await self.hub.catalog.SetCapacity(request)).event

    async def unpublish(self, event_id: str = EVENT) -> nouns.Event:
        return (await self.hub.catalog.UnpublishEvent(pb.UnpublishEventRequest(event_id=event_id))).event

    async def archive(self, event_id: str = EVENT, *, restore: bool = False) -> nouns.Event:
        request = pb.ArchiveEventRequest(event_id=event_id, restore=restore)
        return (await self.hub.catalog.ArchiveEvent(request)).event

    async def drop(self, event_id: str = EVENT) -> None:
        await self.hub.catalog.DropEvent(pb.DropEventRequest(event_id=event_id))

    async def copy(self, event_id: str, starts: str = LATER, title: str = "", of: str = EVENT) -> nouns.Event:
        request = pb.CopyEventRequest(event_id=event_id, from_event_id=of, starts_local=starts, title=title)
        return (await self.hub.catalog.CopyEvent(request)).event

    async def listed(self, *, with_archived: bool = False) -> list[str]:
        """Ids of the organizer's events."""
        answer = await self.hub.catalog.ListEvents(pb.ListEventsRequest(with_archived=with_archived))
        return [event.event_id for event in answer.events]

    async def changes(self) -> list[dict[str, tuple[str, str]]]:
        """The changes of each EventChanged, by field."""
        found = [fact for fact in await told(self.database) if fact.type == EventChanged.DESCRIPTOR.full_name]
        return [
            {
                change.field: (change.old_value, change.new_value)
                for change in EventChanged.FromString(fact.payload).changes
            }
            for fact in found
        ]

    async def draft(self) -> nouns.Event:
        """Creates a venue, an event without numbered seats and one ticket type."""
        await self.venue()
        await self.event(general())
        return await self.type(ticket())

    async def on_sale(self) -> nouns.Event:
        """Creates the same as draft() and publishes it."""
        await self.draft()
        return await self.publish()

    async def facts(self, count: int) -> list[Fact]:
        """Reads the first facts of catalog's feed. Fails if more than count arrive together."""
        mesh: CatalogMeshAsyncStub = CatalogMeshStub(self.stage.channel("reporting"))
        found: list[Fact] = []
        async for answer in mesh.Feed(pb.FeedRequest(consumer="reporting")):
            found.extend(answer.batch.facts)
            if len(found) >= count:
                break
        assert len(found) == count
        return found


async def open_world(stage: Stage, people: FakeIdentity | None = None) -> World:
    """Starts catalog and its neighbours on a stage."""
    stock = FakeInventory()
    stage.script("inventory", InventoryMesh=stock)
    stage.script("identity", IdentityMesh=people or FakeIdentity())
    context = await stage.add(build)
    await stage.start()
    return World(stage, stock, context.database)
