"""inventory's RPCs for seats that the organizer keeps back."""

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory import convert
from services.inventory.blocks import transactions
from services.kit.db import Database, Shared
from services.kit.rpc import Call, fitting, page_of
from services.kit.values import Clock


class BlockCalls:
    """The RPCs of InventoryService for blocked seats."""

    database: Database
    clock: Clock

    async def BlockSeats(self, request: pb.BlockSeatsRequest, call: Call) -> pb.BlockSeatsResponse:
        seats = await self.database.write_long_serialized(
            (Shared(request.event_id),),
            transactions.block_seats,
            request.event_id,
            call.caller.organizer_id,
            list(request.seat_ids),
            label=request.label,
            reason=request.reason,
            now_us=self.clock.now_us(),
        )
        return pb.BlockSeatsResponse(seats=[convert.seat_change_pb(seat) for seat in seats])

    async def UnblockSeats(self, request: pb.UnblockSeatsRequest, call: Call) -> pb.UnblockSeatsResponse:
        seats = await self.database.write_long_serialized(
            (Shared(request.event_id),),
            transactions.unblock_seats,
            request.event_id,
            call.caller.organizer_id,
            list(request.seat_ids),
            now_us=self.clock.now_us(),
        )
        return pb.UnblockSeatsResponse(seats=[convert.seat_change_pb(seat) for seat in seats])

    async def ListBlockedSeats(self, request: pb.ListBlockedSeatsRequest, call: Call) -> pb.ListBlockedSeatsResponse:
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id, key=(str, str))
        after = (str(page.after[0]), str(page.after[1])) if page.after else ("", "")
        found = await self.database.read(transactions.blocked_after, request.event_id, organizer_id, after, page.size)
        shown = fitting([convert.blocked_pb(blocked) for blocked in found])
        last = found[len(shown) - 1] if shown else None
        return pb.ListBlockedSeatsResponse(
            seats=shown,
            next_page_token=page.token(
                shown, (last.label, last.seat.seat_id) if last else (), cut=len(shown) < len(found)
            ),
        )
