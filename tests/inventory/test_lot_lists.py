"""Waiting lists of types with lots: when the last lot is sold out, a ticket that is given back is offered in it."""

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.inventory.lists import become, entry, join, proven, release
from tests.inventory.lots import FIRST, LAST, given, lot, lots, on_sale
from tests.inventory.world import ANA, EVENT, HALF, STANDING, available, hld, hold, places
from tests.stage import Stage, outcome

FEW = 4


async def sold_out(stage: Stage) -> None:
    """The theatre with two lots of two tickets, of which Ana has each in a hold of its own."""
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 2))
    for n in range(FEW):
        await hold(stage.buyer(ANA), hld(n + 1), places(1))


async def test_what_comes_back_from_a_closed_lot_is_offered_in_the_last_one(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    await join(leo, 1)
    await release(stage.buyer(ANA), 1)

    assert await outcome(hold(stage.buyer("gst_mia"), hld(9), places(1))) == "SOLD_OUT"
    assert await outcome(hold(stage.buyer("gst_mia"), hld(9), places(1, HALF))) == "SOLD_OUT", "they share the lots"
    await become(stage, "OFFERED")

    offer = await entry(leo, 1)
    held = (await leo.inventory.GetHold(pb.GetHoldRequest(hold_id=offer.hold_id))).hold
    assert given(held) == [(STANDING, LAST, 1)]
    assert await lots(stage) == [(FIRST, 1, 1, 0, True), (LAST, 3, 3, 0, False)]


async def test_only_a_type_whose_lots_are_sold_out_has_a_list(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 2))
    await hold(stage.buyer(ANA), hld(1), places(3))

    assert await outcome(join(proven(stage, "gst_leo"), 1)) == "NOT_SOLD_OUT"
    await hold(stage.buyer(ANA), hld(2), places(1))
    assert await outcome(join(proven(stage, "gst_leo"), 1)) == "done"
    assert (await available(stage.buyer(ANA)))[STANDING] == 0


async def test_an_event_whose_lots_are_sold_out_is_so_for_the_search(stage: Stage) -> None:
    request = pb.BatchGetAvailabilityRequest(event_ids=[EVENT])
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 12))
    catalog = InventoryMeshStub(stage.channel("catalog"))
    before = (await catalog.BatchGetAvailability(request)).events[0].available

    await hold(stage.buyer(ANA), hld(1), places(10))

    after = (await catalog.BatchGetAvailability(request)).events[0].available
    assert (before, after) == (14, 10), "seats are left"
