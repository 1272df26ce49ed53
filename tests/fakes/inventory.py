"""The inventory that other contexts see: the stock of events and the holds of buyers."""

from dataclasses import dataclass, field

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import (
    ContactUnverified,
    EventNotFound,
    HoldExpired,
    HoldInUse,
    HoldNotFound,
    IdInUse,
    LineNotRefundable,
    PersonLimit,
    SeatTaken,
)
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.stock import FakeStock

HELD, LOCKED, SOLD = nouns.HOLD_STATE_HELD, nouns.HOLD_STATE_LOCKED, nouns.HOLD_STATE_SOLD
LAPSED, RELEASED = nouns.HOLD_STATE_LAPSED, nouns.HOLD_STATE_RELEASED
HELD_UNTIL_US = START_US + 600_000_000


@dataclass(slots=True, kw_only=True)
class StoredHold:
    """A hold. given_up_by: the orders that cannot lock it again. counted_by: the keys of the person whose tickets it
    has, of an event that limits them. places_revision: how often its places have moved. returned: the positions of the
    places that its order has given back."""

    buyer_id: str
    event_id: str
    places: list[nouns.HeldPlace]
    state: nouns.HoldState.ValueType = HELD
    order_id: str = ""
    given_up_by: set[str] = field(default_factory=set)
    counted_by: set[str] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)
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


@dataclass(slots=True, kw_only=True)
class FakeInventory(FakeStock):
    """Keeps the stock of events and the holds of buyers.

    lapses_at_lock: a hold expires just before an order locks it.
    person_limit: how many tickets of an event a person may have; 0: any number.
    """

    lapses_at_lock: bool = False
    holds: dict[str, StoredHold] = field(default_factory=dict)
    person_limit: int = 0

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
            returned=sorted(kept.returned),
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

    async def ReturnPlaces(self, request: pb.ReturnPlacesRequest, call: Call) -> pb.ReturnPlacesResponse:
        await self.called("ReturnPlaces")
        hold = self._kept(request.hold_id)
        gone = hold.state == RELEASED and len(hold.returned) == len(hold.places)
        if hold.order_id != request.order_id or not (hold.state == SOLD or gone):
            raise HoldExpired
        for position in sorted(request.places):
            if position >= len(hold.places):
                raise LineNotRefundable(line_id=str(position + 1))
        if set(request.places) - hold.returned:
            self.requests.append(request)
        hold.returned.update(request.places)
        if len(hold.returned) == len(hold.places):
            hold.state = RELEASED
        return pb.ReturnPlacesResponse(hold=self._hold(request.hold_id))

    async def ReturnSold(self, request: pb.ReturnSoldRequest, call: Call) -> pb.ReturnSoldResponse:
        await self.called("ReturnSold")
        kept = self._kept(request.hold_id)
        if request.order_id not in (kept.order_id, *kept.given_up_by):
            raise HoldNotFound
        if kept.state == SOLD:
            kept.give_up(request.order_id, release=request.release)
        return pb.ReturnSoldResponse(hold=self._hold(request.hold_id))
