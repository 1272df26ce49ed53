"""Holds that orders takes for a sale at the counter."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_HELD, HOLD_STATE_RELEASED
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.inventory.world import (
    BALCONY,
    EMPTY,
    EVENT,
    HALF,
    ORDER,
    ORGANIZER,
    SALES_LAST_S,
    TTL_S,
    build_theatre,
    confirm,
    counts,
    hld,
    hold,
    lock,
    open_theatre,
    places,
    program,
    seats,
)
from tests.stage import Stage, outcome

CLERK = "acc_bia"


def at_counter(n: int, *items: pb.HoldItem, organizer_id: str = ORGANIZER) -> pb.HoldAtCounterRequest:
    return pb.HoldAtCounterRequest(
        hold_id=hld(n), event_id=EVENT, organizer_id=organizer_id, member_id=CLERK, items=items
    )


async def test_it_holds_seats_and_places_for_the_member(stage: Stage) -> None:
    orders = await open_theatre(stage)

    held = (await orders.HoldAtCounter(at_counter(1, seats("A-01", "A-02"), places(3), places(1, HALF)))).hold

    assert (held.hold_id, held.state, len(held.places)) == (hld(1), HOLD_STATE_HELD, 6)
    clerk = stage.member(ORGANIZER, ROLE_BOX_OFFICE, CLERK)
    assert (await clerk.inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))).hold == held
    assert (await orders.HoldAtCounter(at_counter(1, seats("A-01", "A-02"), places(3), places(1, HALF)))).hold == held
    assert await counts(stage) == {"places": (100, 4, 0), "half": (4, 1, 0), "seats": (20, 2, 0)}


async def test_a_sale_may_have_more_tickets_than_an_order_online_and_at_most_fifty(stage: Stage) -> None:
    orders = await open_theatre(stage)

    assert len((await orders.HoldAtCounter(at_counter(1, places(50)))).hold.places) == 50
    with pytest.raises(refusals.OrderLimit) as refused:
        await orders.HoldAtCounter(at_counter(2, places(50), places(1, HALF)))

    assert refused.value.facts == {"limit": "50"}
    assert await counts(stage) == {**EMPTY, "places": (100, 50, 0)}


async def test_it_is_refused_as_any_hold_is_and_holds_nothing(stage: Stage) -> None:
    orders = await open_theatre(stage)
    await hold(stage.buyer(), hld(9), seats("A-01"))
    before = await counts(stage)
    wishes = {
        "SEAT_TAKEN": (places(1), seats("A-01")),
        "SEAT_NOT_FOUND": (seats("Z-99"),),
        "SEAT_NOT_OF_TYPE": (seats("A-02", ticket_type_id=BALCONY),),
        "SOLD_OUT": (seats("A-02"), places(5, HALF)),
        "TICKET_TYPE_NOT_FOUND": (places(1, "tkt_none"),),
        "INVALID_REQUEST": (places(1), places(2)),
    }

    for reason, wish in wishes.items():
        assert await outcome(orders.HoldAtCounter(at_counter(1, *wish))) == reason
    assert await outcome(orders.HoldAtCounter(at_counter(1, places(1), organizer_id="org_rival"))) == "EVENT_NOT_FOUND"
    assert await counts(stage) == before


async def test_of_sixteen_sales_of_one_seat_one_holds_it(stage: Stage) -> None:
    orders = await open_theatre(stage)

    answers = await asyncio.gather(*(outcome(orders.HoldAtCounter(at_counter(n, seats("A-01")))) for n in range(1, 17)))

    assert sorted(answers) == 15 * ["SEAT_TAKEN"] + ["done"]


async def test_an_expired_hold_does_not_keep_the_seat_from_the_counter(stage: Stage) -> None:
    orders = await open_theatre(stage)
    await hold(stage.buyer(), hld(9), seats("A-01"))
    stage.clock.advance(TTL_S)

    assert (await orders.HoldAtCounter(at_counter(1, seats("A-01")))).hold.state == HOLD_STATE_HELD


async def test_the_counter_sells_until_its_own_end(stage: Stage) -> None:
    catalog = await build_theatre(stage)
    provision = program(stage)
    ends_us = stage.clock.now_us() + (SALES_LAST_S + 60) * 1_000_000
    provision.counter_sales_end_at.seconds = ends_us // 1_000_000
    await catalog.Provision(provision)
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT))
    orders = InventoryMeshStub(stage.channel("orders"))
    stage.clock.advance(SALES_LAST_S)
    assert await outcome(hold(stage.buyer(), hld(9), places(1))) == "EVENT_NOT_ON_SALE"

    assert (await orders.HoldAtCounter(at_counter(1, places(1)))).hold.state == HOLD_STATE_HELD

    stage.clock.advance(60)
    assert await outcome(orders.HoldAtCounter(at_counter(2, places(1)))) == "EVENT_NOT_ON_SALE"


@pytest.mark.parametrize("sold", [False, True])
async def test_a_sale_that_fails_frees_its_places_at_once(stage: Stage, *, sold: bool) -> None:
    orders = await open_theatre(stage)
    await orders.HoldAtCounter(at_counter(1, seats("A-01"), places(2)))
    await orders.LockHold(lock(buyer_id=CLERK))
    if sold:
        await orders.ConfirmHold(confirm())

    for _ in range(2):
        if sold:
            back = pb.ReturnSoldRequest(hold_id=hld(1), order_id=ORDER, release=True)
            after = (await orders.ReturnSold(back)).hold
        else:
            after = (await orders.UnlockHold(pb.UnlockHoldRequest(hold_id=hld(1), order_id=ORDER, release=True))).hold
        assert after.state == HOLD_STATE_RELEASED

    assert await counts(stage) == EMPTY
    assert await outcome(orders.LockHold(lock(buyer_id=CLERK))) == "HOLD_EXPIRED"
