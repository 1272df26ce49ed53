"""Events are moved, and tell so."""

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
from tests.catalog.house import (
    EVENT,
    HOUR_S,
    LATER,
    STARTS,
    STARTS_S,
    an_id,
    facts,
    general,
    move,
    opened,
    taken,
)
from tests.stage import Stage, until


def times(event: nouns.Event) -> inventory.SetSalesEndRequest:
    """What inventory is told of when an event is: its sales and its reserve go with it."""
    until = Timestamp(seconds=event.starts_at.seconds - 48 * HOUR_S)
    return inventory.SetSalesEndRequest(
        event_id=EVENT, sales_end_at=event.starts_at, counter_sales_end_at=event.ends_at, reserve_until=until
    )


async def test_a_published_event_is_moved_sales_first(stage: Stage) -> None:
    house = await opened(stage)
    before = await house.on_sale()
    event = await move(house)
    assert (event.starts_local, event.version) == (LATER, before.version + 1)
    assert event.starts_at.seconds == STARTS_S + 25 * HOUR_S + HOUR_S // 2
    assert event.ends_at.seconds - event.starts_at.seconds == 2 * HOUR_S
    assert await house.get() == event
    (ending,) = taken(house, inventory.SetSalesEndRequest)
    assert ending == times(event)
    _, fact = await facts(stage, 2)
    told = EventRescheduled.FromString(fact.payload)
    assert told.event == event
    assert (told.previous_starts_local, told.previous_time_zone) == (STARTS, "America/Sao_Paulo")


async def test_a_repeat_is_no_second_move(stage: Stage) -> None:
    house = await opened(stage)
    await house.on_sale()
    events = await asyncio.gather(*(move(house, hours=3) for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert await move(house, hours=3) == await move(house) == events[0]
    assert events[0].ends_at.seconds - events[0].starts_at.seconds == 3 * HOUR_S
    await facts(stage, 2)


async def test_nothing_moves_while_sales_cannot_be_moved(stage: Stage) -> None:
    house = await opened(stage)
    before = await house.on_sale()
    house.stock.refusals[inventory.SetSalesEndRequest] = Unavailable()
    with pytest.raises(Unavailable):
        await move(house)
    assert await house.get() == before
    house.stock.refusals.clear()
    assert (await move(house)).starts_local == LATER


@pytest.mark.parametrize("away", [False, True])
async def test_a_move_that_was_cut_off_is_taken_back_in_inventory(stage: Stage, away: bool) -> None:
    house = await opened(stage)
    before = await house.on_sale()
    failpoints.arm("catalog.reschedule.before=raise")
    with pytest.raises(Internal):
        await move(house)
    assert await house.get() == before
    assert taken(house, inventory.SetSalesEndRequest)
    house.stock.requests.clear()

    async def told() -> bool:
        stage.clock.advance(RESEND_AFTER_US / SECOND_US)
        return bool(taken(house, inventory.SetSalesEndRequest))

    async def put_off() -> bool:
        stage.clock.advance(1)
        rows = await house.database.read(lambda tx: tx.all("SELECT due_us FROM event_resend"))
        return bool(rows != first)

    if away:
        first = await house.database.read(lambda tx: tx.all("SELECT due_us FROM event_resend"))
        house.stock.refusals[inventory.SetSalesEndRequest] = Unavailable()
        await until(put_off)
        house.stock.refusals.clear()
        house.stock.requests.clear()
    await until(told)

    assert set(map(str, taken(house, inventory.SetSalesEndRequest))) == {str(times(before))}

    async def settled() -> bool:
        return not await house.database.read(lambda tx: tx.all("SELECT 1 FROM event_resend"))

    await until(settled)


async def test_a_draft_is_moved_in_silence(stage: Stage) -> None:
    house = await opened(stage)
    await house.draft()
    assert (await move(house)).starts_local == LATER
    assert house.stock.requests == []
    await house.publish()
    await facts(stage, 1)


async def test_what_cannot_be_moved(stage: Stage) -> None:
    house = await opened(stage)
    with pytest.raises(EventNotFound):
        await move(house)
    await house.on_sale()
    with pytest.raises(EventInPast):
        await move(house, "2026-11-24T09:00")
    with pytest.raises(InvalidRequest):
        await move(house, "2026-11-31T09:00")
    await house.event(general(an_id("evt", 2), time_zone="America/New_York"))
    with pytest.raises(TimeZoneUnknown):
        await move(house, "2027-03-14T02:30", event_id=an_id("evt", 2))
    stage.clock.advance(STARTS_S + 2 * HOUR_S - stage.clock.now_us() // 1_000_000)
    house.hub = stage.member("org_other")
    with pytest.raises(EventNotFound):
        await move(house, "2027-01-01T20:00")
    house.hub = stage.member()
    with pytest.raises(EventState) as refused:
        await move(house, "2027-01-01T20:00")
    assert refused.value.state == "OVER"
    assert (await move(house, STARTS)).starts_local == STARTS  # where it was: no move
