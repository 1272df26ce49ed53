"""Events are moved, and their moves announced."""

import asyncio

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import (
    CapacityBelowSold,
    EventInPast,
    EventNotFound,
    EventState,
    Internal,
    InvalidRequest,
    TimeZoneUnknown,
    Unavailable,
)
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.kit.db import Row
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US
from tests.catalog.requests import HOUR_S, LATER, STARTS, STARTS_S, an_id, general
from tests.catalog.world import World, open_world
from tests.stage import Stage, until

Times = tuple[Timestamp, Timestamp, Timestamp]


def times(event: nouns.Event) -> Times:
    """The times of an event as inventory gets them: when sales end, at the counter too, and when its reserve does."""
    return event.starts_at, event.ends_at, Timestamp(seconds=event.starts_at.seconds - 48 * HOUR_S)


def sent(world: World) -> list[Times]:
    """The times that inventory was sent, in order."""
    found = world.inventory.of(inventory.ProvisionRequest)
    return [(request.sales_end_at, request.counter_sales_end_at, request.reserve_until) for request in found]


async def test_a_published_event_is_moved_sales_first(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    event = await world.move()
    assert (event.starts_local, event.version) == (LATER, before.version + 1)
    assert event.starts_at.seconds == STARTS_S + 25 * HOUR_S + HOUR_S // 2
    assert event.ends_at.seconds - event.starts_at.seconds == 2 * HOUR_S
    assert await world.get() == event
    assert sent(world) == [times(before), times(event)]
    _, fact = await world.facts(2)
    told = EventChanged.FromString(fact.payload)
    assert told.event == event
    assert {change.field: (change.old_value, change.new_value) for change in told.changes} == {
        "starts_local": (STARTS, LATER),
        "starts_at": ("2026-12-24T23:00:00Z", "2026-12-26T00:30:00Z"),
        "ends_at": ("2026-12-25T01:00:00Z", "2026-12-26T02:30:00Z"),
    }


async def test_a_repeat_is_no_second_move(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    events = await asyncio.gather(*(world.move(hours=3) for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert await world.move(hours=3) == await world.move() == events[0]
    assert events[0].ends_at.seconds - events[0].starts_at.seconds == 3 * HOUR_S
    await world.facts(2)


async def test_nothing_moves_before_inventory_knows(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    world.inventory.refuses["Provision"] = Unavailable()
    with pytest.raises(Unavailable):
        await world.move()
    assert await world.get() == before
    world.inventory.refuses.clear()
    assert (await world.move()).starts_local == LATER
    await world.facts(2)


async def test_a_move_that_inventory_refuses_changes_nothing(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    world.inventory.refuses["Provision"] = CapacityBelowSold(name="places", taken=101, wanted=100)
    for _ in range(2):
        with pytest.raises(CapacityBelowSold):
            await world.move()
    assert await world.get() == before
    assert not await waiting(world)
    world.inventory.refuses.clear()
    assert (await world.move("2026-12-26T20:00")).version == before.version + 1


async def waiting(world: World) -> list[Row]:
    """The changes that are not completed."""
    return await world.database.read(lambda tx: tx.all("SELECT number, due_us FROM event_change"))


STEPS = ["begin_change.after", "finish_change.before", "finish_change.after"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("away", [False, True])
async def test_a_move_whose_call_died_is_completed_by_the_worker(stage: Stage, step: str, away: bool) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    failpoints.arm(f"catalog.{step}=raise")
    with pytest.raises(Internal):
        await world.move()
    failpoints.arm("")

    async def put_off() -> bool:
        stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
        return await waiting(world) != first

    async def completed() -> bool:
        stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
        return not await waiting(world)

    first = await waiting(world)
    if away and first:
        world.inventory.refuses["Provision"] = Unavailable()
        await until(put_off)
        assert await world.get() == before
        world.inventory.refuses.clear()
    await until(completed)

    world.hub = stage.member()
    event = await world.get()
    assert (event.starts_local, event.version) == (LATER, before.version + 1)
    assert sent(world)[-1] == times(event)
    assert await world.move() == event
    await world.facts(2)


@pytest.mark.parametrize("step", STEPS)
async def test_the_next_change_completes_a_move_whose_call_died(stage: Stage, step: str) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    failpoints.arm(f"catalog.{step}=raise")
    with pytest.raises(Internal):
        await world.move()
    failpoints.arm("")

    event = await world.move(hours=3)

    assert (event.starts_local, event.version) == (LATER, before.version + 2)
    assert sent(world)[-1] == times(event)
    assert not await waiting(world)
    first, second = (EventChanged.FromString(fact.payload) for fact in (await world.facts(3))[1:])
    assert [change.field for change in first.changes] == ["starts_local", "starts_at", "ends_at"]
    assert [change.field for change in second.changes] == ["ends_at"]


async def test_a_move_whose_call_died_is_dropped_if_inventory_refuses_it(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    failpoints.arm("catalog.begin_change.after=raise")
    with pytest.raises(Internal):
        await world.move()
    failpoints.arm("")
    world.inventory.refuses["Provision"] = CapacityBelowSold(name="places", taken=101, wanted=100)

    async def dropped() -> bool:
        stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
        return not await waiting(world)

    await until(dropped)
    world.hub = stage.member()
    assert await world.get() == before
    await world.facts(1)


async def test_a_draft_is_moved_in_silence(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    assert (await world.move()).starts_local == LATER
    assert world.inventory.requests == []
    await world.publish()
    await world.facts(1)


async def test_a_move_to_the_past_or_of_a_past_event_is_refused(stage: Stage) -> None:
    world = await open_world(stage)
    with pytest.raises(EventNotFound):
        await world.move()
    await world.on_sale()
    with pytest.raises(EventInPast):
        await world.move("2026-11-24T09:00")
    with pytest.raises(InvalidRequest):
        await world.move("2026-11-31T09:00")
    await world.event(general(an_id("evt", 2), time_zone="America/New_York"))
    with pytest.raises(TimeZoneUnknown):
        await world.move("2027-03-14T02:30", event_id=an_id("evt", 2))
    stage.clock.advance(STARTS_S + 2 * HOUR_S - stage.clock.now_us() // 1_000_000)
    world.hub = stage.member("org_other")
    with pytest.raises(EventNotFound):
        await world.move("2027-01-01T20:00")
    world.hub = stage.member()
    with pytest.raises(EventState) as refused:
        await world.move("2027-01-01T20:00")
    assert refused.value.state == "OVER"
    assert (await world.move(STARTS)).starts_local == STARTS  # the same time: no move
