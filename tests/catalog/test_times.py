"""Times that do not exist are refused before anything is written: a change that cannot be completed would stop all
later ones of its event."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import InvalidRequest
from tests.catalog.lots import LAST, NEXT, USUAL, lot, on_sale, set_lots
from tests.catalog.requests import EVENT, an_id, general, ticket
from tests.stage import Stage

YEAR_10000_S = 253_402_300_800
NO_TIMES = [
    Timestamp(seconds=YEAR_10000_S),
    Timestamp(seconds=10**17),
    Timestamp(seconds=-(10**17)),
    Timestamp(seconds=-5),
    Timestamp(seconds=10, nanos=2_000_000_000),
    Timestamp(seconds=10, nanos=-1),
]


async def refused(call: object) -> list[str]:
    """The fields that a call is refused for."""
    with pytest.raises(InvalidRequest) as raised:
        await call  # type: ignore[misc] # any call
    return list(raised.value.fields)


@pytest.mark.parametrize("no_time", NO_TIMES)
async def test_a_lot_ends_at_a_time_that_exists(stage: Stage, no_time: Timestamp) -> None:
    world = await on_sale(stage, *USUAL)
    before = await world.get()
    wrong = lot(NEXT, 5001, 5)
    wrong.ends_at.CopyFrom(no_time)

    assert await refused(set_lots(world, USUAL[0], wrong, USUAL[2])) == ["lots.ends_at"]
    other = ticket(an_id("tkt", 3), name="Camarote", price=None, lots=[wrong, lot(LAST, 9000)])
    assert await refused(world.type(other)) == ["lots.ends_at"]

    assert await world.get() == before
    assert (await set_lots(world, *USUAL[:2], lot(LAST, 7000))).version == before.version + 1


@pytest.mark.parametrize("no_time", NO_TIMES)
@pytest.mark.parametrize("name", ["sales_start_at", "sales_end_at"])
async def test_sales_begin_and_end_at_times_that_exist(stage: Stage, name: str, no_time: Timestamp) -> None:
    world = await on_sale(stage, *USUAL)
    before = await world.get()
    details = nouns.EventDetails()
    getattr(details, name).CopyFrom(no_time)

    for path in ("details", f"details.{name}"):
        request = pb.UpdateEventRequest(event_id=EVENT, update_mask=FieldMask(paths=[path]), details=details)
        assert await refused(world.hub.catalog.UpdateEvent(request)) == [f"details.{name}"]
    another = general(event_id=an_id("evt", 9), details=details)
    assert await refused(world.event(another)) == [f"details.{name}"]

    assert await world.get() == before
    assert (await set_lots(world, *USUAL[:2], lot(LAST, 7000))).version == before.version + 1


@pytest.mark.parametrize("no_time", NO_TIMES)
@pytest.mark.parametrize("name", ["from_at", "until_at"])
async def test_events_are_searched_in_a_period_that_exists(stage: Stage, name: str, no_time: Timestamp) -> None:
    await on_sale(stage, *USUAL)
    request = pb.SearchEventsRequest()
    getattr(request, name).CopyFrom(no_time)

    assert await refused(stage.anyone().catalog.SearchEvents(request)) == [name]
