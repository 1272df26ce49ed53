"""Waiting lists that cannot be served now: entries that are too large, and pauses of sales."""

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.inventory.lists import FEW, become, entry, join, named, proven, release, sold_out, states, swept
from tests.inventory.test_changing import changed, provide
from tests.inventory.world import (
    ANA,
    EVENT,
    OPEN,
    STANDING,
    all_seats,
    available,
    build_theatre,
    hld,
    hold,
    places,
    program,
    rows,
    seats,
)
from tests.stage import Stage, outcome


async def test_more_than_a_type_has_in_all_is_not_waited_for(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    with pytest.raises(refusals.OrderLimit) as refused:
        await join(leo, 1, quantity=FEW + 1)
    assert refused.value.facts == {"limit": str(FEW)}
    assert await rows(stage, "SELECT 1 FROM waiting_entry") == []
    assert (await join(leo, 1, quantity=FEW)).ahead == 0


@pytest.mark.parametrize(("change", "wanted"), [({"tickets_per_order_max": 2}, 3), ({"standing": 2}, 3)])
async def test_nothing_is_kept_for_entries_that_have_become_too_large(
    stage: Stage, change: dict[str, int], wanted: int
) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1, quantity=wanted)
    for n in range(2):
        await release(stage.buyer(ANA), n + 1)
    smaller = changed(stage, 1, standing=change.get("standing", FEW))
    smaller.tickets_per_order_max = change.get("tickets_per_order_max", 10)
    assert await provide(stage, smaller)
    for n in range(2, FEW):
        await release(stage.buyer(ANA), n + 1)
    await swept(stage)

    zoe = stage.buyer("gst_zoe")
    assert (await available(zoe))[STANDING] == min(FEW, change.get("standing", FEW))
    await hold(zoe, hld(50), places(2))
    assert await states(stage) == dict.fromkeys(await states(stage), "WAITING")


async def test_people_keep_their_ranks_while_sales_are_paused(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    await join(leo, 1)
    paused = changed(stage, 1, standing=FEW)
    paused.ClearField("sales_end_at")
    assert await provide(stage, paused)
    await release(stage.buyer(ANA), 1)
    await swept(stage)
    seen = await entry(leo, 1)
    assert (named(seen.state), seen.ahead) == ("WAITING", 0)
    assert list((await states(stage)).values()) == ["WAITING"]
    assert set((await available(leo)).values()) == {0}

    assert await provide(stage, changed(stage, 2, standing=FEW))
    assert await outcome(hold(stage.buyer("gst_zoe"), hld(50), places(1))) == "SOLD_OUT"
    await become(stage, "OFFERED")


async def test_nothing_is_left_after_sales(stage: Stage) -> None:
    await sold_out(stage)
    orders = InventoryMeshStub(stage.channel("catalog"))
    batch = pb.BatchGetAvailabilityRequest(event_ids=[EVENT])
    assert len((await orders.BatchGetAvailability(batch)).events) == 1
    over = changed(stage, 1, standing=FEW)
    over.ClearField("sales_end_at")
    assert await provide(stage, over)
    stage.clock.advance(5.0)

    assert set((await available(stage.buyer(ANA))).values()) == {0}
    assert len((await orders.BatchGetAvailability(batch)).events) == 0


async def test_sales_open_with_blocked_seats(stage: Stage) -> None:
    catalog = await build_theatre(stage)
    await catalog.Provision(program(stage))
    await catalog.ProvisionSeats(all_seats())
    await stage.member().inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["A-01"]))

    await catalog.OpenSales(OPEN)

    assert await outcome(hold(stage.buyer(), hld(1), seats("A-01"))) == "SEAT_TAKEN"
    await hold(stage.buyer(), hld(1), seats("A-02"))


async def test_a_new_entry_knows_its_rank(stage: Stage) -> None:
    await sold_out(stage)
    ranks = [(await join(proven(stage, f"gst_{n}"), n)).ahead for n in range(1, 4)]
    assert ranks == [0, 1, 2]
    assert (await entry(proven(stage, "gst_3"), 3)).ahead == 2
