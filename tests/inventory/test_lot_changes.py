"""An organizer changes the lots of an event on sale: later ones freely, the current one in size and end, closed ones
not at all."""

import asyncio

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import CapacityBelowSold, LotStarted
from tests.inventory.lots import FIRST, LAST, NEXT, both, given, lot, lots, on_sale, provide, theatre
from tests.inventory.world import ANA, HALF, STANDING, counts, hld, hold, open_theatre, places, rows
from tests.stage import Stage, outcome


async def release(stage: Stage, n: int, buyer: str = ANA) -> None:
    await stage.buyer(buyer).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))


async def test_later_lots_change_and_the_current_one_grows(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(NEXT, 4), lot(LAST, 100, unlimited=True))
    await hold(stage.buyer(ANA), hld(1), places(3))

    wanted = lot(FIRST, 2), lot(NEXT, 6, ends_s=600), lot("lot_new", 9, version=4), lot(LAST, 10, version=4)
    assert await provide(stage, theatre(stage, *wanted, version=1))

    assert await lots(stage) == [
        (FIRST, 2, 2, 0, True),
        (NEXT, 6, 1, 0, False),
        ("lot_new", 9, 0, 0, False),
        (LAST, 10, 0, 0, False),
    ]
    taken = (await hold(stage.buyer("gst_leo"), hld(2), places(8))).hold
    assert [place.lot_id for place in taken.places] == [NEXT] * 5 + ["lot_new"] * 3


async def test_a_lot_that_has_begun_stays_and_nothing_changes(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(NEXT, 4), lot(LAST, 9))
    await hold(stage.buyer(ANA), hld(1), places(3))
    before = await rows(stage, "SELECT * FROM lot ORDER BY n")

    for version, wanted in enumerate(
        (
            [lot(FIRST, 2), lot(NEXT, 4, version=2), lot(LAST, 9)],
            [lot(FIRST, 3), lot(NEXT, 4), lot(LAST, 9)],
            [lot(NEXT, 4), lot(LAST, 9)],
            [],
        ),
        start=1,
    ):
        with pytest.raises(LotStarted):
            await provide(stage, theatre(stage, *wanted, version=version, standing=200))
        assert not await provide(stage, theatre(stage, *wanted, version=version, standing=200)), "a late repeat"

    assert await rows(stage, "SELECT * FROM lot ORDER BY n") == before
    assert (await counts(stage))["places"] == (100, 3, 0)


async def test_a_lot_is_never_smaller_than_what_is_taken_of_it(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 5), lot(LAST, 9))
    await hold(stage.buyer(ANA), hld(1), places(3))
    before = await lots(stage)

    with pytest.raises(CapacityBelowSold) as refused:
        await provide(stage, theatre(stage, lot(FIRST, 2), lot(LAST, 9), version=1, standing=200))

    assert refused.value.facts == {"name": FIRST, "taken": "3", "wanted": "2"}
    assert await lots(stage) == before
    assert (await counts(stage))["places"] == (100, 3, 0)
    await provide(stage, theatre(stage, lot(FIRST, 3), lot(LAST, 9), version=2))
    assert await lots(stage) == [(FIRST, 3, 3, 0, True), (LAST, 9, 0, 0, False)]


async def test_a_lot_after_the_last_one_goes_on_where_that_was_sold_out(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2))
    await hold(stage.buyer(ANA), hld(1), places(2))
    assert await outcome(hold(stage.buyer("gst_leo"), hld(2), places(1))) == "SOLD_OUT"

    await provide(stage, theatre(stage, lot(FIRST, 2), lot(LAST, 3), version=1))

    assert given((await hold(stage.buyer("gst_leo"), hld(2), places(1))).hold) == [(STANDING, LAST, 1)]
    await release(stage, 1)
    assert await lots(stage) == [(FIRST, 0, 0, 0, True), (LAST, 5, 1, 0, False)]


async def test_what_was_held_before_the_first_lots_counts_to_none(stage: Stage) -> None:
    await open_theatre(stage)
    await hold(stage.buyer(ANA), hld(1), places(2), places(1, HALF))

    await provide(stage, theatre(stage, lot(FIRST, 2), lot(LAST, 9), version=1))

    assert given((await hold(stage.buyer("gst_leo"), hld(2), places(1))).hold) == [(STANDING, FIRST, 1)]
    await release(stage, 1)
    assert await lots(stage) == [(FIRST, 2, 1, 0, False), (LAST, 9, 0, 0, False)]
    assert (await counts(stage))["places"] == (100, 1, 0)


async def test_lots_stay_exact_while_the_pools_of_their_types_are_counted_again(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 9))
    await hold(stage.buyer(ANA), hld(1), places(3), places(1, HALF))
    request = theatre(stage, lot(FIRST, 2), lot(LAST, 9), version=1)
    request.pools.insert(0, pb.PoolSpec(pool_id="evt_theatre.standing", name=STANDING, capacity=7))
    request.types[2].pool_ids.insert(0, "evt_theatre.standing")

    await provide(stage, request)

    assert (await counts(stage))[STANDING] == (7, 3, 0)
    assert await lots(stage) == [(FIRST, 2, 2, 0, True), (LAST, 9, 2, 0, False)]
    await release(stage, 1)
    assert (await counts(stage))[STANDING] == (7, 0, 0)
    assert await lots(stage) == [(FIRST, 0, 0, 0, True), (LAST, 11, 0, 0, False)]


async def test_lots_of_a_type_that_is_sold_no_more_still_count_its_holds(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 9))
    await hold(stage.buyer(ANA), hld(1), places(3))
    request = theatre(stage, version=1)
    del request.types[2]

    await provide(stage, request)
    await release(stage, 1)

    assert await lots(stage) == [(FIRST, 0, 0, 0, True), (LAST, 11, 0, 0, False)]


async def test_of_sixteen_changes_at_once_beside_holds_the_newest_is_in_force(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 8), lot(LAST, 40))

    async def change(n: int) -> str:
        wanted = lot(FIRST, 8), lot(NEXT, 10 + n, version=n), lot(LAST, 40)
        return await outcome(provide(stage, theatre(stage, *wanted, version=n)))

    async def buy(n: int) -> None:
        while await outcome(hold(stage.buyer(f"gst_{n}"), hld(n), places(1))) != "done":
            pass  # its turn came too late beside so many changes

    await asyncio.gather(*(change(n) for n in range(1, 17)), *(buy(n) for n in range(6)))

    now, counted = await both(stage)
    assert now == [(FIRST, 8, 6, 0, False), (NEXT, 26, 0, 0, False), (LAST, 40, 0, 0, False)]
    assert counted == {FIRST: (6, 0)}


async def test_a_lot_whose_time_is_over_before_its_turn_does_not_come_back(stage: Stage) -> None:
    """It is closed, and no last lot is."""
    await on_sale(stage, lot(FIRST, 4), lot(NEXT, 5, ends_s=60), lot(LAST, 9))
    stage.clock.pass_unseen(60)
    await hold(stage.buyer(ANA), hld(1), places(1))

    for version, wanted in enumerate(
        (
            [lot(FIRST, 4), lot(LAST, 9), lot(NEXT, 5)],
            [lot(FIRST, 4), lot(NEXT, 5)],
            [lot(FIRST, 4), lot(NEXT, 5, ends_s=900), lot(LAST, 9)],
            [lot(FIRST, 4), lot(NEXT, 7, ends_s=60), lot(LAST, 9)],
            [lot(FIRST, 4), lot(NEXT, 5, version=2, ends_s=60), lot(LAST, 9)],
        ),
        start=1,
    ):
        with pytest.raises(LotStarted):
            await provide(stage, theatre(stage, *wanted, version=version))

    wanted = [lot(FIRST, 4), lot(NEXT, 5, ends_s=60), lot("lot_new", 9, version=7), lot(LAST, 3, version=7)]
    assert await provide(stage, theatre(stage, *wanted, version=9))
    taken = (await hold(stage.buyer("gst_leo"), hld(2), places(10))).hold
    assert [place.lot_id for place in taken.places] == [FIRST] * 3 + ["lot_new"] * 7
