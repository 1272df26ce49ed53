"""catalog's calls to inventory that move the seats of an event. Each can be repeated."""

from collections.abc import Mapping, Sequence

import grpc

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.catalog import convert
from services.catalog.neighbours import SEATS_BYTES_MAX
from services.catalog.plans.plan import Seat
from services.catalog.relocation.relocation import Relocation
from services.kit.rpc import fitting


class TakenSeats:
    """The seats of events on sale, as inventory has them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to inventory."""
        self._inventory = InventoryMeshStub(channel)

    async def freeze(self, relocation: Relocation) -> None:
        """Stops everything that changes the seats of an event. Raises EventState if the relocation has ended."""
        request = pb.FreezeSaleRequest(event_id=relocation.target.event_id, relocation_id=relocation.relocation_id)
        while not (await self._inventory.FreezeSale(request)).frozen:
            pass

    async def thaw(self, relocation: Relocation) -> None:
        """Lets an event sell as before its relocation. Raises EventState once its seats have begun to move."""
        request = pb.ThawSaleRequest(event_id=relocation.target.event_id, relocation_id=relocation.relocation_id)
        while not (await self._inventory.ThawSale(request)).thawed:
            pass

    async def find(self, event_id: str) -> dict[str, pb.TakenSeat]:
        """The seats of an event that are held, sold or blocked, by id."""
        found: dict[str, pb.TakenSeat] = {}
        request = pb.ListTakenSeatsRequest(event_id=event_id)
        while True:
            page = await self._inventory.ListTakenSeats(request)
            found |= {seat.seat_id: seat for seat in page.seats}
            if not page.next_after_seat_id:
                return found
            request.after_seat_id = page.next_after_seat_id

    async def stage(
        self, relocation: Relocation, seats: Sequence[Seat], first: int, sources: Mapping[str, str]
    ) -> None:
        """Sends seats of the new plan. first: the position of the first one in the plan. sources: the taken seat that
        moves to a seat, by the id of that seat."""
        staged = [
            pb.StagedSeat(seat=convert.seat_pb(seat, n), from_seat_id=sources.get(seat.seat_id, ""))
            for n, seat in enumerate(seats, start=first)
        ]
        while staged:
            part = fitting(staged, SEATS_BYTES_MAX)
            await self._inventory.StageSeats(
                pb.StageSeatsRequest(
                    event_id=relocation.target.event_id, relocation_id=relocation.relocation_id, seats=part
                )
            )
            staged = staged[len(part) :]

    async def move(self, relocation: Relocation, seat_count: int) -> tuple[bool, int]:
        """Moves some of the seats. Returns whether the event sells on its new plan, and how many taken seats have moved
        so far. seat_count: of the new plan."""
        request = pb.MoveSeatsRequest(
            event_id=relocation.target.event_id,
            relocation_id=relocation.relocation_id,
            plan_id=relocation.target.plan_id,
            seat_count=seat_count,
        )
        answer = await self._inventory.MoveSeats(request)
        return answer.done, answer.moved
