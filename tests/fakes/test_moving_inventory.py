"""One suite for inventory and for its fake: relocations, as catalog uses them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved
from eventhub.inventory.v1.inventory_pb2 import HeldPlace
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.fakes.inventory import HELD, LOCKED, StoredHold
from tests.fakes.moving_inventory import MovingInventory
from tests.fakes.test_inventory import PLACES, at_counter
from tests.inventory.world import (
    ANA,
    EVENT,
    ORDER,
    ORGANIZER,
    STALLS,
    describe,
    held,
    hld,
    lock,
    program,
    seats,
    unlock,
)
from tests.stage import PATIENCE_S, Stage, outcome

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

MOVE, OTHER = "rel_1", "rel_2"
# The seat that Ana holds, and a blocked one, move to seats of these ids. The new plan has the old ids too.
TARGETS = {"A-05": "A-08", "A-08": "A-07"}


@dataclass(frozen=True, slots=True)
class Moves:
    """Ana holds a seat and three places in a hall of 20 seats, and seat A-08 is blocked. catalog, orders: the mesh as
    these contexts call it."""

    stage: Stage
    catalog: "InventoryMeshAsyncStub"
    orders: "InventoryMeshAsyncStub"

    async def freeze(self, relocation_id: str = MOVE) -> None:
        request = pb.FreezeSaleRequest(event_id=EVENT, relocation_id=relocation_id)
        while not (await self.catalog.FreezeSale(request)).frozen:
            pass

    async def thaw(self, relocation_id: str = MOVE) -> None:
        request = pb.ThawSaleRequest(event_id=EVENT, relocation_id=relocation_id)
        while not (await self.catalog.ThawSale(request)).thawed:
            pass

    async def taken(self) -> list[pb.TakenSeat]:
        return list((await self.catalog.ListTakenSeats(pb.ListTakenSeatsRequest(event_id=EVENT))).seats)

    async def stage_seats(self, *numbers: int, sources: Mapping[str, str]) -> None:
        staged = [pb.StagedSeat(seat=new_seat(n), from_seat_id=sources.get(new_seat(n).seat_id, "")) for n in numbers]
        await self.catalog.StageSeats(pb.StageSeatsRequest(event_id=EVENT, relocation_id=MOVE, seats=staged))

    async def move(self) -> int:
        """Moves all seats. Returns how many have moved."""
        while not (answer := await self.catalog.MoveSeats(moving())).done:
            pass
        return answer.moved


def new_seat(n: int) -> pb.SeatSpec:
    """The n-th seat of the new plan, from 0. It has one row, and the ids of the old plan's stalls."""
    seat_id = f"A-{n + 1:02d}"
    return pb.SeatSpec(
        seat_id=seat_id, zone="Hall", row="R", number=str(n), category="stalls", seat_index=n, distance=n, position=n
    )


def moving(seat_count: int = 10) -> pb.MoveSeatsRequest:
    return pb.MoveSeatsRequest(event_id=EVENT, relocation_id=MOVE, plan_id="pln_new", seat_count=seat_count)


async def fake(stage: Stage) -> Moves:
    inventory = MovingInventory(organizer_id=ORGANIZER, provisions={EVENT: program(stage)}, on_sale={EVENT})
    inventory.holds[hld(1)] = StoredHold(buyer_id=ANA, event_id=EVENT, places=list(PLACES))
    inventory.blocked[EVENT] = {"A-08"}
    stage.script("inventory", InventoryMesh=inventory)
    return Moves(stage, InventoryMeshStub(stage.channel("catalog")), InventoryMeshStub(stage.channel("orders")))


async def first_told(moves: Moves) -> PlacesMoved:
    """The first PlacesMoved of the feed."""
    async with asyncio.timeout(PATIENCE_S):
        async for answer in moves.orders.Feed(pb.FeedRequest(consumer="orders")):
            for fact in answer.batch.facts:
                if fact.type == PlacesMoved.DESCRIPTOR.full_name:
                    return PlacesMoved.FromString(fact.payload)
    raise AssertionError


async def real(stage: Stage) -> Moves:
    orders = await held(stage)
    await stage.member(ORGANIZER).inventory.BlockSeats(
        pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["A-08"], label="Imprensa")
    )
    return Moves(stage, InventoryMeshStub(stage.channel("catalog")), orders)


KINDS = [real, fake]
Open = Callable[[Stage], Awaitable[Moves]]
SOURCES = {target: source for source, target in TARGETS.items()}


@pytest.mark.parametrize("open_moves", KINDS)
async def test_an_unknown_event_does_not_move(stage: Stage, open_moves: Open) -> None:
    catalog = (await open_moves(stage)).catalog
    named = {"event_id": "evt_no", "relocation_id": MOVE}
    staged = [pb.StagedSeat(seat=new_seat(0))]

    for call in (
        catalog.FreezeSale(pb.FreezeSaleRequest(**named)),
        catalog.ThawSale(pb.ThawSaleRequest(**named)),
        catalog.ListTakenSeats(pb.ListTakenSeatsRequest(event_id="evt_no")),
        catalog.StageSeats(pb.StageSeatsRequest(**named, seats=staged)),
        catalog.MoveSeats(pb.MoveSeatsRequest(**named, plan_id="pln_new", seat_count=1)),
    ):
        assert await outcome(call) == "EVENT_NOT_FOUND"


@pytest.mark.parametrize("open_moves", KINDS)
async def test_taken_seats_are_listed_by_id(stage: Stage, open_moves: Open) -> None:
    moves = await open_moves(stage)

    assert await moves.taken() == [
        pb.TakenSeat(seat_id="A-05", state=nouns.SEAT_STATE_HELD, hold_id=hld(1), ticket_type_id=STALLS),
        pb.TakenSeat(seat_id="A-08", state=nouns.SEAT_STATE_BLOCKED),
    ]
    await moves.orders.LockHold(lock())
    assert (await moves.taken())[0].order_id == ORDER
    after = pb.ListTakenSeatsRequest(event_id=EVENT, after_seat_id="A-05")
    assert [seat.seat_id for seat in (await moves.catalog.ListTakenSeats(after)).seats] == ["A-08"]


@pytest.mark.parametrize("open_moves", KINDS)
async def test_nothing_changes_while_an_event_is_frozen(stage: Stage, open_moves: Open) -> None:
    moves = await open_moves(stage)
    for _ in range(2):
        await moves.freeze()

    assert await outcome(moves.orders.LockHold(lock())) == "EVENT_MOVING"
    assert await outcome(moves.orders.UnlockHold(unlock())) == "EVENT_MOVING"
    assert await outcome(moves.orders.HoldAtCounter(at_counter(2, seats("A-01")))) == "EVENT_MOVING"
    assert await outcome(moves.freeze(OTHER)) == "EVENT_MOVING"
    assert (await moves.orders.DescribeHold(describe())).hold.state == HELD

    for _ in range(2):
        await moves.thaw()
    assert (await moves.orders.LockHold(lock())).hold.state == LOCKED
    assert await outcome(moves.freeze()) == "EVENT_STATE", "a late call freezes nothing"
    await moves.freeze(OTHER)


@pytest.mark.parametrize("open_moves", KINDS)
async def test_seats_move_when_all_are_staged(stage: Stage, open_moves: Open) -> None:
    moves = await open_moves(stage)
    assert await outcome(moves.stage_seats(0, sources={})) == "EVENT_STATE"
    assert await outcome(moves.catalog.MoveSeats(moving())) == "EVENT_STATE"
    await moves.freeze()
    await moves.stage_seats(*range(9), sources=SOURCES)
    assert await outcome(moves.catalog.MoveSeats(moving())) == "EVENT_INCOMPLETE"

    for _ in range(2):
        await moves.stage_seats(*range(5, 10), sources=SOURCES)
    assert [await moves.move() for _ in range(2)] == [2, 2]

    assert [(seat.seat_id, seat.hold_id) for seat in await moves.taken()] == [("A-07", ""), ("A-08", hld(1))]
    for late in (moves.freeze(), moves.thaw(), moves.stage_seats(0, sources={})):
        assert await outcome(late) == "EVENT_STATE"
    assert (await moves.orders.LockHold(lock())).hold.state == LOCKED


@pytest.mark.parametrize("open_moves", KINDS)
async def test_each_taken_seat_needs_a_target(stage: Stage, open_moves: Open) -> None:
    moves = await open_moves(stage)
    await moves.freeze()
    await moves.stage_seats(*range(10), sources={"A-08": "A-05"})

    with pytest.raises(refusals.EventIncomplete) as refused:
        await moves.catalog.MoveSeats(moving())

    assert refused.value.facts == {"missing": "targets of 1 taken seats"}


@pytest.mark.parametrize("open_moves", KINDS)
async def test_the_places_of_a_hold_are_told_in_their_order(stage: Stage, open_moves: Open) -> None:
    moves = await open_moves(stage)
    await moves.freeze()
    await moves.stage_seats(*range(10), sources=SOURCES)
    await moves.move()

    told = await first_told(moves)
    assert (told.event_id, told.hold_id, told.places_revision) == (EVENT, hld(1), 1)
    assert list(told.places) == [
        HeldPlace(ticket_type_id=STALLS, seat_id="A-08", seat_label="Hall R-7"),
        *PLACES[1:],
    ]
    assert list((await moves.orders.DescribeHold(describe())).hold.places) == list(told.places)
