"""The prices of a ticket type over time."""

import asyncio

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import TooManyRequests
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.catalog.ticket_types.prices import KNOWN_FOR_US, PRICE_NOTICE_US, PRICES_MAX
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US, from_timestamp
from tests.catalog.requests import EVENT, TYPE, an_id, brl, half, ticket
from tests.catalog.test_type_changes import change, found
from tests.catalog.world import World, open_world
from tests.fakes.clock import START_US
from tests.stage import Stage, outcome, until

HALF = an_id("tkt", 2)


def prices(event: nouns.Event, type_id: str = TYPE) -> list[tuple[int, int]]:
    """The prices of a type: seconds from the beginning of the test, and minor units. The first price has no time."""
    found_prices = found(event, type_id).prices
    return [
        ((from_timestamp(each.from_at) - START_US) // SECOND_US if each.HasField("from_at") else -1, each.price.minor)
        for each in found_prices
    ]


async def with_half(stage: Stage) -> World:
    world = await open_world(stage)
    await world.draft()
    await world.type(half(HALF, name="Meia"))
    await world.publish()
    return world


async def test_a_new_price_is_in_force_when_no_copy_is_older(stage: Stage) -> None:
    world = await with_half(stage)
    assert prices(await world.get()) == []
    notice_s = PRICE_NOTICE_US // SECOND_US
    assert notice_s > 5, "pricing keeps events for five seconds"
    stage.clock.advance(10)
    event = await change(world, price=brl(8001))
    assert prices(event) == [(-1, 5001), (10 + notice_s, 8001)]
    assert prices(event, HALF) == [(-1, 2500), (10 + notice_s, 4000)]
    assert (found(event).price.minor, found(event, HALF).price.minor) == (8001, 4000)
    assert await change(world, price=brl(8001)) == event == await world.get()
    stage.clock.advance(2)
    event = await change(world, price=brl(8000))
    assert prices(event) == [(-1, 5001), (10 + notice_s, 8001), (12 + notice_s, 8000)]
    assert prices(event, HALF) == [(-1, 2500), (10 + notice_s, 4000)], "its half is the same"
    event = await world.type(half(an_id("tkt", 3), name="Estudante"))
    assert prices(event, an_id("tkt", 3)) == [(-1, 2500), (10 + notice_s, 4000), (12 + notice_s, 4000)]


async def test_a_draft_has_one_price(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    await world.type(half(HALF))
    event = await change(world, price=brl(100))
    assert (prices(event), prices(event, HALF)) == ([], [])
    assert found(event, HALF).price.minor == 50
    assert prices(await world.publish()) == []


async def test_prices_that_holds_may_have_are_kept(stage: Stage) -> None:
    world = await world_with_prices(stage)
    before = await world.get()
    assert len(prices(before)) == PRICES_MAX
    with pytest.raises(TooManyRequests):
        await change(world, price=brl(9999))
    assert await outcome(change(world, description="As before")) == "done"
    stage.clock.advance((KNOWN_FOR_US + PRICE_NOTICE_US) / SECOND_US)
    world.hub = stage.member()
    event = await change(world, price=brl(9999))
    assert prices(event)[:-1] == prices(before)[1:]
    assert found(event).price.minor == 9999


async def world_with_prices(stage: Stage) -> World:
    world = await with_half(stage)
    for n in range(1, PRICES_MAX):
        await change(world, price=brl(6000 + 2 * n))
    return world


async def test_prices_of_one_moment_follow_each_other(stage: Stage) -> None:
    world = await with_half(stage)
    await asyncio.gather(*(change(world, price=brl(100 + 2 * n)) for n in range(16)))
    event = await world.get()
    times = [from_timestamp(each.from_at) for each in found(event).prices]
    assert len(times) == 17
    assert times == sorted(set(times))
    assert found(event).price == found(event).prices[-1].price


async def test_the_price_of_a_change_that_waited_begins_after_it_is_saved(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    await change(world, price=brl(0))
    await world.type(half(HALF))
    await world.publish()
    failpoints.arm("catalog.finish_change.before=raise")
    assert await outcome(change(world, price=brl(5000))) == "INTERNAL"
    failpoints.arm("")

    async def saved() -> bool:
        stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
        world.hub = stage.member()
        return found(await world.get()).price.minor == 5000

    await until(saved)
    _, (from_s, minor) = prices(await world.get())
    assert from_s >= (COMPLETE_AFTER_US + PRICE_NOTICE_US) // SECOND_US
    assert minor == 5000


async def test_a_first_price_brings_the_reserve(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    await change(world, price=brl(0))
    await world.type(half(HALF, capacity=39))
    await world.publish()
    assert await outcome(change(world, price=brl(5000))) == "HALF_PRICE_LOT_TOO_SMALL"
    await change(world, HALF, capacity=40)
    await change(world, price=brl(5000))
    pools = {pool.name: pool.capacity for pool in world.inventory.of(inventory.ProvisionRequest)[-1].pools}
    assert pools == {HALF: 40, "half": 100, "public": 60, "places": 100}
    assert (await world.type(ticket(an_id("tkt", 3), event_id=EVENT))).ticket_types[2].price.minor == 5001
