"""The stock of events, as catalog and pricing see it in inventory."""

from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import (
    PlacesMoved,
    StockChanged,
    StockOpened,
    WaitingOffered,
    WaitingOfferLapsed,
)
from eventhub.refusals import EventIncomplete, EventNotFound, EventState
from services.kit.rpc.call import Call
from tests.fakes.feed import FakeFeed


def changed_to(request: pb.ProvisionRequest, version: int | None = None) -> pb.ProvisionRequest:
    """A copy of a provision, with another version if one is given."""
    copy = pb.ProvisionRequest()
    copy.CopyFrom(request)
    copy.version = request.version if version is None else version
    return copy


def content(request: pb.ProvisionRequest) -> pb.ProvisionRequest:
    """A provision apart from its version."""
    return changed_to(request, 0)


@dataclass(slots=True, kw_only=True)
class FakeStock(FakeFeed):
    """Keeps the stock of events, without counts. Nothing is taken of its lots.

    organizer_id: of all events in the feed.
    requests: the requests that were carried out, in order.
    provisions, arrived: the last provision of each event, and the ids of its seats.
    on_sale: the events whose sales are open.
    left: how many tickets an event has left; 100 unless it says otherwise.
    """

    response = pb.FeedResponse
    organizer_id: str = "org_casa"
    requests: list[Message] = field(default_factory=list)
    provisions: dict[str, pb.ProvisionRequest] = field(default_factory=dict)
    arrived: dict[str, set[str]] = field(default_factory=dict)
    on_sale: set[str] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)

    def about(self, fact: Message) -> tuple[str, str]:
        if isinstance(fact, PlacesMoved):
            return fact.hold_id, self.organizer_id
        assert isinstance(fact, StockOpened | StockChanged | WaitingOffered | WaitingOfferLapsed)
        return fact.event_id, self.organizer_id

    async def Provision(self, request: pb.ProvisionRequest, call: Call) -> pb.ProvisionResponse:
        await self.called("Provision")
        known = self.provisions.get(request.event_id)
        if known is not None and known.organizer_id != request.organizer_id:
            raise EventNotFound
        if known is not None and content(request) == content(known):
            known.version = max(known.version, request.version)
        elif known is not None and request.version < known.version + (request.event_id in self.on_sale):
            return pb.ProvisionResponse(in_force=False)
        else:
            self.provisions[request.event_id] = changed_to(request)
            if request.event_id not in self.on_sale:
                self.arrived[request.event_id] = set()
        self.requests.append(request)
        return pb.ProvisionResponse(in_force=True)

    async def ProvisionSeats(self, request: pb.ProvisionSeatsRequest, call: Call) -> pb.ProvisionSeatsResponse:
        await self.called("ProvisionSeats")
        self._check_known(request.event_id)
        self._check_closed(request.event_id)
        self.arrived[request.event_id].update(seat.seat_id for seat in request.seats)
        self.requests.append(request)
        return pb.ProvisionSeatsResponse()

    async def OpenSales(self, request: pb.OpenSalesRequest, call: Call) -> pb.OpenSalesResponse:
        await self.called("OpenSales")
        self._check_known(request.event_id)
        missing = request.seat_count - len(self.arrived[request.event_id])
        if missing and request.event_id not in self.on_sale:
            raise EventIncomplete(missing=f"{missing} seats")
        self.on_sale.add(request.event_id)
        self.requests.append(request)
        return pb.OpenSalesResponse()

    async def SplitByLot(self, request: pb.SplitByLotRequest, call: Call) -> pb.SplitByLotResponse:
        await self.called("SplitByLot")
        self._check_known(request.event_id)
        types = {spec.ticket_type_id: spec for spec in self.provisions[request.event_id].types}
        left = {(spec.ticket_type_id, lot.lot_id): lot.quantity for spec in types.values() for lot in spec.lots}
        parts = []
        for item in request.items:
            rest, owner = item.quantity, types[item.ticket_type_id].lots_of
            lots = types[owner].lots if owner else []
            for n, lot in enumerate(lots, start=1):
                given = rest if n == len(lots) else min(rest, left[owner, lot.lot_id])
                left[owner, lot.lot_id] -= given
                rest -= given
                part = nouns.LotPart(lot_id=lot.lot_id, lot_version=lot.version, quantity=given)
                part.ticket_type_id = item.ticket_type_id
                parts += [part] if given else []
        return pb.SplitByLotResponse(parts=parts)

    async def BatchGetAvailability(
        self, request: pb.BatchGetAvailabilityRequest, call: Call
    ) -> pb.BatchGetAvailabilityResponse:
        await self.called("BatchGetAvailability")
        open_ones = [event_id for event_id in request.event_ids if event_id in self.on_sale]
        return pb.BatchGetAvailabilityResponse(
            events=[nouns.EventAvailability(event_id=id_, available=self.left.get(id_, 100)) for id_ in open_ones]
        )

    def _check_known(self, event_id: str) -> None:
        if event_id not in self.provisions:
            raise EventNotFound

    def _check_closed(self, event_id: str) -> None:
        if event_id in self.on_sale:
            raise EventState(state="OPEN")

    def of(self, request_type: type[Message]) -> list[Any]:
        """The requests of a type."""
        return [request for request in self.requests if isinstance(request, request_type)]

    def seats(self) -> list[pb.SeatSpec]:
        """All seats it was sent."""
        return [seat for request in self.of(pb.ProvisionSeatsRequest) for seat in request.seats]

    def sales_ends(self) -> list[Timestamp]:
        """The ends of sales that it was sent, in order."""
        return [request.sales_end_at for request in self.of(pb.ProvisionRequest)]

    def names(self) -> list[str]:
        """The RPCs of the requests, in order."""
        return [type(request).__name__.removesuffix("Request") for request in self.requests]
