"""Passes for a ticket type that has lots: they take its places, and no ticket of a lot."""

import asyncio

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusals import SoldOut
from tests.inventory.lots import FIRST, LAST, lot
from tests.inventory.nights import (
    COUNTED,
    FRIDAY,
    SATURDAY,
    SERIES,
    counts,
    hold,
    night,
    open_series,
    passes,
    single,
    standing,
)
from tests.inventory.world import ANA, TTL_S, confirm, give_back, hld, lock, rows, unlock
from tests.stage import Stage, outcome, until

LOTS = "SELECT lot_id, capacity, held, sold, closed FROM lot ORDER BY n"


async def on_sale(stage: Stage, *, places: int = 10) -> None:
    """The series; on Friday the standing places are sold in a lot of three and one of seven."""
    await open_series(stage, places=places, passes=16)
    changed = night(stage, FRIDAY, places=places, version=2)
    changed.types[0].lots.extend([lot(FIRST, 3), lot(LAST, 7)])
    changed.types[0].lots_of = standing(FRIDAY)
    await InventoryMeshStub(stage.channel("catalog")).Provision(changed)


async def friday(stage: Stage) -> tuple[int, str, int]:
    """How many single tickets are left on Friday, the lot whose turn it is, and how many of that lot."""
    answer = await stage.anyone().inventory.GetAvailability(pb.GetAvailabilityRequest(event_id=FRIDAY))
    one = next(one for one in answer.types if one.ticket_type_id == standing(FRIDAY))
    return one.available, one.lot_id, one.lot_available


async def test_a_pass_moves_no_lot(stage: Stage) -> None:
    await on_sale(stage)
    before = await rows(stage, LOTS)
    orders = InventoryMeshStub(stage.channel("orders"))

    held = (await hold(stage.buyer(ANA), hld(1), SERIES, passes(8))).hold

    assert {place.lot_id for place in held.places} == {""}
    assert await rows(stage, LOTS) == before
    assert (await counts(stage, FRIDAY))["places"] == (10, 8, 0)
    assert await friday(stage) == (2, FIRST, 2)
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    await orders.ReturnSold(give_back())
    await orders.UnlockHold(unlock())
    stage.clock.advance(TTL_S)

    async def is_free() -> bool:
        return await counts(stage, FRIDAY) == COUNTED

    await until(is_free)
    assert await rows(stage, LOTS) == before
    assert await friday(stage) == (10, FIRST, 3)


async def test_lots_give_no_place_that_a_pass_has(stage: Stage) -> None:
    await on_sale(stage)
    await hold(stage.buyer(ANA), hld(1), SERIES, passes(8))

    with pytest.raises(SoldOut) as refused:
        await hold(stage.buyer("gst_rui"), hld(2), FRIDAY, single(FRIDAY, 3))
    assert refused.value.available == "2"
    one = (await hold(stage.buyer("gst_rui"), hld(2), FRIDAY, single(FRIDAY, 2))).hold

    assert [place.lot_id for place in one.places] == [FIRST, FIRST]
    assert await rows(stage, LOTS) == [(FIRST, 3, 2, 0, 0), (LAST, 7, 0, 0, 0)]


async def test_passes_and_lots_sell_no_place_twice(stage: Stage) -> None:
    await on_sale(stage, places=5)

    def call(n: int) -> "asyncio.Future[str]":
        item, event_id = (passes(1), SERIES) if n % 2 else (single(FRIDAY), FRIDAY)
        return asyncio.ensure_future(outcome(hold(stage.buyer(f"gst_{n}"), hld(n), event_id, item)))

    answers = await asyncio.gather(*map(call, range(16)))

    assert sorted(answers) == ["SOLD_OUT"] * 11 + ["done"] * 5
    singles = answers[::2].count("done")
    assert (await counts(stage, FRIDAY))["places"] == (5, 5, 0)
    assert (await counts(stage, SATURDAY))["places"] == (5, 5 - singles, 0)
    assert sum(row[2] for row in await rows(stage, LOTS)) == singles
