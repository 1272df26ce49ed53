"""catalog on stage, with inventory scripted, and requests as organizers make them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_events_pb2 as told
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.client import EventHub
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import EventState, Unavailable
from services.catalog.wiring import build
from services.kit.process.runtime import Context
from services.kit.rpc.call import Call
from tests import facts
from tests.catalog.house import Identity
from tests.stage import Stage

ORGANIZER, OTHER = "org_casa", "org_rival"
ZONE = "America/Sao_Paulo"
# The stage's clock stands at 2026-11-24, 9:00 in São Paulo.
EVENING = "2026-12-01T20:00"
HOUR_S = 3600


class ScriptedInventory:
    """Keeps what it is told, and refuses seats once sales are open, as the contract has it. down: calls that fail."""

    def __init__(self) -> None:
        self.calls: list[Message] = []
        self.open: set[str] = set()
        self.down: set[str] = set()

    def of(self, kind: type[Message]) -> list[Any]:
        return [call for call in self.calls if isinstance(call, kind)]

    def seats(self) -> list[inventory.SeatSpec]:
        return [seat for call in self.of(inventory.ProvisionSeatsRequest) for seat in call.seats]

    def _note(self, name: str, request: Message) -> None:
        if name in self.down:
            raise Unavailable(retry_after_s=1.0)
        self.calls.append(request)

    async def Provision(self, request: inventory.ProvisionRequest, call: Call) -> inventory.ProvisionResponse:
        earlier = self.of(inventory.ProvisionRequest)
        if request.event_id in self.open and request not in earlier:
            raise EventState(state="OPEN")
        self._note("Provision", request)
        return inventory.ProvisionResponse()

    async def ProvisionSeats(
        self, request: inventory.ProvisionSeatsRequest, call: Call
    ) -> inventory.ProvisionSeatsResponse:
        if request.event_id in self.open:
            raise EventState(state="OPEN")
        self._note("ProvisionSeats", request)
        return inventory.ProvisionSeatsResponse()

    async def OpenSales(self, request: inventory.OpenSalesRequest, call: Call) -> inventory.OpenSalesResponse:
        self._note("OpenSales", request)
        self.open.add(request.event_id)
        return inventory.OpenSalesResponse()

    async def SetSalesEnd(self, request: inventory.SetSalesEndRequest, call: Call) -> inventory.SetSalesEndResponse:
        self._note("SetSalesEnd", request)
        return inventory.SetSalesEndResponse()


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")


def hall(seats: int = 6) -> dict[str, Any]:
    """One row of so many seats, an aisle behind the third, in two categories."""
    placed = [
        {
            "seat_guid": f"A-{n}",
            "seat_number": str(n),
            "category": "VIP" if n == 1 else "Stalls",
            "position": {"x": n * 10 + (30 if n > 3 else 0), "y": 0},
        }
        for n in range(1, seats + 1)
    ]
    row = {"row_number": "A", "position": {"x": 0, "y": 40}, "seats": placed}
    return {
        "name": "Sala",
        "size": {"width": 100, "height": 100},
        "categories": [{"name": "VIP", "color": "#111111"}, {"name": "Stalls", "color": "#222222"}],
        "zones": [{"name": "Floor", "position": {"x": 0, "y": 0}, "rows": [row]}],
        "x_unknown": {"kept": True},
    }


def file_of(plan: dict[str, Any]) -> bytes:
    return json.dumps(plan).encode()


async def chunks(
    data: bytes, plan_id: str, venue_id: str, size: int = 60 * 1024
) -> AsyncIterator[pb.ImportSeatingPlanRequest]:
    """A file as a client sends it: ids in the first message only."""
    yield pb.ImportSeatingPlanRequest(plan_id=plan_id, venue_id=venue_id, chunk=data[:size])
    for start in range(size, len(data), size):
        yield pb.ImportSeatingPlanRequest(chunk=data[start : start + size])


@dataclass(slots=True)
class Playbill:
    """An organizer at work."""

    stage: Stage
    context: Context
    inventory: ScriptedInventory
    bia: EventHub
    rival: EventHub

    def id(self, prefix: str) -> str:
        return self.stage.ids.new(prefix)

    async def venue(self, hub: EventHub | None = None, **other: Any) -> nouns.Venue:
        wish = {"name": "Teatro", "city": "São Paulo", "time_zone": ZONE} | other
        request = pb.CreateVenueRequest(**{"venue_id": self.id("ven"), **wish})
        return (await (hub or self.bia).catalog.CreateVenue(request)).venue

    async def plan(
        self, venue_id: str, data: bytes | None = None, *, plan_id: str = "", hub: EventHub | None = None
    ) -> nouns.SeatingPlan:
        sent = chunks(file_of(hall()) if data is None else data, plan_id or self.id("pln"), venue_id)
        return (await (hub or self.bia).catalog.ImportSeatingPlan(sent)).plan

    async def export(self, plan_id: str) -> bytes:
        request = pb.ExportSeatingPlanRequest(plan_id=plan_id)
        return b"".join([answer.chunk async for answer in self.bia.catalog.ExportSeatingPlan(request)])

    def event_request(self, **wish: Any) -> pb.CreateEventRequest:
        usual = {
            "event_id": self.id("evt"),
            "title": "Elza, o show",
            "kind": nouns.EVENT_KIND_SHOW,
            "starts_local": EVENING,
            "duration": Duration(seconds=2 * HOUR_S),
            "currency": "BRL",
        }
        return pb.CreateEventRequest(**{**usual, **wish})

    async def draft(self, **wish: Any) -> nouns.Event:
        return (await self.bia.catalog.CreateEvent(self.event_request(**wish))).event

    async def general(self, **wish: Any) -> nouns.Event:
        venue = await self.venue()
        usual = {"admission": nouns.ADMISSION_GENERAL, "venue_id": venue.venue_id, "capacity": 100}
        return await self.draft(**{**usual, **wish})

    async def online(self, **wish: Any) -> nouns.Event:
        usual = {
            "admission": nouns.ADMISSION_ONLINE,
            "capacity": 50,
            "time_zone": ZONE,
            "online_url": "https://meet.example/secret",
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
        added = (await self.bia.catalog.AddTicketType(request)).event
        return next(kind for kind in added.ticket_types if kind.ticket_type_id == request.ticket_type_id)

    async def publish(self, event: nouns.Event) -> nouns.Event:
        return (await self.bia.catalog.PublishEvent(pb.PublishEventRequest(event_id=event.event_id))).event

    async def move(self, event: nouns.Event, starts_local: str, **more: Any) -> nouns.Event:
        request = pb.RescheduleEventRequest(event_id=event.event_id, starts_local=starts_local, **more)
        return (await self.bia.catalog.RescheduleEvent(request)).event

    async def facts(self) -> list[Message]:
        """Every fact told so far."""
        found = await facts.told(self.context.database)
        return [getattr(told, fact.type.rpartition(".")[2]).FromString(fact.payload) for fact in found]


async def open_playbill(stage: Stage) -> Playbill:
    """catalog on stage."""
    context = await stage.add(build)
    scripted = ScriptedInventory()
    stage.script("inventory", InventoryMesh=scripted)
    stage.script("identity", IdentityMesh=Identity())
    await stage.start()
    return Playbill(stage, context, scripted, stage.member(ORGANIZER), stage.member(OTHER))
