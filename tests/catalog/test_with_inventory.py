"""catalog and the real inventory: what is published is on sale, whatever was interrupted."""

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusal import Refusal
from scripts.make_hall import plain_hall, written
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from services.kit import failpoint
from tests.catalog.house import EVENT, TYPE, House, ScriptedInventory, an_id, half, seated, ticket
from tests.stage import Stage


async def ready(stage: Stage) -> House:
    """A draft of an event on six seats."""
    await stage.add(build)
    context = await stage.add(catalog)
    await stage.start()
    house = House(stage, ScriptedInventory(), context.database)
    await house.venue()
    await house.plan(written(plain_hall(2, 3)))
    await house.event(seated())
    await house.type(ticket())
    await house.type(half(an_id("tkt", 2)))
    return house


async def available(house: House) -> dict[str, int]:
    request = inventory.GetAvailabilityRequest(event_id=EVENT)
    answer = await house.stage.anyone().inventory.GetAvailability(request)
    return {kind.ticket_type_id: kind.available for kind in answer.types}


async def test_what_is_published_is_on_sale(stage: Stage) -> None:
    house = await ready(stage)
    await house.publish()
    assert await available(house) == {TYPE: 3, an_id("tkt", 2): 3}  # 40 % of six, rounded up


async def test_a_publication_cut_off_after_sales_opened_is_finished(stage: Stage) -> None:
    house = await ready(stage)
    failpoint.arm("catalog.publish.before=raise")
    with pytest.raises(Refusal):
        await house.publish()
    assert (await house.get()).state == nouns.EVENT_STATE_DRAFT
    request = pb.RescheduleEventRequest(
        event_id=EVENT, starts_local="2026-12-24T18:00", duration=Duration(seconds=3600)
    )
    moved = (await house.hub.catalog.RescheduleEvent(request)).event
    event = await house.publish()
    assert (event.state, event.starts_at) == (nouns.EVENT_STATE_PUBLISHED, moved.starts_at)
    assert await available(house) == {TYPE: 3, an_id("tkt", 2): 3}
