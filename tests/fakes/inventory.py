"""The inventory that other contexts see: the stock of events and the holds of buyers."""

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
from eventhub.refusals import (
    ContactUnverified,
    EventIncomplete,
    EventNotFound,
    EventState,
    HoldExpired,
    HoldInUse,
    HoldNotFound,
    IdInUse,
    PersonLimit,
    SeatTaken,
)
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.feed import FakeFeed

HELD, LOCKED, SOLD = nouns.HOLD_STATE_HELD, nouns.HOLD_STATE_LOCKED, nouns.HOLD_STATE_SOLD
LAPSED, RELEASED = nouns.HOLD_STATE_LAPSED, nouns.HOLD_STATE_RELEASED
HELD_UNTIL_US = START_US + 600_000_000


@dataclass(slots=True, kw_only=True)
class StoredHold:
    """A hold. given_up_by: the orders that cannot lock it again. counted_by: the keys of the person whose tickets it
    has, of an event that limits them. places_revision: how often its places have moved."""

    buyer_id: str
    event_id: str
    places: list[nouns.HeldPlace]
    state: nouns.HoldState.ValueType = HELD
    order_id: str = ""
    given_up_by: set[str] = field(default_factory=set)
    counted_by: set[str] = field(default_factory=set)
    places_revision: int = 0

    def give_up(self, order_id: str, *, release: bool) -> None:
        """Gives the hold back to its owner, or frees its places, if the order has it; in any case the order cannot lock
        it later."""
        self.given_up_by.add(order_id)
        if self.order_id in ("", order_id):
            self.state, self.order_id = RELEASED if release else HELD, ""
            self.counted_by = set()


def places_of(item: pb.HoldItem) -> list[nouns.HeldPlace]:
    """The places that an item asks for."""
    if not item.seat_ids:
        return [nouns.HeldPlace(ticket_type_id=item.ticket_type_id)] * item.quantity
    return [
        nouns.HeldPlace(ticket_type_id=item.ticket_type_id, seat_id=seat_id, seat_label=f"Stalls {seat_id}")
        for seat_id in item.seat_ids
    ]


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
class FakeInventory(FakeFeed):
    """Keeps the stock of events and the holds of buyers, without counts. Nothing is taken of its lots.

    organizer_id: of all events in the feed.
    lapses_at_lock: a hold expires just before an order locks it.
    requests: the requests about stock that were carried out, in order.
    provisions, arrived: the last provision of each event, and the ids of its seats.
    on_sale: the events whose sales are open.
    left: how many tickets an event has left; 100 unless it says otherwise.
    person_limit: how many tickets of an event a person may have; 0: any number.
    """

    response = pb.FeedResponse
    organizer_id: str = "org_casa"
    lapses_at_lock: bool = False
    holds: dict[str, StoredHold] = field(default_factory=dict)
    requests: list[Message] = field(default_factory=list)
    provisions: dict[str, pb.ProvisionRequest] = field(default_factory=dict)
    arrived: dict[str, set[str]] = field(default_factory=dict)
    on_sale: set[str] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)
    person_limit: int = 0

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

    def state(self, hold_id: str) -> str:
        return nouns.HoldState.Name(self.holds[hold_id].state).removeprefix("HOLD_STATE_")

    def _kept(self, hold_id: str, buyer_id: str = "") -> StoredHold:
        kept = self.holds.get(hold_id)
        if kept is None or (buyer_id and kept.buyer_id != buyer_id):
            raise HoldNotFound
        return kept

    def _hold(self, hold_id: str) -> nouns.Hold:
        kept = self.holds[hold_id]
        until = to_timestamp(HELD_UNTIL_US)
        return nouns.Hold(
            hold_id=hold_id,
            event_id=kept.event_id,
            state=kept.state,
            held_at=to_timestamp(START_US),
            expires_at=until,
            places=kept.places,
            person_limit=self.person_limit,
            places_revision=kept.places_revision,
        )

    def _check_person(self, kept: StoredHold, keys: set[str]) -> None:
        others = [hold for hold in self.holds.values() if hold is not kept and hold.event_id == kept.event_id]
        have = max(sum(len(hold.places) for hold in others if key in hold.counted_by) for key in keys)
        if have + len(kept.places) > self.person_limit:
            raise PersonLimit(limit=self.person_limit, have=have)

    async def HoldAtCounter(self, request: pb.HoldAtCounterRequest, call: Call) -> pb.HoldAtCounterResponse:
        await self.called("HoldAtCounter")
        if request.organizer_id != self.organizer_id:
            raise EventNotFound
        known = self.holds.get(request.hold_id)
        if known is None:
            wanted = {seat_id for item in request.items for seat_id in item.seat_ids}
            for other in self.holds.values():
                taken = wanted & {place.seat_id for place in other.places}
                if other.event_id == request.event_id and other.state in (HELD, LOCKED, SOLD) and taken:
                    raise SeatTaken(seat_id=min(taken), seat=f"Stalls {min(taken)}")
            places = [place for item in request.items for place in places_of(item)]
            known = StoredHold(buyer_id=request.member_id, event_id=request.event_id, places=places)
            self.holds[request.hold_id] = known
        elif known.buyer_id != request.member_id:
            raise IdInUse
        return pb.HoldAtCounterResponse(hold=self._hold(request.hold_id))

    async def DescribeHold(self, request: pb.DescribeHoldRequest, call: Call) -> pb.DescribeHoldResponse:
        await self.called("DescribeHold")
        kept = self._kept(request.hold_id, request.buyer_id)
        if kept.state in (LAPSED, RELEASED):
            raise HoldExpired
        if self.person_limit and request.participant_keys:
            self._check_person(kept, set(request.participant_keys))
        return pb.DescribeHoldResponse(hold=self._hold(request.hold_id))

    async def LockHold(self, request: pb.LockHoldRequest, call: Call) -> pb.LockHoldResponse:
        await self.called("LockHold")
        kept = self._kept(request.hold_id, request.buyer_id)
        if self.lapses_at_lock and kept.state == HELD:
            kept.state = LAPSED
        if kept.order_id not in ("", request.order_id):
            raise HoldInUse
        if kept.state in (LAPSED, RELEASED) or request.order_id in kept.given_up_by:
            raise HoldExpired
        if kept.state == HELD:
            if self.person_limit and not request.unnamed:
                if not request.participant_keys:
                    raise ContactUnverified
                self._check_person(kept, set(request.participant_keys))
                kept.counted_by = set(request.participant_keys)
            kept.state, kept.order_id = LOCKED, request.order_id
        return pb.LockHoldResponse(hold=self._hold(request.hold_id))

    async def UnlockHold(self, request: pb.UnlockHoldRequest, call: Call) -> pb.UnlockHoldResponse:
        await self.called("UnlockHold")
        kept = self._kept(request.hold_id)
        if kept.order_id == request.order_id and kept.state == SOLD:
            raise HoldInUse
        if kept.state in (HELD, LOCKED, SOLD):
            kept.give_up(request.order_id, release=request.release)
        return pb.UnlockHoldResponse(hold=self._hold(request.hold_id))

    async def ConfirmHold(self, request: pb.ConfirmHoldRequest, call: Call) -> pb.ConfirmHoldResponse:
        await self.called("ConfirmHold")
        kept = self._kept(request.hold_id)
        if kept.order_id != request.order_id or kept.state not in (LOCKED, SOLD):
            raise HoldExpired
        kept.state = SOLD
        return pb.ConfirmHoldResponse(hold=self._hold(request.hold_id))

    async def ReturnSold(self, request: pb.ReturnSoldRequest, call: Call) -> pb.ReturnSoldResponse:
        await self.called("ReturnSold")
        kept = self._kept(request.hold_id)
        if request.order_id not in (kept.order_id, *kept.given_up_by):
            raise HoldNotFound
        if kept.state == SOLD:
            kept.give_up(request.order_id, release=request.release)
        return pb.ReturnSoldResponse(hold=self._hold(request.hold_id))
