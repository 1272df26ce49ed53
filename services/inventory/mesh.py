"""inventory's RPCs for the other contexts."""

import hashlib
from collections.abc import AsyncIterator

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import HoldExpired
from services.inventory import check, convert, holds, provision_store, reserve_transactions, transactions
from services.inventory.holds import TicketType
from services.inventory.owners import Owners
from services.inventory.provision_store import PoolSpec, Provision, SeatSpec
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call
from services.kit.values import Clock, from_timestamp


class Mesh:
    """Serves InventoryMesh."""

    def __init__(self, database: Database, clock: Clock, owners: Owners) -> None:
        """database: inventory's own. owners: say whose a hold is."""
        self.database = database
        self.clock = clock
        self.owners = owners

    async def Provision(self, request: pb.ProvisionRequest, call: Call) -> pb.ProvisionResponse:
        """Notes what an event sells."""
        check.provision(request)
        wanted = Provision(
            request.event_id,
            request.organizer_id,
            from_timestamp(request.sales_end_at),
            counter_end_us(request),
            from_timestamp(request.reserve_until),
            request.tickets_per_order_max,
            tuple(
                PoolSpec(pool.pool_id, pool.name, pool.capacity, pool.released_capacity or pool.capacity)
                for pool in request.pools
            ),
            tuple(
                TicketType(kind.ticket_type_id, kind.seated, frozenset(kind.seat_categories), tuple(kind.pool_ids))
                for kind in request.types
            ),
            hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest(),
        )
        await self.database.write_long(provision_store.begin, wanted)
        return pb.ProvisionResponse()

    async def ProvisionSeats(self, request: pb.ProvisionSeatsRequest, call: Call) -> pb.ProvisionSeatsResponse:
        """Adds numbered seats."""
        seats = [
            SeatSpec(
                seat.seat_id,
                seat.zone,
                seat.row,
                seat.number,
                seat.category,
                seat.row_index,
                seat.seat_index,
                seat.distance,
                seat.label,
            )
            for seat in request.seats
        ]
        await self.database.write_long(provision_store.add_seats, request.event_id, seats)
        return pb.ProvisionSeatsResponse()

    async def OpenSales(self, request: pb.OpenSalesRequest, call: Call) -> pb.OpenSalesResponse:
        """Opens sales."""
        await self.database.write_long(
            provision_store.open_sales, request.event_id, request.seat_count, now_us=self.clock.now_us()
        )
        return pb.OpenSalesResponse()

    async def SetSalesEnd(self, request: pb.SetSalesEndRequest, call: Call) -> pb.SetSalesEndResponse:
        """Changes when sales end, and until when places are kept for half price."""
        await self.database.write(
            reserve_transactions.set_times,
            request.event_id,
            sales_end_us=from_timestamp(request.sales_end_at),
            counter_end_us=counter_end_us(request),
            reserve_until_us=from_timestamp(request.reserve_until),
            now_us=self.clock.now_us(),
        )
        return pb.SetSalesEndResponse()

    async def DescribeHold(self, request: pb.DescribeHoldRequest, call: Call) -> pb.DescribeHoldResponse:
        """A buyer's hold."""
        hold = await self.owners.find(request.hold_id, request.buyer_id)
        lapsed = hold.state == holds.HELD and hold.expires_us <= self.clock.now_us()
        if lapsed or hold.state in (holds.LAPSED, holds.RELEASED):
            raise HoldExpired
        return pb.DescribeHoldResponse(hold=convert.hold_pb(hold))

    async def LockHold(self, request: pb.LockHoldRequest, call: Call) -> pb.LockHoldResponse:
        """Gives a hold to an order."""

        async def lock(buyer_id: str) -> holds.Hold:
            return await self.database.write(
                transactions.lock_hold, request.hold_id, buyer_id, request.order_id, now_us=self.clock.now_us()
            )

        hold = await self.owners.act(request.hold_id, request.buyer_id, lock)
        return pb.LockHoldResponse(hold=convert.hold_pb(hold))

    async def UnlockHold(self, request: pb.UnlockHoldRequest, call: Call) -> pb.UnlockHoldResponse:
        """Gives a hold up for an order."""
        hold = await self.database.write(
            transactions.unlock_hold, request.hold_id, request.order_id, now_us=self.clock.now_us()
        )
        return pb.UnlockHoldResponse(hold=convert.hold_pb(hold))

    async def ConfirmHold(self, request: pb.ConfirmHoldRequest, call: Call) -> pb.ConfirmHoldResponse:
        """Sells a hold to an order."""
        hold = await self.database.write(
            transactions.confirm_hold, request.hold_id, request.order_id, now_us=self.clock.now_us()
        )
        return pb.ConfirmHoldResponse(hold=convert.hold_pb(hold))

    async def ReturnSold(self, request: pb.ReturnSoldRequest, call: Call) -> pb.ReturnSoldResponse:
        """Takes back what was sold."""
        hold = await self.database.write(
            transactions.return_sold, request.hold_id, request.order_id, now_us=self.clock.now_us()
        )
        return pb.ReturnSoldResponse(hold=convert.hold_pb(hold))

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        """Inventory's facts."""
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)


def counter_end_us(request: pb.ProvisionRequest | pb.SetSalesEndRequest) -> int:
    """When sales end at the counter: never before they end for all."""
    return max(from_timestamp(request.sales_end_at), from_timestamp(request.counter_sales_end_at))
