import asyncio
from collections.abc import AsyncIterator

import pytest

from eventhub import refusals
from eventhub.reporting.v1 import reporting_service_pb2 as pb
from tests.reporting.world import EVENT, FULL, Season, caught_up, open_books, order
from tests.stage import Stage, until

Stream = AsyncIterator[pb.WatchDashboardResponse]


def watch(stage: Stage) -> Stream:
    return stage.member().reporting.WatchDashboard(pb.WatchDashboardRequest(event_id=EVENT)).__aiter__()


async def asleep(stage: Stage) -> None:
    """Waits until the stream sleeps between two looks at its event."""
    await until(
        lambda: any("WatchDashboard" in name for name in stage.clock.asleep())
    )  # the name that gRPC gives the stream's task


async def pass_s(stage: Stage, seconds: float) -> None:
    await asleep(stage)
    stage.clock.advance(seconds)


async def test_a_dashboard_shows_everything_at_once(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.open(places=100)
    season.sell(order(1, FULL))
    season.admit("tic_1")
    await open_books(stage, season)

    now = await anext(watch(stage))

    assert (now.sales.orders_paid, now.sales.revenue.minor) == (1, 8_000)
    assert [(count.name, count.capacity) for count in now.occupancy] == [("places", 100)]
    assert now.admitted == 1


async def test_changes_within_a_second_come_as_one_message(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    stream = watch(stage)
    await anext(stream)
    await asleep(stage)

    for n in (1, 2, 3):
        season.sell(order(n, FULL))
        await caught_up(stage, season)
    stage.clock.advance(1)

    assert (await anext(stream)).sales.orders_paid == 3


async def test_a_dashboard_follows_refunds(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL))
    await open_books(stage, season)
    stream = watch(stage)
    before = await anext(stream)
    await asleep(stage)

    season.give_back(order(1, FULL), "1", minor=8_000)
    await caught_up(stage, season)
    stage.clock.advance(1)
    after = await anext(stream)

    assert (before.sales.refunded.minor, after.sales.refunded.minor, after.sales.net.minor) == (0, 8_000, 0)


async def test_no_message_follows_another_within_a_second(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    stream = watch(stage)
    await anext(stream)
    await asleep(stage)
    season.sell(order(1, FULL))
    await caught_up(stage, season)
    following = asyncio.ensure_future(anext(stream))

    stage.clock.advance(0.9)
    await caught_up(stage, season)
    early = following.done()
    stage.clock.advance(0.1)

    assert (await following).sales.orders_paid == 1
    assert not early


async def test_a_quiet_dashboard_sends_a_heartbeat_every_fifteen_seconds(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    stream = watch(stage)
    await anext(stream)

    await pass_s(stage, 14)
    await asleep(stage)
    following = asyncio.ensure_future(anext(stream))
    await pass_s(stage, 1)

    assert await following == pb.WatchDashboardResponse()


async def test_a_fact_that_changes_no_number_sends_no_message(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    stream = watch(stage)
    await anext(stream)
    await asleep(stage)

    season.relocate("Europe/Lisbon")
    await caught_up(stage, season)
    await pass_s(stage, 1)
    await asleep(stage)
    season.sell(order(1, FULL))
    await caught_up(stage, season)
    await pass_s(stage, 1)

    assert (await anext(stream)).sales.orders_paid == 1


async def test_another_events_sales_send_no_message(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    stream = watch(stage)
    await anext(stream)
    await asleep(stage)

    season.sell(order(1, FULL, event_id="evt_other", organizer_id="org_other"))
    await caught_up(stage, season)
    await pass_s(stage, 15)

    assert await anext(stream) == pb.WatchDashboardResponse()


async def test_a_dashboard_ends_with_its_readers_token(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    stream = watch(stage)
    await anext(stream)

    await pass_s(stage, 601)

    with pytest.raises(refusals.TokenExpired):
        await anext(stream)


async def test_a_dashboard_ends_when_the_server_goes_down(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    stream = watch(stage)
    await anext(stream)

    stage.platform.draining = True
    await pass_s(stage, 1)

    with pytest.raises(refusals.Draining):
        await anext(stream)
