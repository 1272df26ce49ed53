"""The sales of an event end after they begin, also once it is moved, copied or repeated."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import InvalidRequest
from services.kit.db.database import Tx
from tests.catalog.requests import EVENT, HOUR_S, STARTS_S, an_id, general, ticket
from tests.catalog.world import World, open_world
from tests.stage import Stage

BEGIN = Timestamp(seconds=STARTS_S - 72 * HOUR_S)
BEFORE_SALES = "2026-12-20T20:00"


async def refused(call: object) -> list[str]:
    """The fields that a call is refused for."""
    with pytest.raises(InvalidRequest) as raised:
        await call  # type: ignore[misc] # any call
    return list(raised.value.fields)


async def with_start(stage: Stage) -> World:
    """A draft whose sales begin three days before it."""
    world = await open_world(stage)
    await world.venue()
    await world.event(general(details=nouns.EventDetails(sales_start_at=BEGIN)))
    await world.type(ticket())
    return world


async def test_an_event_is_not_moved_before_its_sales(stage: Stage) -> None:
    world = await with_start(stage)
    draft = await world.get()
    assert await refused(world.move(BEFORE_SALES)) == ["details.sales_end_at"]
    assert await world.get() == draft
    published = await world.publish()
    assert await refused(world.move(BEFORE_SALES)) == ["details.sales_end_at"]
    assert await world.get() == published
    assert not await world.changes()


async def test_an_event_without_a_time_of_sale_is_neither_published_nor_copied(stage: Stage) -> None:
    """An earlier version has let such events come about."""
    world = await with_start(stage)

    async def spoil(tx: Tx) -> None:
        await tx.run("UPDATE event SET starts_us = $1", (STARTS_S - 96 * HOUR_S) * 1_000_000)

    await world.database.write(spoil)
    series = pb.CreateSeriesRequest(series_id=an_id("ser"), from_event_id=EVENT, rule="FREQ=DAILY;COUNT=2")

    assert await refused(world.publish()) == ["details.sales_end_at"]
    assert await refused(world.copy(an_id("evt", 2))) == ["details.sales_end_at"]
    assert await refused(world.hub.catalog.CreateSeries(series)) == ["details.sales_end_at"]
    assert await world.listed() == [EVENT]
