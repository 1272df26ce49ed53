"""catalog and the real inventory: what is published is on sale, whatever was interrupted."""

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusal import Refusal
from eventhub.refusals import SeatTaken
from scripts.make_hall import plain_hall, written
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from services.kit import failpoint
from tests.catalog.house import EVENT, TYPE, House, Identity, ScriptedInventory, an_id, changed, half, seated, ticket
from tests.stage import Stage


async def ready(stage: Stage, **labels: str) -> House:
    """A draft of an event on six seats. labels: what people call them."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=Identity())
    await stage.start()
    house = House(stage, ScriptedInventory(), context.database)
    await house.venue()
    hall = plain_hall(2, 3)
    for row in hall["zones"][0]["rows"]:
        row.update(labels)
    await house.plan(written(hall))
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


async def test_a_seat_is_called_what_its_plan_says_wherever_it_is_shown(stage: Stage) -> None:
    house = await ready(stage, row_label="Mesa %s", seat_label="Cadeira %s")
    await house.publish()
    client = stage.buyer().inventory
    item = inventory.HoldItem(ticket_type_id=TYPE, seat_ids=["1-1"])
    request = inventory.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[item])

    hold = (await client.Hold(request)).hold
    with pytest.raises(SeatTaken) as refused:
        await client.Hold(changed(request, {"hold_id": an_id("hld", 2)}))

    assert [place.seat_label for place in hold.places] == ["Pista, Mesa 1, Cadeira 1"]
    assert refused.value.for_people == "O lugar Pista, Mesa 1, Cadeira 1 não está mais disponível. Escolha outro."


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
