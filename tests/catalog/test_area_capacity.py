"""The number of places of an area changes, with the real inventory."""

import asyncio

import pytest

from eventhub.refusals import CapacityBelowSold, InvalidRequest, TicketTypeTooLarge
from tests.catalog.requests import an_id, general, ticket
from tests.catalog.test_areas import BOX, BOXED, FLOOR, SEAT, STAND, STAND_HALF, available, concert, open_hall
from tests.catalog.test_capacity import taken
from tests.catalog.test_with_inventory import sell
from tests.stage import Stage, outcome


async def test_an_area_grows_and_shrinks_while_it_is_sold(stage: Stage) -> None:
    world = await concert(stage)
    before = await available(world)
    await sell(world, BOXED, 3)

    event = await world.resize(20, area_id="floor")

    assert event.capacity == 6 + 20 + 4
    assert [area.capacity for area in event.areas] == [20, 4]
    assert before == {SEAT: 6, STAND: 10, STAND_HALF: 10, BOXED: 3}
    assert await available(world) == {SEAT: 6, STAND: 15, STAND_HALF: 20, BOXED: 0}
    assert await world.changes() == [{"capacity": ("20", "30"), "areas.floor.capacity": ("10", "20")}]
    with pytest.raises(TicketTypeTooLarge):
        await world.resize(2, area_id="box")
    assert await world.get() == event
    assert (await world.resize(3, area_id="box")).capacity == 29
    assert (await world.resize(3, area_id="box")) == await world.get()


async def test_below_what_is_sold_nothing_changes(stage: Stage) -> None:
    world = await open_hall(stage)
    await world.event(general(areas=[FLOOR, BOX], capacity=0))
    await world.type(ticket(STAND, area_id="floor"))
    await world.publish()
    await sell(world, STAND, 4)
    event = await world.get()

    with pytest.raises(CapacityBelowSold) as refused:
        await world.resize(3, area_id="floor")

    assert refused.value.facts == {"name": "area:floor", "taken": "4", "wanted": "3"}
    assert await world.get() == event
    assert await available(world) == {STAND: 6}
    assert (await world.resize(4, area_id="floor")).capacity == 8
    assert await available(world) == {STAND: 0}


async def test_a_draft_keeps_its_areas_in_copies(stage: Stage) -> None:
    world = await open_hall(stage)
    await world.event(general(areas=[FLOOR, BOX], capacity=0))

    changed = await world.resize(12, area_id="floor")
    copy = await world.copy(an_id("evt", 2))

    assert changed.capacity == copy.capacity == 16
    assert changed.areas == copy.areas
    for wrong in ({"area_id": "balcony"}, {"area_id": "floor", "ticket_type_id": STAND}, {}):
        with pytest.raises(InvalidRequest):
            await world.resize(9, **wrong)
    for places in (0, 1_000_000):
        with pytest.raises(InvalidRequest) as refused:
            await world.resize(places, area_id="floor")
        assert list(refused.value.fields) == ["capacity"]


async def tickets_held(stage: Stage) -> int:
    """How many tickets the holds in inventory have."""
    database = next(context.database for context in stage.platform.contexts if context.name == "inventory")
    rows = await database.read(lambda tx: tx.all("SELECT tickets FROM hold WHERE state = 'HELD'"))
    return sum(row[0] for row in rows)


async def test_sixteen_changes_and_buyers_leave_no_place_sold_twice(stage: Stage) -> None:
    world = await open_hall(stage)
    await world.event(general(areas=[FLOOR, BOX], capacity=0))
    await world.type(ticket(STAND, area_id="floor"))
    await world.publish()
    sizes = [8 + n % 5 for n in range(16)]

    work = [
        work
        for size in sizes
        for work in (outcome(world.resize(size, area_id="floor")), outcome(sell(world, STAND, 1)))
    ]
    answers = await asyncio.gather(*work)

    event, sold = await world.get(), await tickets_held(stage)
    assert set(answers[::2]) <= {"done", "CAPACITY_BELOW_SOLD"}
    assert sold >= answers[1::2].count("done")  # a call that ended too late may have its place all the same
    assert (await taken(world))["area:floor"] == (event.areas[0].capacity, sold)
    assert event.capacity == event.areas[0].capacity + 4
    assert await available(world) == {STAND: event.areas[0].capacity - sold}
