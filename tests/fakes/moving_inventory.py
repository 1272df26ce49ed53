"""The inventory that catalog sees when it moves events to other plans: FakeInventory with relocations."""

from dataclasses import dataclass, field
from enum import StrEnum

from google.protobuf.message import Message

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved
from eventhub.refusals import EventIncomplete, EventMoving, EventState
from services.kit.rpc.call import Call
from tests.fakes.inventory import HELD, LOCKED, SOLD, FakeInventory, StoredHold

TAKEN_AT_ONCE = 500
SEAT_STATES = {HELD: nouns.SEAT_STATE_HELD, LOCKED: nouns.SEAT_STATE_HELD, SOLD: nouns.SEAT_STATE_SOLD}


class Step(StrEnum):
    """Where a relocation stands."""

    FREEZING = "FREEZING"
    FROZEN = "FROZEN"
    THAWED = "THAWED"
    MOVING = "MOVING"
    DONE = "DONE"


@dataclass(slots=True)
class FakeMove:
    """A relocation. staged: by the id of the new seat."""

    step: Step
    staged: dict[str, pb.StagedSeat] = field(default_factory=dict)
    moved: int = 0


@dataclass(slots=True, kw_only=True)
class MovingInventory(FakeInventory):
    """Moves the numbered seats of events to other plans. Freezing and moving take two calls each, thawing takes one.

    blocked: ids of the blocked seats of each event. of_passes: ids of the holds that have passes.
    moves: the relocations of each event, by their ids. plans: the ids of the plans to which events have moved.
    revisions: how often the places of each hold have moved.
    """

    blocked: dict[str, set[str]] = field(default_factory=dict)
    of_passes: set[str] = field(default_factory=set)
    moves: dict[str, dict[str, FakeMove]] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)

    def about(self, fact: Message) -> tuple[str, str]:
        if isinstance(fact, PlacesMoved):
            return fact.hold_id, self.organizer_id
        return FakeInventory.about(self, fact)

    def moving(self, event_id: str) -> str:
        """The open relocation of an event; empty if there is none."""
        known = self.moves.get(event_id, {})
        return next((name for name, move in known.items() if move.step not in (Step.THAWED, Step.DONE)), "")

    def taken(self, event_id: str) -> dict[str, pb.TakenSeat]:
        """The taken seats of an event, by id, in the order of ids."""
        found = {
            seat_id: pb.TakenSeat(seat_id=seat_id, state=nouns.SEAT_STATE_BLOCKED)
            for seat_id in self.blocked.get(event_id, ())
        }
        for hold_id, hold in self.holds.items():
            if hold.event_id == event_id and hold.state in SEAT_STATES:
                for place in hold.places:
                    found[place.seat_id] = pb.TakenSeat(
                        seat_id=place.seat_id,
                        state=SEAT_STATES[hold.state],
                        hold_id=hold_id,
                        order_id=hold.order_id,
                        ticket_type_id=place.ticket_type_id,
                        of_pass=hold_id in self.of_passes,
                    )
        return {seat_id: found[seat_id] for seat_id in sorted(found) if seat_id}

    async def FreezeSale(self, request: pb.FreezeSaleRequest, call: Call) -> pb.FreezeSaleResponse:
        await self.called("FreezeSale")
        self._check_known(request.event_id)
        known = self.moves.setdefault(request.event_id, {})
        move = known.get(request.relocation_id)
        if move is None:
            if request.event_id not in self.on_sale:
                raise EventState(state="PROVISIONING")
            if self.moving(request.event_id):
                raise EventMoving(event_id=request.event_id)
            known[request.relocation_id] = FakeMove(Step.FREEZING)
            return pb.FreezeSaleResponse(frozen=False)
        if move.step in (Step.THAWED, Step.DONE):
            raise EventState(state=move.step)
        move.step = Step.FROZEN if move.step == Step.FREEZING else move.step
        return pb.FreezeSaleResponse(frozen=True)

    async def ThawSale(self, request: pb.ThawSaleRequest, call: Call) -> pb.ThawSaleResponse:
        await self.called("ThawSale")
        self._check_known(request.event_id)
        move = self.moves.setdefault(request.event_id, {}).setdefault(request.relocation_id, FakeMove(Step.THAWED))
        if move.step in (Step.MOVING, Step.DONE):
            raise EventState(state=move.step)
        move.step = Step.THAWED
        return pb.ThawSaleResponse(thawed=True)

    async def ListTakenSeats(self, request: pb.ListTakenSeatsRequest, call: Call) -> pb.ListTakenSeatsResponse:
        await self.called("ListTakenSeats")
        self._check_known(request.event_id)
        left = [seat for seat_id, seat in self.taken(request.event_id).items() if seat_id > request.after_seat_id]
        page = left[:TAKEN_AT_ONCE]
        return pb.ListTakenSeatsResponse(
            seats=page, next_after_seat_id=page[-1].seat_id if len(page) == TAKEN_AT_ONCE else ""
        )

    async def StageSeats(self, request: pb.StageSeatsRequest, call: Call) -> pb.StageSeatsResponse:
        await self.called("StageSeats")
        move = self._move(request.event_id, request.relocation_id)
        if move.step != Step.FROZEN:
            raise EventState(state=move.step)
        move.staged |= {staged.seat.seat_id: staged for staged in request.seats}
        return pb.StageSeatsResponse()

    async def MoveSeats(self, request: pb.MoveSeatsRequest, call: Call) -> pb.MoveSeatsResponse:
        await self.called("MoveSeats")
        move = self._move(request.event_id, request.relocation_id)
        if move.step == Step.FROZEN:
            self._check_complete(move, request)
            move.step = Step.MOVING
        elif move.step == Step.MOVING:
            self._rename(request.event_id, move)
            self.arrived[request.event_id] = set(move.staged)
            self.plans[request.event_id] = request.plan_id
            move.step = Step.DONE
        elif move.step != Step.DONE:
            raise EventState(state=move.step)
        return pb.MoveSeatsResponse(done=move.step == Step.DONE, moved=move.moved)

    def _move(self, event_id: str, relocation_id: str) -> FakeMove:
        self._check_known(event_id)
        move = self.moves.get(event_id, {}).get(relocation_id)
        if move is None:
            raise EventState(state="OPEN")
        return move

    def _check_complete(self, move: FakeMove, request: pb.MoveSeatsRequest) -> None:
        if len(move.staged) != request.seat_count:
            raise EventIncomplete(missing=f"{request.seat_count - len(move.staged)} seats")
        sources = [staged.from_seat_id for staged in move.staged.values() if staged.from_seat_id]
        taken = self.taken(request.event_id).keys()
        if sorted(sources) != sorted(taken):
            raise EventIncomplete(missing=f"targets of {len(taken - set(sources))} taken seats")

    def _rename(self, event_id: str, move: FakeMove) -> None:
        """Gives each hold and block its new seats, and tells the places of each hold."""
        targets = {staged.from_seat_id: staged.seat for staged in move.staged.values() if staged.from_seat_id}
        move.moved = len(targets)
        self.blocked[event_id] = {targets[seat_id].seat_id for seat_id in self.blocked.get(event_id, ())}
        for hold_id, hold in self.holds.items():
            if hold.event_id == event_id and hold.state in SEAT_STATES and any(one.seat_id for one in hold.places):
                hold.places = [moved(place, targets) for place in hold.places]
                self.revisions[hold_id] = self.revisions.get(hold_id, 0) + 1
                fact = PlacesMoved(event_id=event_id, hold_id=hold_id, places_revision=self.revisions[hold_id])
                fact.places.extend(hold.places)
                self.tell(fact)

    def _check_still(self, hold: StoredHold | None) -> None:
        if hold is not None and self.moving(hold.event_id):
            raise EventMoving(event_id=hold.event_id)

    async def HoldAtCounter(self, request: pb.HoldAtCounterRequest, call: Call) -> pb.HoldAtCounterResponse:
        if self.moving(request.event_id):
            raise EventMoving(event_id=request.event_id)
        return await FakeInventory.HoldAtCounter(self, request, call)

    async def LockHold(self, request: pb.LockHoldRequest, call: Call) -> pb.LockHoldResponse:
        self._check_still(self.holds.get(request.hold_id))
        return await FakeInventory.LockHold(self, request, call)

    async def UnlockHold(self, request: pb.UnlockHoldRequest, call: Call) -> pb.UnlockHoldResponse:
        self._check_still(self.holds.get(request.hold_id))
        return await FakeInventory.UnlockHold(self, request, call)

    async def ConfirmHold(self, request: pb.ConfirmHoldRequest, call: Call) -> pb.ConfirmHoldResponse:
        self._check_still(self.holds.get(request.hold_id))
        return await FakeInventory.ConfirmHold(self, request, call)

    async def ReturnSold(self, request: pb.ReturnSoldRequest, call: Call) -> pb.ReturnSoldResponse:
        self._check_still(self.holds.get(request.hold_id))
        return await FakeInventory.ReturnSold(self, request, call)


def moved(place: nouns.HeldPlace, targets: dict[str, pb.SeatSpec]) -> nouns.HeldPlace:
    """A place on its new seat. targets: by the id of the seat before."""
    if not place.seat_id:
        return place
    seat, after = targets[place.seat_id], nouns.HeldPlace()
    after.CopyFrom(place)
    after.seat_id = seat.seat_id
    after.seat_label = seat.label or f"{seat.zone} {seat.row}-{seat.number}"
    return after
