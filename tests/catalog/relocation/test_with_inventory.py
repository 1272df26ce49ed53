"""Relocations with the real inventory: no seat is sold twice, and none is lost."""

import asyncio

import pytest

from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusals import CapacityBelowSold
from services.catalog.wiring import build as build_catalog
from services.inventory.wiring import build
from services.kit.values import failpoints
from tests.catalog.relocation.halls import hall
from tests.catalog.relocation.test_relocation_races import REFUSING, STEPS, armed
from tests.catalog.relocation.world import ARENA, DONE, REFUSED, VIP, Relocations, two_halls, with_event
from tests.catalog.requests import EVENT, TYPE, an_id, file_of
from tests.catalog.world import World
from tests.fakes.identity import FakeIdentity
from tests.fakes.moving_inventory import MovingInventory
from tests.stage import Stage, outcome

BY_CATEGORY = catalog.SEAT_MATCH_CATEGORY


async def on_sale(stage: Stage) -> Relocations:
    """The event on sale in the real inventory."""
    await stage.add(build)
    context = await stage.add(build_catalog)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    stock = MovingInventory()
    moves = await with_event(await two_halls(World(stage, stock, context.database), stock))
    await moves.world.publish()
    return moves


async def hold(stage: Stage, n: int, *seat_ids: str, ticket_type_id: str = TYPE) -> None:
    """A buyer of their own holds seats."""
    item = pb.HoldItem(ticket_type_id=ticket_type_id, seat_ids=seat_ids)
    buyer = stage.buyer(f"gst_{n}")
    await buyer.inventory.Hold(pb.HoldRequest(hold_id=an_id("hld", n), event_id=EVENT, items=[item]))


async def sell(stage: Stage, n: int, *seat_ids: str, ticket_type_id: str = TYPE) -> None:
    """A buyer of their own buys seats."""
    await hold(stage, n, *seat_ids, ticket_type_id=ticket_type_id)
    orders = InventoryMeshStub(stage.channel("orders"))
    hold_id, order_id = an_id("hld", n), f"ord_{n}"
    await orders.LockHold(pb.LockHoldRequest(hold_id=hold_id, order_id=order_id, buyer_id=f"gst_{n}"))
    await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hold_id, order_id=order_id))


async def block(stage: Stage, *seat_ids: str) -> None:
    """The organizer keeps seats back."""
    request = pb.BlockSeatsRequest(event_id=EVENT, seat_ids=seat_ids, label="Imprensa")
    await stage.member().inventory.BlockSeats(request)


async def places(stage: Stage, n: int) -> list[tuple[str, str]]:
    """The seats of a hold, each with its name."""
    answer = await stage.buyer(f"gst_{n}").inventory.GetHold(pb.GetHoldRequest(hold_id=an_id("hld", n)))
    return [(place.seat_id, place.seat_label) for place in answer.hold.places]


async def left(stage: Stage) -> dict[str, int]:
    answer = await stage.anyone().inventory.GetAvailability(pb.GetAvailabilityRequest(event_id=EVENT))
    return {each.ticket_type_id: each.available for each in answer.types}


async def test_held_sold_and_blocked_seats_move(stage: Stage) -> None:
    moves = await on_sale(stage)
    await sell(stage, 1, "B-1", "B-2")
    await hold(stage, 2, "A-3", ticket_type_id=VIP)
    await block(stage, "B-3")
    preview = await moves.preview()

    await moves.relocate()
    ended = await moves.ended()

    assert (preview.taken, preview.blocked, preview.movable, len(preview.stuck)) == (3, 1, 4, 0)
    assert (ended.state, ended.seats, ended.moved) == (DONE, 4, 4)
    assert await places(stage, 1) == [("nB-1", "Floor B-1"), ("nB-2", "Floor B-2")]
    assert await places(stage, 2) == [("nA-3", "Floor A-3")]
    assert await outcome(hold(stage, 3, "nB-3")) == "SEAT_TAKEN"
    assert await outcome(hold(stage, 3, "B-4")) == "SEAT_NOT_FOUND"
    assert (await left(stage))[VIP] == 3, "full price has six places, and three are taken"
    await hold(stage, 3, "nB-4", "nB-5")


async def test_a_seat_without_a_place_keeps_all_where_they_are(stage: Stage) -> None:
    moves = await on_sale(stage)
    await sell(stage, 1, "B-5", "B-6")
    before = await left(stage)

    assert [seat.seat_id for seat in (await moves.preview()).stuck] == ["B-6"]
    assert await outcome(moves.relocate()) == "RELOCATION_INCOMPLETE"

    assert [seat_id for seat_id, _ in await places(stage, 1)] == ["B-5", "B-6"]
    assert await left(stage) == before
    await hold(stage, 2, "B-1")


async def test_a_plan_with_too_few_places_for_what_is_sold_is_refused(stage: Stage) -> None:
    moves = await on_sale(stage)
    await sell(stage, 1, "A-1", "A-2", "A-3", "A-4", ticket_type_id=VIP)
    await sell(stage, 2, "B-1", "B-2")
    small = an_id("pln", 3)
    await moves.world.plan(file_of(hall({"A": "VVVV", "B": "SSS"})), small, ARENA)

    with pytest.raises(CapacityBelowSold) as refused:
        await moves.relocate(plan_id=small)

    assert (refused.value.taken, refused.value.wanted) == ("6", "4")
    assert (await moves.find()).state == REFUSED
    await hold(stage, 3, "B-3", ticket_type_id=an_id("tkt", 3))


async def test_a_rush_beside_a_relocation_sells_no_seat_twice(stage: Stage) -> None:
    moves = await on_sale(stage)
    await sell(stage, 1, "B-1")
    wishes = [(f"{row}-{n}", VIP if row.endswith("A") else TYPE) for row in ("A", "nA", "B", "nB") for n in range(1, 5)]

    moved, *held = await asyncio.gather(
        outcome(moves.relocate(match=BY_CATEGORY)),
        *(outcome(hold(stage, n, seat_id, ticket_type_id=kind)) for n, (seat_id, kind) in enumerate(wishes, start=2)),
    )

    assert moved in ("done", "RELOCATION_INCOMPLETE")
    await moves.ended()
    taken = [await places(stage, n) for n, answer in enumerate(["done", *held], start=1) if answer == "done"]
    seats = [seat_id for some in taken for seat_id, _ in some]
    assert len(set(seats)) == len(seats)
    assert len({seat_id.startswith("n") for seat_id in seats}) == 1, "all are in one hall"


@pytest.mark.parametrize("step", STEPS)
async def test_a_relocation_whose_process_died_goes_on(stage: Stage, step: str) -> None:
    moves = await on_sale(stage)
    await sell(stage, 1, "B-1", "B-2")
    await block(stage, "B-5")
    failpoints.arm(armed(step))
    await outcome(moves.relocate())

    ended = await moves.ended(put_off=True)

    failpoints.arm("")
    assert (ended.state, ended.seats, ended.moved) == (DONE, 3, 3)
    assert [seat_id for seat_id, _ in await places(stage, 1)] == ["nB-1", "nB-2"]
    assert await outcome(hold(stage, 2, "nB-5")) == "SEAT_TAKEN"
    await hold(stage, 3, "nB-3")
    assert len(await moves.world.changes()) == 1


@pytest.mark.parametrize("step", REFUSING)
async def test_a_refused_relocation_whose_process_died_ends(stage: Stage, step: str) -> None:
    moves = await on_sale(stage)
    await sell(stage, 1, "B-6")
    failpoints.arm(armed(step))
    await outcome(moves.relocate())

    ended = await moves.ended(put_off=True)

    failpoints.arm("")
    assert (ended.state, ended.refused_reason) == (REFUSED, "RELOCATION_INCOMPLETE")
    await hold(stage, 2, "B-1")
