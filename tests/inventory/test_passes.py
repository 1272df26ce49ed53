"""Passes: one hold takes a place of each night, or none."""

import asyncio

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusals import EventNotOnSale, SeatTaken, SoldOut
from tests.facts import told
from tests.inventory.lists import proven
from tests.inventory.nights import (
    COUNTED,
    FRIDAY,
    NIGHTS,
    PASS,
    SATURDAY,
    SEAT_PASS,
    SERIES,
    counts,
    hold,
    left,
    night,
    open_series,
    passes,
    seat_passes,
    seated,
    series,
    single,
    standing,
)
from tests.inventory.world import ANA, SALES_LAST_S, TTL_S, confirm, give_back, hld, lock, rows, unlock
from tests.stage import Stage, outcome, until


async def test_a_pass_takes_a_place_of_each_night(stage: Stage) -> None:
    await open_series(stage)

    held = (await hold(stage.buyer(ANA), hld(1), SERIES, passes(2))).hold

    assert (held.event_id, [place.ticket_type_id for place in held.places]) == (SERIES, [PASS, PASS])
    assert (await counts(stage, SERIES))[PASS] == (5, 2, 0)
    for event_id in NIGHTS:
        assert await counts(stage, event_id) == COUNTED | {"places": (10, 2, 0)}
    assert await left(stage.anyone()) == {PASS: 3, SEAT_PASS: 2}
    assert (await left(stage.anyone(), FRIDAY))[standing(FRIDAY)] == 8


async def test_a_pass_takes_the_same_seat_in_each_night(stage: Stage) -> None:
    await open_series(stage)

    held = (await hold(stage.buyer(ANA), hld(1), SERIES, seat_passes("A-01"))).hold

    assert [(place.seat_id, place.seat_label) for place in held.places] == [("A-01", "Stalls A-1")]
    taken = await rows(stage, "SELECT event_id, seat_id, hold_id FROM seat WHERE state = 'HELD' ORDER BY event_id")
    assert taken == [(event_id, "A-01", hld(1)) for event_id in NIGHTS]
    history = await rows(stage, "SELECT event_id, seat_id, state FROM seat_event ORDER BY event_id")
    assert history == [(event_id, "A-01", "HELD") for event_id in NIGHTS]
    for event_id in NIGHTS:
        assert await counts(stage, event_id) == COUNTED | {"seats": (2, 1, 0)}
    assert (await left(stage.anyone()))[SEAT_PASS] == 1


async def test_a_repeat_gets_the_same_hold(stage: Stage) -> None:
    await open_series(stage)
    first = await hold(stage.buyer(ANA), hld(1), SERIES, passes(2), seat_passes("A-01"))

    again = await hold(stage.buyer(ANA), hld(1), SERIES, passes(2), seat_passes("A-01"))

    assert again == first
    assert (await counts(stage, FRIDAY)) == {"places": (10, 2, 0), "seats": (2, 1, 0)}


async def test_a_night_that_is_sold_out_is_named_and_nothing_is_taken(stage: Stage) -> None:
    await open_series(stage)
    await hold(stage.buyer("gst_bia"), hld(1), SATURDAY, single(SATURDAY, 9))

    with pytest.raises(SoldOut) as refused:
        await hold(stage.buyer(ANA), hld(2), SERIES, passes(2))

    assert (refused.value.facts["event_id"], refused.value.facts["available"]) == (SATURDAY, "1")
    assert await counts(stage, FRIDAY) == COUNTED
    assert (await left(stage.anyone()))[PASS] == 1


async def test_passes_themselves_are_sold_out(stage: Stage) -> None:
    await open_series(stage, passes=1)

    with pytest.raises(SoldOut) as refused:
        await hold(stage.buyer(ANA), hld(2), SERIES, passes(2))

    assert "event_id" not in refused.value.facts
    assert await counts(stage, FRIDAY) == COUNTED


async def test_a_seat_that_is_taken_in_one_night_is_named(stage: Stage) -> None:
    await open_series(stage)
    item = pb.HoldItem(ticket_type_id=seated(SATURDAY), seat_ids=["A-02"])
    await hold(stage.buyer("gst_bia"), hld(1), SATURDAY, item)

    with pytest.raises(SeatTaken) as refused:
        await hold(stage.buyer(ANA), hld(2), SERIES, seat_passes("A-01", "A-02"))

    assert (refused.value.facts["event_id"], refused.value.facts["seat_id"]) == (SATURDAY, "A-02")
    assert await counts(stage, FRIDAY) == COUNTED


async def test_a_pass_is_sold_as_long_as_all_its_nights_are(stage: Stage) -> None:
    await open_series(stage)
    catalog = InventoryMeshStub(stage.channel("catalog"))
    changed = night(stage, SATURDAY, version=2)
    changed.ClearField("sales_end_at")
    await catalog.Provision(changed)

    with pytest.raises(EventNotOnSale) as refused:
        await hold(stage.buyer(ANA), hld(1), SERIES, passes(1))

    assert refused.value.facts["event_id"] == SATURDAY
    assert await counts(stage, FRIDAY) == COUNTED
    assert await left(stage.anyone()) == {PASS: 0, SEAT_PASS: 0}


async def test_no_pass_is_left_once_the_sales_of_a_night_are_over(stage: Stage) -> None:
    await open_series(stage)
    stage.clock.pass_unseen(SALES_LAST_S)

    assert await outcome(hold(stage.buyer(ANA), hld(1), SERIES, passes(1))) == "EVENT_NOT_ON_SALE"
    assert await left(stage.anyone()) == {PASS: 0, SEAT_PASS: 0}


async def test_all_nights_follow_the_hold(stage: Stage) -> None:
    orders = await open_series(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, passes(2), seat_passes("A-01"))
    await orders.LockHold(lock())

    await orders.ConfirmHold(confirm())
    for event_id in NIGHTS:
        assert await counts(stage, event_id) == {"places": (10, 0, 2), "seats": (2, 0, 1)}
    assert (await counts(stage, SERIES))[PASS] == (5, 0, 2)

    await orders.ReturnSold(give_back())
    for event_id in NIGHTS:
        assert await counts(stage, event_id) == {"places": (10, 2, 0), "seats": (2, 1, 0)}

    await orders.UnlockHold(unlock())
    await stage.buyer(ANA).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))
    for event_id in NIGHTS:
        assert await counts(stage, event_id) == COUNTED
    assert (await counts(stage, SERIES))[PASS] == (5, 0, 0)


async def test_a_hold_that_lapses_frees_all_nights(stage: Stage) -> None:
    await open_series(stage, places=2)
    await hold(stage.buyer(ANA), hld(1), SERIES, passes(2), seat_passes("A-01"))
    stage.clock.advance(TTL_S + 1)

    async def are_free() -> bool:
        return all([await counts(stage, event_id) == COUNTED | {"places": (2, 0, 0)} for event_id in NIGHTS])

    await until(are_free)
    assert await counts(stage, SERIES) == {PASS: (5, 0, 0), SEAT_PASS: (5, 0, 0)}


async def test_each_night_is_told_its_own_counts(stage: Stage) -> None:
    await open_series(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, passes(2), seat_passes("A-01"))

    facts = await told(stage.platform.contexts[0].database)
    changes = [StockChanged.FromString(fact.payload) for fact in facts if fact.type.endswith("StockChanged")]
    mine = {change.event_id: change for change in changes if change.hold_id == hld(1)}
    assert sorted(mine) == sorted((*NIGHTS, SERIES))
    for event_id in NIGHTS:
        assert [(stock.name, stock.held) for stock in mine[event_id].stocks] == [("places", 2)]
        assert [seat.seat_id for seat in mine[event_id].seats] == ["A-01"]


async def test_the_last_places_of_a_night_are_sold_once(stage: Stage) -> None:
    await open_series(stage, places=4)

    def call(n: int) -> "asyncio.Future[str]":
        item, event_id = (passes(1), SERIES) if n % 2 else (single(SATURDAY), SATURDAY)
        return asyncio.ensure_future(outcome(hold(stage.buyer(f"gst_{n}"), hld(n), event_id, item)))

    answers = await asyncio.gather(*map(call, range(16)))

    assert sorted(answers) == ["SOLD_OUT"] * 12 + ["done"] * 4
    won = answers[1::2].count("done")
    assert (await counts(stage, SATURDAY))["places"] == (4, 4, 0)
    assert (await counts(stage, FRIDAY))["places"] == (4, won, 0)
    assert (await counts(stage, SERIES))[PASS] == (5, won, 0)


async def test_a_seat_is_sold_once_to_passes_and_single_tickets(stage: Stage) -> None:
    await open_series(stage, passes=16)

    def call(n: int) -> "asyncio.Future[str]":
        one = pb.HoldItem(ticket_type_id=seated(FRIDAY), seat_ids=["A-01"])
        item, event_id = (seat_passes("A-01"), SERIES) if n % 2 else (one, FRIDAY)
        return asyncio.ensure_future(outcome(hold(stage.buyer(f"gst_{n}"), hld(n), event_id, item)))

    answers = await asyncio.gather(*map(call, range(16)))

    assert sorted(answers) == ["SEAT_TAKEN"] * 15 + ["done"]
    assert (await counts(stage, FRIDAY))["seats"] == (2, 1, 0)
    assert (await counts(stage, SATURDAY))["seats"] == (2, answers[1::2].count("done"), 0)


async def test_a_night_that_draws_on_other_pools_counts_passes_too(stage: Stage) -> None:
    orders = await open_series(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, passes(2))
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    await hold(stage.buyer("gst_bia"), hld(2), SERIES, passes(1))
    await hold(stage.buyer("gst_bia"), hld(3), FRIDAY, single(FRIDAY, 3))
    changed = night(stage, FRIDAY, version=2)
    changed.pools.insert(0, pb.PoolSpec(pool_id=f"{FRIDAY}.lot", name=standing(FRIDAY), capacity=8))
    changed.types[0].pool_ids.insert(0, f"{FRIDAY}.lot")

    await InventoryMeshStub(stage.channel("catalog")).Provision(changed)
    assert await counts(stage, FRIDAY) == COUNTED | {standing(FRIDAY): (8, 4, 2), "places": (10, 4, 2)}

    await hold(stage.buyer("gst_eva"), hld(4), SERIES, passes(1))
    await stage.buyer("gst_bia").inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(2)))
    assert await counts(stage, FRIDAY) == COUNTED | {standing(FRIDAY): (8, 4, 2), "places": (10, 4, 2)}
    assert (await counts(stage, SATURDAY))["places"] == (10, 1, 2)


async def test_a_change_of_a_night_and_holds_of_passes_at_once_count_alike(stage: Stage) -> None:
    await open_series(stage, passes=16)
    changed = night(stage, FRIDAY, version=2)
    changed.pools.insert(0, pb.PoolSpec(pool_id=f"{FRIDAY}.lot", name=standing(FRIDAY), capacity=10))
    changed.types[0].pool_ids.insert(0, f"{FRIDAY}.lot")
    catalog = InventoryMeshStub(stage.channel("catalog"))

    calls = [outcome(hold(stage.buyer(f"gst_{n}"), hld(n), SERIES, passes(1))) for n in range(8)]
    answers = await asyncio.gather(*calls[:4], outcome(catalog.Provision(changed)), *calls[4:])

    assert set(answers) == {"done"}
    assert await counts(stage, FRIDAY) == COUNTED | {standing(FRIDAY): (10, 8, 0), "places": (10, 8, 0)}


async def test_a_night_of_another_organizer_is_refused(stage: Stage) -> None:
    await open_series(stage)
    theirs = series(stage)
    theirs.event_id, theirs.organizer_id = "ser_theirs", "org_rival"

    answer = await outcome(InventoryMeshStub(stage.channel("catalog")).Provision(theirs))

    assert answer == "EVENT_NOT_FOUND"
    assert await rows(stage, "SELECT event_id FROM event_sale WHERE event_id = 'ser_theirs'") == []


async def test_nobody_waits_for_a_pass(stage: Stage) -> None:
    await open_series(stage, passes=1)
    await hold(stage.buyer(ANA), hld(1), SERIES, passes(1))
    request = pb.JoinWaitingListRequest(entry_id=f"wai_{0:026d}", event_id=SERIES, ticket_type_id=PASS, quantity=1)

    answer = await outcome(proven(stage, ANA).inventory.JoinWaitingList(request))

    assert answer == "NO_WAITING_LIST"
    assert await rows(stage, "SELECT entry_id FROM waiting_entry") == []
