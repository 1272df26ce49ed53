"""Ticket types of a published event change, with the real inventory: what buyers can hold follows exactly."""

import asyncio

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import CapacityBelowSold
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from tests.catalog.requests import EVENT, TYPE, an_id, brl, file_of, general, half, hall, seated, ticket
from tests.catalog.test_archiving import archive, restore
from tests.catalog.test_type_changes import change, found
from tests.catalog.world import World
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.stage import Stage, outcome

HALF, VIP = an_id("tkt", 2), an_id("tkt", 3)


async def opened(stage: Stage) -> World:
    """Both contexts, and a venue."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    world = World(stage, FakeInventory(), context.database)
    await world.venue()
    return world


async def club(stage: Stage, capacity: int = 20) -> World:
    """A published event for so many people with one type."""
    world = await opened(stage)
    await world.event(general(capacity=capacity))
    await world.type(ticket())
    await world.publish()
    return world


async def available(world: World) -> dict[str, int]:
    answer = await world.stage.anyone().inventory.GetAvailability(inventory.GetAvailabilityRequest(event_id=EVENT))
    return {each.ticket_type_id: each.available for each in answer.types}


async def hold(world: World, type_id: str = TYPE, quantity: int = 1, *seat_ids: str, access_code: str = "") -> str:
    """Holds places for a new buyer. Returns the outcome."""
    buyer = world.stage.buyer(world.stage.ids.new("gst"))
    item = inventory.HoldItem(
        ticket_type_id=type_id, seat_ids=seat_ids, quantity=0 if seat_ids else quantity, access_code=access_code
    )
    request = inventory.HoldRequest(hold_id=world.stage.ids.new("hld"), event_id=EVENT, items=[item])
    return await outcome(buyer.inventory.Hold(request))


async def test_a_first_half_price_type_brings_its_reserve_to_an_event_on_sale(stage: Stage) -> None:
    world = await club(stage)
    assert await hold(world, quantity=10) == "done"
    await world.type(half(HALF, name="Meia"))
    assert await available(world) == {TYPE: 2, HALF: 10}
    assert await hold(world, quantity=3) == "SOLD_OUT"
    await archive(world, HALF)
    assert await available(world) == {TYPE: 10}
    await hold(world, quantity=7)
    await restore(world, HALF)
    assert await available(world) == {TYPE: 0, HALF: 3}, "full price keeps what it has"


async def test_a_type_gets_its_first_capacity(stage: Stage) -> None:
    world = await club(stage)
    await hold(world, quantity=5)
    before = await world.get()
    with pytest.raises(CapacityBelowSold) as refused:
        await change(world, capacity=4)
    assert refused.value.facts == {"name": TYPE, "taken": "5", "wanted": "4"}
    assert await world.get() == before
    await change(world, capacity=5)
    assert await hold(world) == "SOLD_OUT"
    await change(world, capacity=6)
    assert await hold(world) == "done"
    await change(world, capacity=None)
    assert await available(world) == {TYPE: 14}


async def test_a_type_is_added_to_seats_on_sale(stage: Stage) -> None:
    world = await opened(stage)
    await world.plan(file_of(hall()))
    await world.event(seated())
    await world.type(ticket(seat_categories=["Stalls"]))
    await world.publish()
    assert await available(world) == {TYPE: 5}
    await world.type(ticket(VIP, seat_categories=["VIP"]))
    assert await available(world) == {TYPE: 5, VIP: 1}
    assert await hold(world, VIP, 1, "A-1") == "done"
    assert await hold(world, TYPE, 1, "A-2") == "done"
    await change(world, seat_categories=["VIP"])
    assert await hold(world, TYPE, 1, "A-3") == "SEAT_NOT_OF_TYPE"
    assert (await available(world))[TYPE] == 0


async def test_what_is_held_of_an_archived_type_counts(stage: Stage) -> None:
    world = await club(stage, capacity=10)
    await world.type(half(HALF, name="Meia"))
    await world.type(ticket(VIP, name="VIP"))
    await hold(world, VIP, 4)
    await archive(world, VIP)
    assert await available(world) == {TYPE: 2, HALF: 6}
    assert await hold(world, VIP) == "TICKET_TYPE_NOT_FOUND"
    await restore(world, VIP)
    assert await hold(world, VIP, 2) == "done"
    assert await available(world) == {TYPE: 0, HALF: 4, VIP: 0}


async def test_a_code_opens_a_type_in_both_contexts(stage: Stage) -> None:
    world = await club(stage)
    await world.type(ticket(VIP, name="VIP", access_codes=["fan-1"], per_order_max=2))
    assert await hold(world, VIP) == "ACCESS_CODE_WRONG"
    assert await hold(world, VIP, 2, access_code="Fan-1") == "done"
    assert await hold(world, VIP, 3, access_code="FAN-1") == "TYPE_ORDER_LIMIT"
    await change(world, VIP, access_codes=None)
    assert await hold(world, VIP) == "done"


async def held(world: World) -> int:
    """How many places inventory's holds have."""
    rows = await world.stage.platform.contexts[0].database.read(
        lambda tx: tx.all("SELECT tickets FROM hold WHERE state = 'HELD'")
    )
    return sum(row[0] for row in rows)


async def test_capacity_falls_beside_a_rush(stage: Stage) -> None:
    world = await club(stage, capacity=10)
    changes = [outcome(change(world, capacity=capacity)) for capacity in (6, 4, 2)]
    answers = await asyncio.gather(*changes, *(hold(world) for _ in range(12)))
    limit = found(await world.get()).capacity or 10
    assert set(answers[:3]) <= {"done", "CAPACITY_BELOW_SOLD"}
    assert await held(world) <= limit
    assert await available(world) == {TYPE: limit - await held(world)}


async def test_the_reserve_comes_beside_a_rush(stage: Stage) -> None:
    world = await club(stage)
    wishes = [hold(world, quantity=2) for _ in range(12)]
    await asyncio.gather(*wishes, world.type(half(HALF, name="Meia")), change(world, price=brl(7000)))
    done = await held(world)
    assert await available(world) == {TYPE: max(0, 12 - done), HALF: 20 - done}
