"""inventory's RPCs for relocations."""

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory import check, convert
from services.inventory.relocation import move_transactions
from services.inventory.relocation.mover import Mover
from services.inventory.relocation.relocations import Move, Step, TakenSeat
from services.kit.db import Database
from services.kit.rpc import Call

TAKEN_AT_ONCE = 500


class RelocationCalls:
    """The RPCs of InventoryMesh for relocations."""

    database: Database
    mover: Mover

    async def FreezeSale(self, request: pb.FreezeSaleRequest, call: Call) -> pb.FreezeSaleResponse:
        return pb.FreezeSaleResponse(frozen=await self.mover.freeze(request.event_id, request.relocation_id))

    async def ThawSale(self, request: pb.ThawSaleRequest, call: Call) -> pb.ThawSaleResponse:
        return pb.ThawSaleResponse(thawed=await self.mover.thaw(request.event_id, request.relocation_id))

    async def ListTakenSeats(self, request: pb.ListTakenSeatsRequest, call: Call) -> pb.ListTakenSeatsResponse:
        found = await self.database.read_long(
            move_transactions.taken_seats, request.event_id, request.after_seat_id, TAKEN_AT_ONCE
        )
        last = found[-1].seat_id if len(found) == TAKEN_AT_ONCE else ""
        return pb.ListTakenSeatsResponse(seats=[taken_pb(seat) for seat in found], next_after_seat_id=last)

    async def StageSeats(self, request: pb.StageSeatsRequest, call: Call) -> pb.StageSeatsResponse:
        check.once([staged.seat.seat_id for staged in request.seats], "seats.seat.seat_id")
        seats = [(convert.seat_spec(staged.seat), staged.from_seat_id) for staged in request.seats]
        await self.database.write_long(move_transactions.stage, request.event_id, request.relocation_id, seats)
        return pb.StageSeatsResponse()

    async def MoveSeats(self, request: pb.MoveSeatsRequest, call: Call) -> pb.MoveSeatsResponse:
        move = Move(request.event_id, request.relocation_id, request.plan_id, request.seat_count)
        now = await self.mover.move(move)
        return pb.MoveSeatsResponse(done=now.step == Step.DONE, moved=now.moved)


def taken_pb(seat: TakenSeat) -> pb.TakenSeat:
    """A taken seat."""
    return pb.TakenSeat(
        seat_id=seat.seat_id,
        state=convert.SEAT_STATES[seat.state],
        hold_id=seat.hold_id,
        order_id=seat.order_id,
        ticket_type_id=seat.ticket_type_id,
        of_pass=seat.of_pass,
    )
