"""Events are moved, and their moves announced."""

import asyncio

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1.catalog_events_pb2 import EventRescheduled
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import (
    EventInPast,
    EventNotFound,
    EventState,
    Internal,
    InvalidRequest,
    TimeZoneUnknown,
    Unavailable,
)
from services.catalog.publishing import RESEND_AFTER_US
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US
from tests.catalog.requests import EVENT, HOUR_S, LATER, STARTS, STARTS_S, an_id, general
from tests.catalog.world import open_world
from tests.stage import Stage, until


def times(event: nouns.Event) -> inventory.SetSalesEndRequest:
    """The times of an event as inventory gets them."""
    until = Timestamp(seconds=event.starts_at.seconds - 48 * HOUR_S)
    return inventory.SetSalesEndRequest(
        event_id=EVENT, sales_end_at=event.starts_at, counter_sales_end_at=event.ends_at, reserve_until=until
    )


async def test_a_published_event_is_moved_sales_first(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    event = await world.move()
    assert (event.starts_local, event.version) == (LATER, before.version + 1)
    assert event.starts_at.seconds == STARTS_S + 25 * HOUR_S + HOUR_S // 2
    assert event.ends_at.seconds - event.starts_at.seconds == 2 * HOUR_S
    assert await world.get() == event
    (ending,) = world.inventory.of(inventory.SetSalesEndRequest)
    assert ending == times(event)
    _, fact = await world.facts(2)
    told = EventRescheduled.FromString(fact.payload)
    assert told.event == event
    assert (told.previous_starts_local, told.previous_time_zone) == (STARTS, "America/Sao_Paulo")


async def test_a_repeat_is_no_second_move(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    events = await asyncio.gather(*(world.move(hours=3) for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert await world.move(hours=3) == await world.move() == events[0]
    assert events[0].ends_at.seconds - events[0].starts_at.seconds == 3 * HOUR_S
    await world.facts(2)


async def test_nothing_moves_while_sales_cannot_be_moved(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    world.inventory.refuses["SetSalesEnd"] = Unavailable()
    with pytest.raises(Unavailable):
        await world.move()
    assert await world.get() == before
    world.inventory.refuses.clear()
    assert (await world.move()).starts_local == LATER


@pytest.mark.parametrize("away", [False, True])
async def test_a_move_that_was_cut_off_is_taken_back_in_inventory(stage: Stage, away: bool) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    failpoints.arm("catalog.reschedule.before=raise")
    with pytest.raises(Internal):
        await world.move()
    assert await world.get() == before
    assert world.inventory.of(inventory.SetSalesEndRequest)
    world.inventory.requests.clear()

    async def told() -> bool:
        stage.clock.advance(RESEND_AFTER_US / SECOND_US)
        return bool(world.inventory.of(inventory.SetSalesEndRequest))

    async def put_off() -> bool:
        stage.clock.advance(1)
        rows = await world.database.read(lambda tx: tx.all("SELECT due_us FROM event_resend"))
        return bool(rows != first)

    if away:
        first = await world.database.read(lambda tx: tx.all("SELECT due_us FROM event_resend"))
        world.inventory.refuses["SetSalesEnd"] = Unavailable()
        await until(put_off)
        world.inventory.refuses.clear()
        world.inventory.requests.clear()
    await until(told)

    assert set(map(str, world.inventory.of(inventory.SetSalesEndRequest))) == {str(times(before))}

    async def settled() -> bool:
        return not await world.database.read(lambda tx: tx.all("SELECT 1 FROM event_resend"))

    await until(settled)


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
