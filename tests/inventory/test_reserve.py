"""The half-price reserve: it is opened to all when it is due, in one transaction, and watchers are told."""

import asyncio
from typing import TYPE_CHECKING

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged, StockOpened
from services.inventory.reserve_transactions import release_reserve
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.facts import told
from tests.inventory.world import EVENT, HALF, ORGANIZER, STANDING, build_theatre, counts, hld, hold, places, rows
from tests.stage import Stage, outcome, until

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

DAY_S = 24 * 3600
KEPT, OPEN = ("public", 6), ("public", 10)


def program(stage: Stage, *, keeps_s: float = DAY_S, version: int = 0) -> pb.ProvisionRequest:
    """Ten places; four of them are kept for half price until keeps_s from now."""
    return pb.ProvisionRequest(
        event_id=EVENT,
        organizer_id=ORGANIZER,
        version=version,
        sales_end_at=to_timestamp(stage.clock.now_us() + 30 * DAY_S * SECOND_US),
        reserve_until=after(stage, keeps_s) if keeps_s else None,
        tickets_per_order_max=10,
        pools=[
            pb.PoolSpec(pool_id="half", name="half", capacity=10),
            pb.PoolSpec(pool_id="public", name="public", capacity=6, released_capacity=10),
            pb.PoolSpec(pool_id="places", name="places", capacity=10, released_capacity=10),
        ],
        types=[
            pb.TypeSpec(ticket_type_id=STANDING, pool_ids=["public", "places"]),
            pb.TypeSpec(ticket_type_id=HALF, pool_ids=["half", "places"]),
        ],
    )


def after(stage: Stage, seconds: float) -> Timestamp | None:
    return to_timestamp(stage.clock.now_us() + int(seconds * SECOND_US))


async def open_club(stage: Stage, *, keeps_s: float = DAY_S) -> "InventoryMeshAsyncStub":
    """Puts the club on sale. Returns the mesh stub as catalog calls it."""
    catalog = await build_theatre(stage)
    await catalog.Provision(program(stage, keeps_s=keeps_s))
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT))
    return catalog


async def public(stage: Stage) -> tuple[str, int]:
    return "public", (await counts(stage))["public"][0]


async def changes(stage: Stage) -> list[StockChanged]:
    """The announced changes that name no hold."""
    facts = await told(stage.platform.contexts[0].database)
    found = [StockChanged.FromString(fact.payload) for fact in facts if fact.type.endswith(".StockChanged")]
    return [change for change in found if not change.hold_id]


async def release(stage: Stage) -> None:
    await stage.platform.contexts[0].database.write(release_reserve, EVENT, now_us=stage.clock.now_us())


async def test_the_reserve_is_opened_when_it_is_due_and_announced(stage: Stage) -> None:
    await open_club(stage)
    await hold(stage.buyer(), hld(1), places(6))
    with pytest.raises(refusals.SoldOut):
        await hold(stage.buyer("gst_leo"), hld(2), places(1))
    stage.clock.advance(DAY_S - 1)
    assert await public(stage) == KEPT

    async def told_a_second_later() -> list[StockChanged]:
        stage.clock.advance(1)  # each time: the sweeper may be at work, and begins its pause only afterwards
        return await changes(stage)

    await until(told_a_second_later)

    (change,) = await changes(stage)
    assert [(stock.name, stock.capacity, stock.held + stock.sold) for stock in change.stocks] in (
        [("public", 10, 6)],
        [("public", 10, 0)],  # the sweeper has lapsed the hold first
    )
    await hold(stage.buyer("gst_leo"), hld(2), places(4))


async def test_sixteen_release_it_once(stage: Stage) -> None:
    await open_club(stage)
    stage.clock.pass_unseen(DAY_S)

    await asyncio.gather(*(release(stage) for _ in range(16)))

    assert await public(stage) == OPEN
    assert len(await changes(stage)) == 1


async def test_it_is_never_released_early(stage: Stage) -> None:
    await open_club(stage)
    stage.clock.pass_unseen(DAY_S - 1)

    await release(stage)

    assert await public(stage) == KEPT
    assert not await changes(stage)


async def test_sales_that_open_too_late_to_keep_anything_keep_nothing(stage: Stage) -> None:
    await open_club(stage, keeps_s=-1)

    (opened,) = await told(stage.platform.contexts[0].database)
    stocks = {stock.name: stock.capacity for stock in StockOpened.FromString(opened.payload).stocks}
    assert stocks == {"half": 10, "public": 10, "places": 10}


async def test_without_an_end_it_is_kept_as_long_as_the_event_sells(stage: Stage) -> None:
    await open_club(stage, keeps_s=0)
    stage.clock.pass_unseen(29 * DAY_S)

    await release(stage)

    assert await public(stage) == KEPT


@pytest.mark.parametrize(("taken", "left"), [(0, 6), (6, 6), (8, 8)])
async def test_an_event_that_is_postponed_keeps_its_unsold_reserve_again(stage: Stage, taken: int, left: int) -> None:
    catalog = await open_club(stage)
    stage.clock.pass_unseen(DAY_S)
    await release(stage)
    if taken:
        await hold(stage.buyer(), hld(1), places(taken))
    postponed = program(stage, keeps_s=50 * DAY_S, version=1)

    for _ in range(2):
        await catalog.Provision(postponed)

    assert await public(stage) == ("public", left)
    assert [stock.capacity for change in await changes(stage) for stock in change.stocks] == [10, left]
    stage.clock.pass_unseen(50 * DAY_S)
    await release(stage)
    assert await public(stage) == OPEN


async def test_releasing_and_holding_at_once_never_sell_a_place_twice(stage: Stage) -> None:
    await open_club(stage)
    stage.clock.pass_unseen(DAY_S)
    buyers = [stage.buyer(f"gst_{n}") for n in range(16)]
    types = (STANDING, HALF)

    wishes = [outcome(hold(buyer, hld(n), places(1, types[n % 2]))) for n, buyer in enumerate(buyers)]
    answers = await asyncio.gather(*wishes[:8], release(stage), *wishes[8:])

    now = await counts(stage)
    assert now["places"] == (10, answers.count("done"), 0)
    assert now["public"][1] + now["half"][1] == now["places"][1]
    assert await rows(stage, "SELECT released FROM event_sale") == [(1,)]
