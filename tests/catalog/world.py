"""The world of catalog's tests: the real catalog, with scripted inventory and identity."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Fact
from eventhub.identity.v1 import identity_service_pb2 as identity
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusal import Refusal
from eventhub.refusals import EventState, Unavailable
from services.catalog.wiring import build
from services.kit.db.database import Database
from services.kit.rpc.call import Call
from tests.catalog.requests import EVENT, HOUR_S, LATER, PLAN, SEATING, VENUE, ZONE, chunks, general, ticket
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub


class ScriptedInventory:
    """Records its requests in order, and refuses seats once sales are open, as the real inventory does.

    refusals: raised for requests of a type, which are then not recorded. before: run once before a request of a
    type."""

    def __init__(self) -> None:
        self.requests: list[Message] = []
        self.refusals: dict[type[Message], Refusal] = {}
        self.before: dict[type[Message], Callable[[], Awaitable[object]]] = {}
        self.open: set[str] = set()

    async def _take(self, request: Message) -> None:
        refusal = self.refusals.get(type(request))
        if refusal is not None:
            raise refusal
        hook = self.before.pop(type(request), None)
        if hook is not None:
            await hook()
        self.requests.append(request)

    async def Provision(self, request: inventory.ProvisionRequest, call: Call) -> inventory.ProvisionResponse:
        if request.event_id in self.open and request not in self.requests:
            raise EventState(state="OPEN")
        await self._take(request)
        return inventory.ProvisionResponse()

    async def ProvisionSeats(
        self, request: inventory.ProvisionSeatsRequest, call: Call
    ) -> inventory.ProvisionSeatsResponse:
        if request.event_id in self.open:
            raise EventState(state="OPEN")
        await self._take(request)
        return inventory.ProvisionSeatsResponse()

    async def OpenSales(self, request: inventory.OpenSalesRequest, call: Call) -> inventory.OpenSalesResponse:
        await self._take(request)
        self.open.add(request.event_id)
        return inventory.OpenSalesResponse()

    async def SetSalesEnd(self, request: inventory.SetSalesEndRequest, call: Call) -> inventory.SetSalesEndResponse:
        await self._take(request)
        return inventory.SetSalesEndResponse()

    def of(self, request_type: type[Message]) -> list[Any]:
        """The recorded requests of a type."""
        return [request for request in self.requests if isinstance(request, request_type)]

    def seats(self) -> list[inventory.SeatSpec]:
        """All seats it was sent."""
        return [seat for request in self.of(inventory.ProvisionSeatsRequest) for seat in request.seats]

    def sales_ends(self) -> list[Timestamp]:
        """The ends of sales that it was sent, in order."""
        with_end = (inventory.ProvisionRequest, inventory.SetSalesEndRequest)
        return [request.sales_end_at for request in self.requests if isinstance(request, with_end)]

    def names(self) -> list[str]:
        """The RPCs that were called, in order."""
        return [type(request).__name__.removesuffix("Request") for request in self.requests]


class ScriptedIdentity:
    """Serves the names of organizers. away: it is unavailable. asked: the ids of each call."""

    def __init__(self, **names: str) -> None:
        self.names = names
        self.away = False
        self.asked: list[list[str]] = []

    async def BatchGetOrganizers(
        self, request: identity.BatchGetOrganizersRequest, call: Call
    ) -> identity.BatchGetOrganizersResponse:
        self.asked.append(list(request.organizer_ids))
        if self.away:
            raise Unavailable
        found = {organizer_id: self.names.get(organizer_id) for organizer_id in request.organizer_ids}
        return identity.BatchGetOrganizersResponse(
            organizers=[identity.OrganizerName(organizer_id=id_, name=name) for id_, name in found.items() if name]
        )


class World:
    """catalog and a member of an organizer, who works with the fixed ids of tests.catalog.requests."""

    def __init__(self, stage: Stage, inventory: ScriptedInventory, database: Database) -> None:
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


async def open_world(stage: Stage, people: ScriptedIdentity | None = None) -> World:
    """Starts catalog and its neighbours on a stage."""
    scripted = ScriptedInventory()
    stage.script("inventory", InventoryMesh=scripted)
    stage.script("identity", IdentityMesh=people or ScriptedIdentity())
    context = await stage.add(build)
    await stage.start()
    return World(stage, scripted, context.database)
