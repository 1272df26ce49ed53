"""Areas: places without numbers, beside numbered seats or by themselves."""

import asyncio
from typing import Any

import pytest
from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import InvalidRequest, SeatNotAllowed, SoldOut, TicketTypeTooLarge
from scripts.make_hall import plain_hall, written
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from tests.catalog.requests import EVENT, TYPE, URL, VIP, ZONE, an_id, general, half, online, seated, ticket
from tests.catalog.world import World, open_world
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.stage import Stage, outcome

FLOOR, BOX = (
    nouns.Area(area_id="floor", name="Pista", capacity=10),
    nouns.Area(area_id="box", name="Camarote", capacity=4),
)
SEAT, STAND, STAND_HALF, BOXED = (an_id("tkt", n) for n in range(1, 5))


async def open_hall(stage: Stage) -> World:
    """catalog and inventory, with a hall of six seats."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    world = World(stage, FakeInventory(), context.database)
    await world.venue()
    await world.plan(written(plain_hall(2, 3)))
    return world


async def concert(stage: Stage) -> World:
    """A concert on sale: six seats, a floor for ten people, and a box for four."""
    world = await open_hall(stage)
    await world.event(seated(areas=[FLOOR, BOX]))
    await world.type(ticket(SEAT))
    await world.type(ticket(STAND, area_id="floor"))
    await world.type(half(STAND_HALF, STAND))
    await world.type(ticket(BOXED, area_id="box", kind=VIP, capacity=3))
    await world.publish()
    return world


async def available(world: World) -> dict[str, int]:
    answer = await world.stage.anyone().inventory.GetAvailability(inventory.GetAvailabilityRequest(event_id=EVENT))
    return {each.ticket_type_id: each.available for each in answer.types}


async def hold(
    world: World, *items: inventory.HoldItem, buyer: str = "gst_ana", n: int = 1
) -> list[tuple[str, str, str]]:
    """Holds. Returns the type, the seat and the area of each place."""
    request = inventory.HoldRequest(hold_id=an_id("hld", n), event_id=EVENT, items=items)
    answer = await world.stage.buyer(buyer).inventory.Hold(request)
    return [(place.ticket_type_id, place.seat_label, place.area_name) for place in answer.hold.places]


def standing(quantity: int, ticket_type_id: str = STAND) -> inventory.HoldItem:
    return inventory.HoldItem(ticket_type_id=ticket_type_id, quantity=quantity)


async def test_an_event_has_numbered_seats_and_areas(stage: Stage) -> None:
    world = await concert(stage)

    event = await world.get()
    held = await hold(world, inventory.HoldItem(ticket_type_id=SEAT, seat_ids=["1-1"]), standing(2), standing(1, BOXED))

    assert event.capacity == 6 + 10 + 4
    assert list(event.areas) == [FLOOR, BOX]
    assert [each.area_id for each in event.ticket_types] == ["", "floor", "floor", "box"]
    assert held == [(SEAT, "Pista 1-1", ""), *[(STAND, "", "Pista")] * 2, (BOXED, "", "Camarote")]
    again = await stage.buyer().inventory.GetHold(inventory.GetHoldRequest(hold_id=an_id("hld")))
    assert [place.area_name for place in again.hold.places] == ["", "Pista", "Pista", "Camarote"]


async def test_the_half_price_reserve_counts_areas(stage: Stage) -> None:
    # 40 % of 20 places are 8. Full price may have the other 12.
    world = await concert(stage)

    assert await available(world) == {SEAT: 6, STAND: 10, STAND_HALF: 10, BOXED: 3}
    await hold(world, standing(10))
    assert await available(world) == {SEAT: 2, STAND: 0, STAND_HALF: 0, BOXED: 2}


async def test_an_area_is_not_sold_twice(stage: Stage) -> None:
    world = await concert(stage)

    answers = await asyncio.gather(
        *(outcome(hold(world, standing(1, BOXED), buyer=f"gst_{n}", n=n)) for n in range(1, 17))
    )

    assert answers.count("done") == 3
    assert set(answers) == {"done", SoldOut.reason}


async def test_seats_and_areas_are_held_together_or_not_at_all(stage: Stage) -> None:
    world = await concert(stage)
    wish = inventory.HoldItem(ticket_type_id=SEAT, seat_ids=["1-1"])

    with pytest.raises(SoldOut):
        await hold(world, wish, standing(4, BOXED))
    with pytest.raises(SeatNotAllowed):
        await hold(world, inventory.HoldItem(ticket_type_id=STAND, seat_ids=["1-1"]))

    assert await available(world) == {SEAT: 6, STAND: 10, STAND_HALF: 10, BOXED: 3}


async def test_opposite_wishes_do_not_wait_for_each_other(stage: Stage) -> None:
    world = await concert(stage)
    wishes = [
        [standing(1), standing(1, BOXED), inventory.HoldItem(ticket_type_id=SEAT, seat_ids=["1-1"])],
        [inventory.HoldItem(ticket_type_id=SEAT, seat_ids=["1-2"]), standing(1, STAND_HALF), standing(1)],
        [standing(1, BOXED), standing(1, STAND_HALF)],
    ]

    answers = await asyncio.gather(*(outcome(hold(world, *wishes[n % 3], buyer=f"gst_{n}", n=n)) for n in range(1, 17)))

    assert set(answers) <= {"done", "SEAT_TAKEN", SoldOut.reason}
    assert "done" in answers


async def test_a_general_event_may_be_divided_into_areas(stage: Stage) -> None:
    world = await open_hall(stage)
    await world.event(general(areas=[FLOOR, BOX], capacity=0))
    await world.type(ticket(STAND, area_id="floor"))
    await world.type(ticket(BOXED, area_id="box"))

    event = await world.publish()

    assert event.capacity == 14
    assert await available(world) == {STAND: 10, BOXED: 4}
    await hold(world, standing(3, BOXED))
    assert await available(world) == {STAND: 10, BOXED: 1}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (general(areas=[FLOOR, FLOOR]), "areas"),
        (general(areas=[FLOOR, nouns.Area(area_id="other", name="PISTA", capacity=1)]), "areas"),
        (general(areas=[FLOOR, BOX], capacity=15), "capacity"),
        (seated(areas=[FLOOR], capacity=6), "capacity"),
        (online(areas=[FLOOR], time_zone=ZONE, online_url=URL), "areas"),
        (general(areas=[nouns.Area(area_id="a b", name="Pista", capacity=1)], capacity=0), "areas.area_id"),
        (general(areas=[nouns.Area(area_id="a", name="Pista")], capacity=0), "areas.capacity"),
        (
            general(
                areas=[nouns.Area(area_id=f"a{n}", name=f"A{n}", capacity=1_000_000) for n in range(2)], capacity=0
            ),
            "areas",
        ),
    ],
)
async def test_areas_that_cannot_be_are_refused(stage: Stage, wish: pb.CreateEventRequest, field: str) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(written(plain_hall(2, 3)))

    with pytest.raises(InvalidRequest) as refused:
        await world.event(wish)

    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    ("event", "wish", "field"),
    [
        (general(areas=[FLOOR, BOX], capacity=0), {}, "area_id"),
        (general(areas=[FLOOR, BOX], capacity=0), {"area_id": "balcony"}, "area_id"),
        (general(), {"area_id": "floor"}, "area_id"),
        (seated(areas=[FLOOR]), {"area_id": "floor", "seat_categories": ["Pista"]}, "seat_categories"),
    ],
)
async def test_a_type_is_for_an_area_of_its_event(
    stage: Stage, event: pb.CreateEventRequest, wish: dict[str, Any], field: str
) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(written(plain_hall(2, 3)))
    await world.event(event)

    with pytest.raises(InvalidRequest) as refused:
        await world.type(ticket(TYPE, **wish))

    assert list(refused.value.fields) == [field]
    assert not (await world.get()).ticket_types


async def test_a_type_is_not_larger_than_its_area(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(general(areas=[FLOOR, BOX], capacity=0))

    with pytest.raises(TicketTypeTooLarge) as refused:
        await world.type(ticket(area_id="box", capacity=5))

    assert refused.value.limit == "4"


async def test_half_price_is_for_the_area_of_its_full_price(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(general(areas=[FLOOR, BOX], capacity=0))
    await world.type(ticket(STAND, area_id="floor"))

    with pytest.raises(InvalidRequest) as refused:
        await world.type(half(STAND_HALF, STAND, area_id="box"))
    event: Message = await world.type(half(STAND_HALF, STAND, area_id="floor"))

    assert list(refused.value.fields) == ["area_id"]
    assert event == await world.get()
