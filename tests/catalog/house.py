"""catalog on stage, with inventory scripted."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Fact
from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1 import identity_service_pb2 as identity
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusal import Refusal
from eventhub.refusals import Unavailable
from services.catalog.wiring import build
from services.kit.db.database import Database
from services.kit.rpc.call import Call
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

PLAN = Path(__file__).parent.parent / "data" / "teatro.json"
CHUNK_BYTES = 48 * 1024
ZONE = "America/Sao_Paulo"
STARTS = "2026-12-24T20:00"
LATER = "2026-12-25T21:30"
HOUR_S = 3600
URL = "https://meet.example/room"
STARTS_S = 1_798_153_200  # 2026-12-24T20:00 in São Paulo
TWO_HOURS = Duration(seconds=7200)
HALF, GENERAL, VIP = nouns.TICKET_KIND_HALF_PRICE, nouns.TICKET_KIND_GENERAL, nouns.TICKET_KIND_VIP


def an_id(prefix: str, n: int = 1) -> str:
    return f"{prefix}_{n:026d}"


M = TypeVar("M", bound=Message)
VENUE, SEATING, EVENT, TYPE = an_id("ven"), an_id("pln"), an_id("evt"), an_id("tkt")


class ScriptedInventory:
    """Takes everything in, in order; refuses the calls that it was told to."""

    def __init__(self) -> None:
        self.requests: list[Message] = []
        self.refusals: dict[type[Message], Refusal] = {}
        self.before: dict[type[Message], Callable[[], Awaitable[object]]] = {}

    async def _take(self, request: Message) -> None:
        refusal = self.refusals.get(type(request))
        if refusal is not None:
            raise refusal
        hook = self.before.pop(type(request), None)
        if hook is not None:
            await hook()
        self.requests.append(request)

    async def Provision(self, request: inventory.ProvisionRequest, call: Call) -> inventory.ProvisionResponse:
        await self._take(request)
        return inventory.ProvisionResponse()

    async def ProvisionSeats(
        self, request: inventory.ProvisionSeatsRequest, call: Call
    ) -> inventory.ProvisionSeatsResponse:
        await self._take(request)
        return inventory.ProvisionSeatsResponse()

    async def OpenSales(self, request: inventory.OpenSalesRequest, call: Call) -> inventory.OpenSalesResponse:
        await self._take(request)
        return inventory.OpenSalesResponse()

    async def SetSalesEnd(self, request: inventory.SetSalesEndRequest, call: Call) -> inventory.SetSalesEndResponse:
        await self._take(request)
        return inventory.SetSalesEndResponse()

    def names(self) -> list[str]:
        """What was called, in order."""
        return [type(request).__name__.removesuffix("Request") for request in self.requests]


class Identity:
    """Knows what organizers are called. away: it cannot be reached."""

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


class House:
    """catalog with one organizer's member at work."""

    def __init__(self, stage: Stage, stock: ScriptedInventory, database: Database) -> None:
        self.stage = stage
        self.stock = stock
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

    async def draft(self) -> nouns.Event:
        """A venue, an event without numbered seats and one ticket type."""
        await self.venue()
        await self.event(general())
        return await self.type(ticket())

    async def on_sale(self) -> nouns.Event:
        await self.draft()
        return await self.publish()


async def opened(stage: Stage, people: Identity | None = None) -> House:
    """A house that serves. people: what identity knows."""
    stock = ScriptedInventory()
    stage.script("inventory", InventoryMesh=stock)
    stage.script("identity", IdentityMesh=people or Identity())
    context = await stage.add(build)
    await stage.start()
    return House(stage, stock, context.database)


async def chunks(plan_id: str, venue_id: str, data: bytes) -> AsyncIterator[pb.ImportSeatingPlanRequest]:
    """A file as it is sent."""
    yield pb.ImportSeatingPlanRequest(plan_id=plan_id, venue_id=venue_id)
    for start in range(0, len(data), CHUNK_BYTES):
        yield pb.ImportSeatingPlanRequest(chunk=data[start : start + CHUNK_BYTES])


def general(event_id: str = EVENT, **other: object) -> pb.CreateEventRequest:
    """An event without numbered seats for 100 people."""
    request = pb.CreateEventRequest(
        event_id=event_id,
        title="Elza, o show",
        kind=nouns.EVENT_KIND_SHOW,
        admission=nouns.ADMISSION_GENERAL,
        venue_id=VENUE,
        starts_local=STARTS,
        duration=TWO_HOURS,
        capacity=100,
        currency="BRL",
    )
    return changed(request, other)


def online(event_id: str = EVENT, **other: object) -> pb.CreateEventRequest:
    """An online event for 50 people."""
    mode = {"admission": nouns.ADMISSION_ONLINE, "venue_id": "", "time_zone": ZONE, "online_url": URL, "capacity": 50}
    return general(event_id, **(mode | other))


def seated(event_id: str = EVENT, **other: object) -> pb.CreateEventRequest:
    """An event on the plan's seats."""
    return general(event_id, **({"admission": nouns.ADMISSION_SEATED, "plan_id": SEATING, "capacity": 0} | other))


def ticket(ticket_type_id: str = TYPE, event_id: str = EVENT, **other: object) -> pb.AddTicketTypeRequest:
    """A full-price ticket at 50.01, with a name of its own."""
    request = pb.AddTicketTypeRequest(
        ticket_type_id=ticket_type_id,
        event_id=event_id,
        name=f"Inteira {ticket_type_id}",
        kind=GENERAL,
        price=Money(minor=5001, currency="BRL"),
    )
    return changed(request, other)


def half(ticket_type_id: str, of: str = TYPE, event_id: str = EVENT, **other: object) -> pb.AddTicketTypeRequest:
    """A half-price ticket."""
    return ticket(ticket_type_id, event_id, kind=HALF, price=None, half_of_ticket_type_id=of, **other)


def changed(request: M, fields: dict[str, object]) -> M:
    """A request with some fields set otherwise; None: left out."""
    for name, value in fields.items():
        request.ClearField(name)
        if value is not None:
            request.MergeFrom(type(request)(**{name: value}))
    return request


async def move(house: House, starts: str = LATER, hours: int = 0, event_id: str = EVENT) -> nouns.Event:
    request = pb.RescheduleEventRequest(event_id=event_id, starts_local=starts)
    if hours:
        request.duration.CopyFrom(Duration(seconds=hours * HOUR_S))
    return (await house.hub.catalog.RescheduleEvent(request)).event


async def facts(stage: Stage, count: int) -> list[Fact]:
    """The first so many facts. Fails where there are more in the same breath."""
    mesh: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("reporting"))
    found: list[Fact] = []
    async for answer in mesh.Feed(pb.FeedRequest(consumer="reporting")):
        found.extend(answer.batch.facts)
        if len(found) >= count:
            break
    assert len(found) == count
    return found


def taken(house: House, kind: type[Message]) -> list[Message]:
    return [request for request in house.stock.requests if isinstance(request, kind)]
