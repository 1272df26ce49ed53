"""catalog with the real inventory: a published event is on sale, also after interruptions."""

import gzip

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_pb2 import ORPHAN_RULE_REFUSE
from eventhub.refusal import Refusal
from eventhub.refusals import HalfPriceLotTooSmall, InvalidRequest, OrphanSeat, SeatTaken, SoldOut
from scripts.make_hall import plain_hall, written
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US
from tests.catalog.requests import EVENT, HOUR_S, SEATING, STARTS_S, TYPE, an_id, changed, general, half, seated, ticket
from tests.catalog.world import World
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.stage import Stage, until


async def ready(stage: Stage, **labels: str) -> World:
    """A draft of an event with six seats. labels: their names for people."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    world = World(stage, FakeInventory(), context.database)
    await world.venue()
    hall = plain_hall(2, 3)
    for row in hall["zones"][0]["rows"]:
        row.update(labels)
    await world.plan(written(hall))
    await world.event(seated())
    await world.type(ticket())
    await world.type(half(an_id("tkt", 2)))
    return world


async def available(world: World) -> dict[str, int]:
    request = inventory.GetAvailabilityRequest(event_id=EVENT)
    answer = await world.stage.anyone().inventory.GetAvailability(request)
    return {each.ticket_type_id: each.available for each in answer.types}


async def test_a_published_event_is_on_sale(stage: Stage) -> None:
    world = await ready(stage)
    await world.publish()
    assert await available(world) == {TYPE: 3, an_id("tkt", 2): 6}  # the reserve is 40 % of six, rounded up


async def test_a_seat_has_the_name_that_its_plan_gives_in_all_answers(stage: Stage) -> None:
    world = await ready(stage, row_label="Mesa %s", seat_label="Cadeira %s")
    await world.publish()
    client = stage.buyer().inventory
    item = inventory.HoldItem(ticket_type_id=TYPE, seat_ids=["1-1"])
    request = inventory.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[item])

    hold = (await client.Hold(request)).hold
    with pytest.raises(SeatTaken) as refused:
        await client.Hold(changed(request, {"hold_id": an_id("hld", 2)}))

    assert [place.seat_label for place in hold.places] == ["Pista, Mesa 1, Cadeira 1"]
    assert refused.value.for_people == "O lugar Pista, Mesa 1, Cadeira 1 não está mais disponível. Escolha outro."


async def test_the_states_of_seats_are_in_the_order_of_the_layout(stage: Stage) -> None:
    world = await ready(stage)
    await world.publish()
    client = stage.buyer()
    item = inventory.HoldItem(ticket_type_id=TYPE, seat_ids=["1-3", "2-2"])
    await client.inventory.Hold(inventory.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[item]))

    answers = client.catalog.GetSeatMap(pb.GetSeatMapRequest(plan_id=SEATING))
    layout = nouns.SeatMap.FromString(gzip.decompress(b"".join([answer.chunk async for answer in answers])))
    first = await anext(aiter(client.inventory.WatchSeats(inventory.WatchSeatsRequest(event_id=EVENT))))

    assert (first.seats.plan_id, first.seats.seat_count) == (layout.plan_id, 6)
    assert [seat_id for row in layout.rows for seat_id in row.seat_ids] == ["1-1", "1-2", "1-3", "2-1", "2-2", "2-3"]
    assert first.seats.states == bytes([0x11, 0x12, 0x12])


async def test_a_buyer_of_an_event_with_a_rule_leaves_no_seat_alone(stage: Stage) -> None:
    world = await ready(stage)
    other, type_id = an_id("evt", 2), an_id("tkt", 3)
    await world.event(seated(other, orphan_rule=ORPHAN_RULE_REFUSE))
    await world.type(ticket(type_id, other))
    event = await world.publish(other)
    item = inventory.HoldItem(ticket_type_id=type_id, seat_ids=["1-2"])

    with pytest.raises(OrphanSeat):
        await stage.buyer().inventory.Hold(inventory.HoldRequest(hold_id=an_id("hld"), event_id=other, items=[item]))

    assert event.orphan_rule == ORPHAN_RULE_REFUSE
    with pytest.raises(InvalidRequest) as refused:
        await world.event(general(an_id("evt", 3), orphan_rule=ORPHAN_RULE_REFUSE))
    assert list(refused.value.fields) == ["orphan_rule"]


async def test_a_publication_cut_off_after_sales_opened_is_finished(stage: Stage) -> None:
    world = await ready(stage)
    failpoints.arm("catalog.publish.before=raise")
    with pytest.raises(Refusal):
        await world.publish()
    assert (await world.get()).state == nouns.EVENT_STATE_DRAFT
    request = pb.RescheduleEventRequest(
        event_id=EVENT, starts_local="2026-12-24T18:00", duration=Duration(seconds=3600)
    )
    moved = (await world.hub.catalog.RescheduleEvent(request)).event
    event = await world.publish()
    assert (event.state, event.starts_at) == (nouns.EVENT_STATE_PUBLISHED, moved.starts_at)
    assert await available(world) == {TYPE: 3, an_id("tkt", 2): 6}


HALF = an_id("tkt", 2)


async def club(stage: Stage, *types: pb.AddTicketTypeRequest, capacity: int = 10) -> World:
    """Publishes an event of a given capacity."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    world = World(stage, FakeInventory(), context.database)
    await world.venue()
    await world.event(general(capacity=capacity))
    for request in types:
        await world.type(request)
    await world.publish()
    return world


async def sell(world: World, ticket_type_id: str, quantity: int) -> None:
    """Holds places, each for a person of their own, until so many are held or the world refuses."""
    for _ in range(quantity):
        buyer = world.stage.buyer(world.stage.ids.new("gst"))
        item = inventory.HoldItem(ticket_type_id=ticket_type_id, quantity=1)
        hold_id = world.stage.ids.new("hld")
        await buyer.inventory.Hold(inventory.HoldRequest(hold_id=hold_id, event_id=EVENT, items=[item]))


async def come_to(world: World, starts_s: int, *, hours_before: float) -> None:
    """Advances the clock to a given time before the event."""
    world.stage.clock.advance(starts_s - hours_before * HOUR_S - world.stage.clock.now_us() / SECOND_US)


async def test_a_house_keeps_two_fifths_for_half_price_and_can_be_filled(stage: Stage) -> None:
    world = await club(stage, ticket(), half(HALF))
    await sell(world, TYPE, 6)
    assert await available(world) == {TYPE: 0, HALF: 4}
    with pytest.raises(SoldOut):
        await sell(world, TYPE, 1)
    await sell(world, HALF, 4)
    assert await available(world) == {TYPE: 0, HALF: 0}


async def test_half_price_may_exceed_its_reserve(stage: Stage) -> None:
    world = await club(stage, ticket(), half(HALF))
    await sell(world, HALF, 9)
    assert await available(world) == {TYPE: 1, HALF: 1}


async def test_the_unsold_reserve_is_open_to_all_in_the_end(stage: Stage) -> None:
    world = await club(stage, ticket(), half(HALF))
    await come_to(world, STARTS_S, hours_before=48.01)
    assert await available(world) == {TYPE: 6, HALF: 10}
    await come_to(world, STARTS_S, hours_before=48)

    async def released() -> bool:
        world.stage.clock.advance(1)  # a sweeper at work starts its pause only afterwards
        return await available(world) == {TYPE: 10, HALF: 10}

    await until(released)
    await sell(world, TYPE, 10)
    assert await available(world) == {TYPE: 0, HALF: 0}


async def test_the_reserve_goes_with_an_event_that_moves(stage: Stage) -> None:
    world = await club(stage, ticket(), half(HALF))
    await world.move("2026-11-27T20:00")  # three and a half days from now

    async def full_price(left: int) -> bool:
        return (await available(world))[TYPE] == left

    stage.clock.advance(36 * HOUR_S)
    await until(lambda: full_price(10))
    world.hub = stage.member()
    await world.move("2026-12-27T20:00")
    assert await full_price(6)


async def test_a_free_event_keeps_nothing(stage: Stage) -> None:
    free = Money(currency="BRL")
    world = await club(stage, ticket(price=free), half(HALF), capacity=30)
    assert await available(world) == {TYPE: 30, HALF: 30}


async def test_a_half_price_lot_below_the_reserve_strands_nothing(stage: Stage) -> None:
    with pytest.raises(HalfPriceLotTooSmall) as refused:
        await club(stage, ticket(), half(HALF, capacity=10), capacity=100)
    assert (refused.value.reserve, refused.value.offered) == ("40", "10")
