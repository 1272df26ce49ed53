"""A night of passes moves: their holds are frozen too, and their seats keep the ids that they have in each night."""

import pytest

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import EventIncomplete
from tests.inventory.nights import (
    FRIDAY,
    NIGHTS,
    PASS,
    SATURDAY,
    SEAT_PASS,
    SERIES,
    hold,
    left,
    open_series,
    seat_passes,
    seated,
    series,
    single,
)
from tests.inventory.relocation.moves import REL, catalog, relocate_to, staged, taken
from tests.inventory.world import ANA, confirm, hld, lock, rows, seat, seats
from tests.stage import Stage, outcome

SAME = [seat(0, n) for n in (1, 2, 3)]
LATE_PASS = "tkt_late_pass"


async def freeze(stage: Stage, night: str) -> None:
    request = pb.FreezeSaleRequest(event_id=night, relocation_id=REL)
    while not (await catalog(stage).FreezeSale(request)).frozen:
        pass


async def thaw(stage: Stage, night: str) -> None:
    request = pb.ThawSaleRequest(event_id=night, relocation_id=REL)
    while not (await catalog(stage).ThawSale(request)).thawed:
        pass


async def test_a_passs_seat_is_listed_for_the_type_of_the_night(stage: Stage) -> None:
    orders = await open_series(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, seat_passes("A-01"))
    await hold(stage.buyer("gst_leo"), hld(2), FRIDAY, seats("A-02", ticket_type_id=seated(FRIDAY)))
    await orders.LockHold(lock("ord_1"))

    found = [
        (each.seat_id, each.hold_id, each.order_id, each.ticket_type_id, each.of_pass)
        for each in await taken(stage, FRIDAY)
    ]

    assert found == [
        ("A-01", hld(1), "ord_1", seated(FRIDAY), True),
        ("A-02", hld(2), "", seated(FRIDAY), False),
    ]


async def test_passes_are_frozen_with_their_night_and_not_sold_meanwhile(stage: Stage) -> None:
    orders = await open_series(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, seat_passes("A-01"))

    await freeze(stage, FRIDAY)

    assert await outcome(orders.LockHold(lock("ord_1"))) == "EVENT_MOVING"
    assert await outcome(hold(stage.buyer(ANA), hld(2), SERIES, seat_passes("A-02"))) == "EVENT_MOVING"
    assert await left(stage.anyone()) == {PASS: 0, SEAT_PASS: 0}
    best = pb.FindBestSeatsRequest(event_id=SERIES, ticket_type_id=SEAT_PASS, quantity=1)
    assert await outcome(stage.anyone().inventory.FindBestSeats(best)) == "EVENT_MOVING"
    await hold(stage.buyer(ANA), hld(3), SATURDAY, single(SATURDAY))
    await thaw(stage, FRIDAY)
    await orders.LockHold(lock("ord_1"))


async def test_a_pass_goes_on_after_both_of_its_nights(stage: Stage) -> None:
    orders = await open_series(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, seat_passes("A-01"))
    for night in NIGHTS:
        await freeze(stage, night)
    assert await rows(stage, "SELECT frozen FROM hold") == [(2,)]

    for night in NIGHTS:
        assert await outcome(orders.LockHold(lock("ord_1"))) == "EVENT_MOVING"
        await thaw(stage, night)

    await orders.LockHold(lock("ord_1"))


async def test_passes_for_other_nights_are_not_frozen(stage: Stage) -> None:
    orders = await open_series(stage)
    wanted = series(stage, version=2)
    late = wanted.types.add(ticket_type_id=LATE_PASS, pool_ids=[f"{PASS}.lot"])
    late.nights.extend(night for night in wanted.types[0].nights if night.event_id == SATURDAY)
    await catalog(stage).Provision(wanted)
    await hold(stage.buyer(ANA), hld(1), SERIES, pb.HoldItem(ticket_type_id=LATE_PASS, quantity=1))

    await freeze(stage, FRIDAY)

    await orders.LockHold(lock("ord_1"))
    await hold(stage.buyer("gst_leo"), hld(2), SERIES, pb.HoldItem(ticket_type_id=LATE_PASS, quantity=1))
    await thaw(stage, FRIDAY)
    await orders.ConfirmHold(confirm("ord_1"))
    assert await rows(stage, "SELECT DISTINCT frozen FROM hold") == [(0,)]


@pytest.mark.parametrize("to", ["", "A-02"])
async def test_a_move_waits_until_a_passs_seat_keeps_its_id(stage: Stage, to: str) -> None:
    orders = await open_series(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, seat_passes("A-01"))
    await freeze(stage, FRIDAY)
    request = pb.MoveSeatsRequest(event_id=FRIDAY, relocation_id=REL, plan_id="pln_new", seat_count=len(SAME))

    await catalog(stage).StageSeats(staged(SAME, {to: "A-01"} if to else {}, event_id=FRIDAY))
    with pytest.raises(EventIncomplete):
        await catalog(stage).MoveSeats(request)

    await thaw(stage, FRIDAY)
    await orders.LockHold(lock("ord_1"))


async def test_a_passs_seat_stays_the_same_in_each_night(stage: Stage) -> None:
    orders = await open_series(stage)
    before = (await hold(stage.buyer(ANA), hld(1), SERIES, seat_passes("A-01"))).hold
    await hold(stage.buyer("gst_leo"), hld(2), FRIDAY, seats("A-02", ticket_type_id=seated(FRIDAY)))

    await relocate_to(stage, SAME, {"A-01": "A-01", "A-02": "A-03"}, FRIDAY)

    assert (await orders.LockHold(lock("ord_1"))).hold.places == before.places
    await orders.ConfirmHold(confirm("ord_1"))
    sold = await rows(stage, "SELECT event_id, seat_id FROM seat WHERE state = 'SOLD' ORDER BY event_id")
    assert sold == [(night, "A-01") for night in NIGHTS]
    held = [each.seat_id for each in await taken(stage, FRIDAY) if each.state == nouns.SEAT_STATE_HELD]
    assert held == ["A-03"]
