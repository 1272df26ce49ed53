"""inventory's RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusal import Refusal
from eventhub.refusals import HoldExpired
from services.inventory import (
    availability,
    availability_store,
    check,
    convert,
    lot_transactions,
    person_limit,
    person_store,
    provision_transactions,
    transactions,
)
from services.inventory.counter_holds import CounterHolds
from services.inventory.holds import Hold, HoldState
from services.inventory.neighbours import HoldOwners
from services.inventory.relocation.mover import Mover
from services.inventory.relocation.servicer import RelocationCalls
from services.inventory.returns import transactions as return_transactions
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call
from services.kit.values import Clock


class InventoryMesh(RelocationCalls):
    """Serves the contract's InventoryMesh."""

    def __init__(self, database: Database, clock: Clock, owners: HoldOwners) -> None:
        """database: inventory's own. owners: resolves who may act on a hold."""
        self.database = database
        self.clock = clock
        self.owners = owners
        self.mover = Mover(database, clock)
        self._counter = CounterHolds(database, clock)

    async def Provision(self, request: pb.ProvisionRequest, call: Call) -> pb.ProvisionResponse:
        check.provision(request)
        nights = {night.event_id for spec in request.types for night in spec.nights}
        answer = await self.database.write_long_serialized(
            (request.event_id, *nights),
            provision_transactions.provision,
            convert.provision(request),
            now_us=self.clock.now_us(),
        )
        if isinstance(answer, Refusal):
            raise answer
        return pb.ProvisionResponse(in_force=answer)

    async def ProvisionSeats(self, request: pb.ProvisionSeatsRequest, call: Call) -> pb.ProvisionSeatsResponse:
        seats = [convert.seat_spec(seat) for seat in request.seats]
        await self.database.write_long(provision_transactions.add_seats, request.event_id, seats)
        return pb.ProvisionSeatsResponse()

    async def OpenSales(self, request: pb.OpenSalesRequest, call: Call) -> pb.OpenSalesResponse:
        await self.database.write_long(
            provision_transactions.open_sales, request.event_id, request.seat_count, now_us=self.clock.now_us()
        )
        return pb.OpenSalesResponse()

    async def BatchGetAvailability(
        self, request: pb.BatchGetAvailabilityRequest, call: Call
    ) -> pb.BatchGetAvailabilityResponse:
        types = await self.database.read_behind_long(
            availability_store.left_by_type, request.event_ids, now_us=self.clock.now_us()
        )
        left = availability.most_left(types)
        return pb.BatchGetAvailabilityResponse(
            events=[
                nouns.EventAvailability(event_id=event_id, available=left[event_id])
                for event_id in dict.fromkeys(request.event_ids)
                if event_id in left
            ]
        )

    async def HoldAtCounter(self, request: pb.HoldAtCounterRequest, call: Call) -> pb.HoldAtCounterResponse:
        check.hold(request)
        hold = await self._counter.take(convert.wish(request, request.member_id), request.organizer_id)
        return pb.HoldAtCounterResponse(hold=convert.hold_pb(hold))

    async def DescribeHold(self, request: pb.DescribeHoldRequest, call: Call) -> pb.DescribeHoldResponse:
        hold = await self.owners.find(request.hold_id, request.buyer_id)
        expired = hold.state == HoldState.HELD and hold.expires_us <= self.clock.now_us()
        if expired or hold.state in (HoldState.LAPSED, HoldState.RELEASED):
            raise HoldExpired
        if request.participant_keys and hold.person_limit:
            keys = convert.person(request).keys
            person_limit.check(hold, await self.database.read(person_store.tickets_of, hold, keys))
        return pb.DescribeHoldResponse(hold=convert.hold_pb(hold))

    async def SplitByLot(self, request: pb.SplitByLotRequest, call: Call) -> pb.SplitByLotResponse:
        wanted = [(item.ticket_type_id, item.quantity) for item in request.items]
        parts = await self.database.read(lot_transactions.split, request.event_id, wanted, now_us=self.clock.now_us())
        return pb.SplitByLotResponse(parts=convert.parts_pb(parts))

    async def LockHold(self, request: pb.LockHoldRequest, call: Call) -> pb.LockHoldResponse:
        person = convert.person(request)

        async def lock(buyer_id: str) -> Hold:
            return await self.database.write_serialized(
                person.keys,
                transactions.lock_hold,
                request.hold_id,
                buyer_id,
                request.order_id,
                person,
                now_us=self.clock.now_us(),
            )

        hold = await self.owners.act(request.hold_id, request.buyer_id, lock)
        return pb.LockHoldResponse(hold=convert.hold_pb(hold))

    async def UnlockHold(self, request: pb.UnlockHoldRequest, call: Call) -> pb.UnlockHoldResponse:
        hold = await self.database.write(
            transactions.unlock_hold,
            request.hold_id,
            request.order_id,
            release=request.release,
            now_us=self.clock.now_us(),
        )
        return pb.UnlockHoldResponse(hold=convert.hold_pb(hold))

    async def ConfirmHold(self, request: pb.ConfirmHoldRequest, call: Call) -> pb.ConfirmHoldResponse:
        hold = await self.database.write(
            transactions.confirm_hold, request.hold_id, request.order_id, now_us=self.clock.now_us()
        )
        return pb.ConfirmHoldResponse(hold=convert.hold_pb(hold))

    async def ReturnSold(self, request: pb.ReturnSoldRequest, call: Call) -> pb.ReturnSoldResponse:
        hold = await self.database.write(
            transactions.return_sold,
            request.hold_id,
            request.order_id,
            release=request.release,
            now_us=self.clock.now_us(),
        )
        return pb.ReturnSoldResponse(hold=convert.hold_pb(hold))

    async def ReturnPlaces(self, request: pb.ReturnPlacesRequest, call: Call) -> pb.ReturnPlacesResponse:
        hold = await self.database.write(
            return_transactions.return_places,
            request.hold_id,
            request.order_id,
            request.places,
            request.block_label,
            now_us=self.clock.now_us(),
        )
        return pb.ReturnPlacesResponse(hold=convert.hold_pb(hold))

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)
