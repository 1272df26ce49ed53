"""Orders give places of their sold holds back, one by one or all."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.inventory import nights
from tests.inventory.test_changing import changed, provide
from tests.inventory.world import (
    ANA,
    HALF,
    ORDER,
    available,
    confirm,
    counts,
    held,
    hld,
    hold,
    lock,
    rows,
    seats,
    state,
)
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

SEAT = "SELECT state, hold_id FROM seat WHERE event_id = 'evt_theatre' AND seat_id = 'A-05'"
HISTORY = "SELECT version, state, hold_id FROM seat_event WHERE seat_id = 'A-05' ORDER BY version"
SOLD = {"places": (100, 0, 3), "half": (4, 0, 1), "seats": (20, 0, 1)}


def back(*positions: int, order_id: str = ORDER, n: int = 1, label: str = "") -> pb.ReturnPlacesRequest:
    return pb.ReturnPlacesRequest(hold_id=hld(n), order_id=order_id, places=positions, block_label=label)


async def sold(stage: Stage) -> "InventoryMeshAsyncStub":
    """Ana has bought a seat, two places and a half-price place, in this order."""
    orders = await held(stage)
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    assert await counts(stage) == SOLD
    return orders


async def test_single_places_come_back_and_the_others_stay_sold(stage: Stage) -> None:
    orders = await sold(stage)
    kept = (await orders.ReturnPlaces(back(1, 3))).hold
    assert (kept.state, list(kept.returned), len(kept.places)) == (nouns.HOLD_STATE_SOLD, [1, 3], 4)
    assert await counts(stage) == {"places": (100, 0, 1), "half": (4, 0, 0), "seats": (20, 0, 1)}
    assert (await available(stage.buyer(ANA)))[HALF] == 4
    assert await rows(stage, SEAT) == [("SOLD", hld(1))]


async def test_a_seat_that_comes_back_can_be_bought_again_and_its_history_tells_so(stage: Stage) -> None:
    orders = await sold(stage)
    await orders.ReturnPlaces(back(0))
    await hold(stage.buyer("gst_rui"), hld(2), seats("A-05"))
    assert await rows(stage, SEAT) == [("HELD", hld(2))]
    assert await rows(stage, HISTORY) == [
        (2, "HELD", hld(1)),
        (3, "SOLD", hld(1)),
        (4, "FREE", hld(1)),
        (5, "HELD", hld(2)),
    ]


async def test_the_last_place_ends_the_hold_and_repeats_change_nothing(stage: Stage) -> None:
    orders = await sold(stage)
    for positions in ((0, 1), (1, 0), (1, 2, 3), (0, 1, 2, 3)):
        await orders.ReturnPlaces(back(*positions))
    assert await state(stage) == "RELEASED"
    assert await counts(stage) == {"places": (100, 0, 0), "half": (4, 0, 0), "seats": (20, 0, 0)}
    assert await rows(stage, SEAT) == [("FREE", "")]


async def test_only_the_order_that_has_bought_the_hold_gives_places_back(stage: Stage) -> None:
    orders = await held(stage)
    assert await outcome(orders.ReturnPlaces(back(0))) == "HOLD_EXPIRED", "it is not sold"
    await orders.LockHold(lock())
    assert await outcome(orders.ReturnPlaces(back(0))) == "HOLD_EXPIRED"
    await orders.ConfirmHold(confirm())
    assert await outcome(orders.ReturnPlaces(back(0, order_id="ord_2"))) == "HOLD_EXPIRED"
    assert await outcome(orders.ReturnPlaces(back(0, n=2))) == "HOLD_NOT_FOUND"
    with pytest.raises(refusals.LineNotRefundable) as refused:
        await orders.ReturnPlaces(back(0, 4))
    assert refused.value.facts == {"line_id": "5"}
    assert await counts(stage) == SOLD


async def test_seats_come_back_blocked_if_the_organizer_wants_so(stage: Stage) -> None:
    orders = await sold(stage)
    await orders.ReturnPlaces(back(0, 1, label="Convidados"))
    assert await rows(stage, SEAT) == [("BLOCKED", "")]
    assert await rows(stage, "SELECT seat_id, label, reason FROM seat_block") == [("A-05", "Convidados", "")]
    assert await counts(stage) == {"places": (100, 0, 2), "half": (4, 0, 1), "seats": (19, 0, 0)}
    assert await outcome(hold(stage.buyer("gst_rui"), hld(2), seats("A-05"))) == "SEAT_TAKEN"


async def test_sixteen_returns_at_once_free_each_place_once(stage: Stage) -> None:
    orders = await sold(stage)
    await asyncio.gather(*(orders.ReturnPlaces(back(n % 4, (n + 1) % 4)) for n in range(16)))
    assert await state(stage) == "RELEASED"
    assert await counts(stage) == {"places": (100, 0, 0), "half": (4, 0, 0), "seats": (20, 0, 0)}
    assert len(await rows(stage, HISTORY)) == 3


async def test_what_came_back_counts_for_no_person_and_no_later_change(stage: Stage) -> None:
    orders = await held(stage)
    assert await provide(stage, changed(stage, 1, tickets_per_person_max=4))
    request = lock()
    request.participant_keys.append("key_mail")
    await orders.LockHold(request)
    await orders.ConfirmHold(confirm())
    await orders.ReturnPlaces(back(1, 3))
    assert await rows(stage, "SELECT tickets FROM person_ticket") == [(2,)]
    redrawn = changed(stage, 2, tickets_per_person_max=4)
    redrawn.pools.add(pool_id="evt_theatre.all", name="all", capacity=50)
    redrawn.types[2].pool_ids.append("evt_theatre.all")
    assert await provide(stage, redrawn)
    assert (await counts(stage))["all"] == (50, 0, 1), "the place that is left"
    await orders.ReturnPlaces(back(0, 2))
    assert await rows(stage, "SELECT tickets FROM person_ticket") == []
    assert (await counts(stage))["all"] == (50, 0, 0)


async def test_a_pass_gives_its_place_back_in_every_night(stage: Stage) -> None:
    orders = await nights.open_series(stage)
    await nights.hold(stage.buyer(ANA), hld(1), nights.SERIES, nights.seat_passes("A-01", "A-02"), nights.passes(1))
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    await orders.ReturnPlaces(back(0, 2))
    for night in nights.NIGHTS:
        assert await nights.counts(stage, night) == {"places": (10, 0, 0), "seats": (2, 0, 1)}
    assert await nights.left(stage.buyer(ANA)) == {nights.PASS: 5, nights.SEAT_PASS: 1}
    await orders.ReturnPlaces(back(1))
    for night in nights.NIGHTS:
        assert await nights.counts(stage, night) == nights.COUNTED
