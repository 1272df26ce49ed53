"""Places that an order has given back do not move with its hold."""

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.inventory.relocation.moves import busy_theatre, facts_of_moves, relocate, target
from tests.inventory.world import confirm, counts, hld, hold, lock, rows, seats
from tests.stage import Stage


async def test_a_seat_that_was_given_back_and_sold_again_moves_with_its_new_hold(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    await orders.ReturnPlaces(pb.ReturnPlacesRequest(hold_id=hld(3), order_id="ord_3", places=[0]))
    await hold(stage.buyer("gst_rui"), hld(7), seats("A-10"))
    await orders.LockHold(lock("ord_7", n=7, buyer_id="gst_rui"))
    await orders.ConfirmHold(confirm("ord_7", n=7))

    await relocate(stage)

    moved = await facts_of_moves(stage)
    assert [place.seat_id for place in moved[hld(7)].places] == [target("A-10")]
    assert [place.seat_id for place in moved[hld(3)].places] == ["A-10", target("B-10")], "the first is not its own"
    owners = await rows(stage, f"SELECT hold_id FROM seat WHERE seat_id = '{target('A-10')}' AND state = 'SOLD'")
    assert owners == [(hld(7),)]
    sold = (await counts(stage))["seats"][2]
    await orders.ReturnPlaces(pb.ReturnPlacesRequest(hold_id=hld(3), order_id="ord_3", places=[0, 1]))
    assert (await counts(stage))["seats"][2] == sold - 1


async def test_a_free_seat_that_was_given_back_has_no_target(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    await orders.ReturnPlaces(pb.ReturnPlacesRequest(hold_id=hld(3), order_id="ord_3", places=[1]))

    await relocate(stage)

    moved = await facts_of_moves(stage)
    assert [place.seat_id for place in moved[hld(3)].places] == [target("A-10"), "B-10"]
    assert await rows(stage, f"SELECT count(*) FROM seat WHERE hold_id = '{hld(3)}'") == [(1,)]
