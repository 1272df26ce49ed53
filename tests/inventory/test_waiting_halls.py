"""Waiting lists of halls: types that share seats, accessible seats, and rules about single seats."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.inventory.halls import BOXES, HALF_HALL, HALL, open_hall, propose
from tests.inventory.lists import become, entry, join, proven, release
from tests.inventory.test_accessible import COMPANION, ROW, WHEELCHAIR, held_seats, need
from tests.inventory.world import ANA, EVENT, ORGANIZER, hld, hold, seats
from tests.stage import Stage


async def test_a_seat_that_a_list_can_be_offered_is_not_held_for_another_type(stage: Stage) -> None:
    await open_hall(stage, "ooxx")
    ana, mia = stage.buyer(ANA), stage.buyer("gst_mia")
    await hold(ana, hld(1), seats("0-00", ticket_type_id=HALL))
    await hold(ana, hld(2), seats("0-01", ticket_type_id=HALL))
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALL)
    await release(ana, 1)

    with pytest.raises(refusals.SoldOut) as refused:
        await hold(mia, hld(20), seats("0-00", ticket_type_id=HALF_HALL))
    await hold(mia, hld(21), seats("0-02", ticket_type_id=BOXES))
    await become(stage, "OFFERED")

    assert refused.value.facts == {"ticket_type_id": HALF_HALL, "available": "0", "waiting": "true"}
    assert await held_seats(stage) == ["0-00", "0-01", "0-02"]


async def test_accessible_seats_are_sold_on_and_never_offered(stage: Stage) -> None:
    """They are free, and yet the type counts as sold out for all others."""
    await open_hall(stage, ROW)
    ana, mia = stage.buyer(ANA), stage.buyer("gst_mia")
    await hold(ana, hld(1), seats("0-00", ticket_type_id=HALL))
    await hold(ana, hld(2), seats("0-01", "0-02", "0-05", "0-06", "0-07", ticket_type_id=HALL))
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALL)

    assert await propose(mia, 2, accessible=[need("WHEELCHAIR")]) == [[WHEELCHAIR, COMPANION]]
    await release(ana, 1)
    with pytest.raises(refusals.SoldOut):
        await hold(mia, hld(20), seats("0-00", WHEELCHAIR, ticket_type_id=HALL))
    await hold(mia, hld(21), seats(WHEELCHAIR, COMPANION, ticket_type_id=HALL))
    await become(stage, "OFFERED")

    offer = (await entry(proven(stage, "gst_leo"), 1)).hold_id
    held = await proven(stage, "gst_leo").inventory.GetHold(pb.GetHoldRequest(hold_id=offer))
    assert [place.seat_id for place in held.hold.places] == ["0-00"]


async def test_an_offer_may_leave_a_single_seat_alone(stage: Stage) -> None:
    await open_hall(stage, "ooo", orphan_rule=nouns.ORPHAN_RULE_REFUSE)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats("0-00", "0-01", "0-02", ticket_type_id=HALL))
    await join(proven(stage, "gst_leo"), 1, quantity=1, ticket_type_id=HALL)
    await join(proven(stage, "gst_mia"), 2, quantity=1, ticket_type_id=HALL)

    await release(ana, 1)

    await become(stage, "OFFERED", "OFFERED")


async def test_the_counter_holds_blocked_seats_while_people_wait(stage: Stage) -> None:
    await open_hall(stage, "oo")
    bia = stage.member(role=ROLE_BOX_OFFICE)
    await bia.inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["0-00"], label="Imprensa"))
    await hold(stage.buyer(ANA), hld(1), seats("0-01", ticket_type_id=HALL))
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALL)

    wanted = pb.HoldRequest(event_id=EVENT, items=[seats("0-00", ticket_type_id=HALL)], take_blocked=True)
    wanted.hold_id = hld(20)
    await bia.inventory.Hold(wanted)
    await release(stage.buyer(ANA), 1)
    mixed = pb.HoldRequest(event_id=EVENT, items=[seats("0-01", ticket_type_id=HALL)], take_blocked=True)
    mixed.hold_id = hld(21)
    with pytest.raises(refusals.SoldOut):
        await bia.inventory.Hold(mixed)

    assert await held_seats(stage) == ["0-00"]


async def test_a_sale_at_the_counter_leaves_to_a_list_what_is_free(stage: Stage) -> None:
    await open_hall(stage, "oo")
    await hold(stage.buyer(ANA), hld(1), seats("0-00", "0-01", ticket_type_id=HALL))
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALL)
    await release(stage.buyer(ANA), 1)
    request = pb.HoldAtCounterRequest(
        hold_id=hld(20),
        event_id=EVENT,
        organizer_id=ORGANIZER,
        member_id="acc_bia",
        items=[seats("0-00", ticket_type_id=HALL)],
    )

    with pytest.raises(refusals.SoldOut):
        await InventoryMeshStub(stage.channel("orders")).HoldAtCounter(request)
    await become(stage, "OFFERED")
