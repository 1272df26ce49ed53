"""catalog and the real inventory: what is published is on sale, whatever was interrupted."""

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusal import Refusal
from eventhub.refusals import HalfPriceLotTooSmall, SeatTaken, SoldOut
from scripts.make_hall import plain_hall, written
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US
from tests.catalog.house import (
    EVENT,
    HOUR_S,
    STARTS_S,
    TYPE,
    House,
    Identity,
    ScriptedInventory,
    an_id,
    changed,
    general,
    half,
    move,
    seated,
    ticket,
)
from tests.stage import Stage, until


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
    assert await available(house) == {TYPE: 3, an_id("tkt", 2): 6}  # 40 % of six, rounded up, are kept


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
    failpoints.arm("catalog.publish.before=raise")
    with pytest.raises(Refusal):
        await house.publish()
    assert (await house.get()).state == nouns.EVENT_STATE_DRAFT
    request = pb.RescheduleEventRequest(
        event_id=EVENT, starts_local="2026-12-24T18:00", duration=Duration(seconds=3600)
    )
    moved = (await house.hub.catalog.RescheduleEvent(request)).event
    event = await house.publish()
    assert (event.state, event.starts_at) == (nouns.EVENT_STATE_PUBLISHED, moved.starts_at)
    assert await available(house) == {TYPE: 3, an_id("tkt", 2): 6}


HALF = an_id("tkt", 2)


async def club(stage: Stage, *types: pb.AddTicketTypeRequest, capacity: int = 10) -> House:
    """An event for so many people, on sale."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=Identity())
    await stage.start()
    house = House(stage, ScriptedInventory(), context.database)
    await house.venue()
    await house.event(general(capacity=capacity))
    for request in types:
        await house.type(request)
    await house.publish()
    return house


async def sell(house: House, kind: str, quantity: int) -> None:
    """Holds places, each for a person of their own, until so many are held or the house refuses."""
    for _ in range(quantity):
        buyer = house.stage.buyer(house.stage.ids.new("gst"))
        item = inventory.HoldItem(ticket_type_id=kind, quantity=1)
        hold_id = house.stage.ids.new("hld")
        await buyer.inventory.Hold(inventory.HoldRequest(hold_id=hold_id, event_id=EVENT, items=[item]))


async def come_to(house: House, starts_s: int, *, hours_before: float) -> None:
    """Lets time pass until so long before the event."""
    house.stage.clock.advance(starts_s - hours_before * HOUR_S - house.stage.clock.now_us() / SECOND_US)


async def test_a_house_keeps_two_fifths_for_half_price_and_can_be_filled(stage: Stage) -> None:
    house = await club(stage, ticket(), half(HALF))
    await sell(house, TYPE, 6)
    assert await available(house) == {TYPE: 0, HALF: 4}
    with pytest.raises(SoldOut):
        await sell(house, TYPE, 1)
    await sell(house, HALF, 4)
    assert await available(house) == {TYPE: 0, HALF: 0}


async def test_half_price_may_exceed_its_reserve(stage: Stage) -> None:
    house = await club(stage, ticket(), half(HALF))
    await sell(house, HALF, 9)
    assert await available(house) == {TYPE: 1, HALF: 1}


async def test_what_nobody_wanted_at_half_price_is_open_to_all_in_the_end(stage: Stage) -> None:
    house = await club(stage, ticket(), half(HALF))
    await come_to(house, STARTS_S, hours_before=48.01)
    assert await available(house) == {TYPE: 6, HALF: 10}
    await come_to(house, STARTS_S, hours_before=48)

    async def released() -> bool:
        house.stage.clock.advance(1)  # a sweeper that is at work just now begins its pause only afterwards
        return await available(house) == {TYPE: 10, HALF: 10}

    await until(released)
    await sell(house, TYPE, 10)
    assert await available(house) == {TYPE: 0, HALF: 0}


async def test_the_reserve_goes_with_an_event_that_moves(stage: Stage) -> None:
    house = await club(stage, ticket(), half(HALF))
    await move(house, "2026-11-27T20:00")  # three and a half days from now

    async def full_price(left: int) -> bool:
        return (await available(house))[TYPE] == left

    stage.clock.advance(36 * HOUR_S)
    await until(lambda: full_price(10))
    house.hub = stage.member()
    await move(house, "2026-12-27T20:00")
    assert await full_price(6)


async def test_a_free_event_keeps_nothing(stage: Stage) -> None:
    free = Money(currency="BRL")
    house = await club(stage, ticket(price=free), half(HALF), capacity=30)
    assert await available(house) == {TYPE: 30, HALF: 30}


async def test_a_half_price_lot_below_the_reserve_strands_nothing(stage: Stage) -> None:
    with pytest.raises(HalfPriceLotTooSmall) as refused:
        await club(stage, ticket(), half(HALF, capacity=10), capacity=100)
    assert (refused.value.reserve, refused.value.offered) == ("40", "10")
