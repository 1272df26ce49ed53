"""Passes with the real inventory: what buyers can hold follows each change, and what they have stays theirs."""

import pytest

from eventhub.inventory.v1 import inventory_pb2 as stock
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusals import CapacityBelowSold, SoldOut
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.catalog.organizer import ORGANIZER, OTHER, Organizer
from tests.catalog.requests import an_id
from tests.catalog.test_pass_changes import archive, change, found, own
from tests.catalog.test_passes import PASS, SERIES, add, on_sale
from tests.catalog.world import World
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.stage import Stage, outcome

ORDER = an_id("ord")


async def opened(stage: Stage) -> Organizer:
    """Both contexts, and a series with a pass."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    world = World(stage, FakeInventory(), context.database)
    organizer = Organizer(world, stage.member(ORGANIZER), stage.member(OTHER))
    await on_sale(organizer)
    await add(organizer)
    return organizer


async def hold(stage: Stage, n: int, *, quantity: int = 1) -> inventory.HoldResponse:
    item = inventory.HoldItem(ticket_type_id=PASS, quantity=quantity)
    request = inventory.HoldRequest(hold_id=an_id("hld", n), event_id=SERIES, items=[item])
    return await stage.buyer().inventory.Hold(request)


async def left(stage: Stage) -> list[int]:
    answer = await stage.anyone().inventory.GetAvailability(inventory.GetAvailabilityRequest(event_id=SERIES))
    return [each.available for each in answer.types]


async def test_passes_and_single_tickets_share_the_places_of_a_night(stage: Stage) -> None:
    organizer = await opened(stage)
    nights = found(await own(organizer)).night_ids
    night = await organizer.world.get(nights[1])
    full = next(each for each in night.ticket_types if each.name == "Inteira")
    client = stage.buyer().inventory
    single = inventory.HoldItem(ticket_type_id=full.ticket_type_id, quantity=3)

    await hold(stage, 1, quantity=3)
    await client.Hold(inventory.HoldRequest(hold_id=an_id("hld", 2), event_id=nights[1], items=[single]))
    answer = await client.GetAvailability(inventory.GetAvailabilityRequest(event_id=nights[1]))
    with pytest.raises(SoldOut) as refused:
        await hold(stage, 3)

    places = {each.ticket_type_id: each.available for each in answer.types}
    assert places[full.ticket_type_id] == 0, "four of ten places are kept for half price"
    assert await left(stage) == [0]
    assert refused.value.facts["event_id"] == nights[1]


async def test_the_number_of_passes_changes_but_not_below_what_is_taken(stage: Stage) -> None:
    organizer = await opened(stage)
    await hold(stage, 1, quantity=3)
    before = await own(organizer)

    with pytest.raises(CapacityBelowSold) as refused:
        await change(organizer, capacity=2)

    assert refused.value.facts == {"name": PASS, "taken": "3", "wanted": "2"}
    assert await own(organizer) == before
    await change(organizer, capacity=3)
    assert await outcome(hold(stage, 2)) == "SOLD_OUT"
    await change(organizer, capacity=5)
    assert await left(stage) == [2]
    assert await outcome(hold(stage, 2, quantity=2)) == "done"


async def test_an_archived_pass_is_not_sold_and_held_ones_can_be_paid(stage: Stage) -> None:
    organizer = await opened(stage)
    await hold(stage, 1, quantity=2)
    await archive(organizer)
    orders = InventoryMeshStub(stage.channel("orders"))

    assert await outcome(hold(stage, 2)) == "TICKET_TYPE_NOT_FOUND"
    assert await left(stage) == []
    await orders.LockHold(inventory.LockHoldRequest(hold_id=an_id("hld"), order_id=ORDER, buyer_id="gst_ana"))
    sold = await orders.ConfirmHold(inventory.ConfirmHoldRequest(hold_id=an_id("hld"), order_id=ORDER))
    assert (sold.hold.state, len(sold.hold.places)) == (stock.HOLD_STATE_SOLD, 2)
    await archive(organizer, restore=True)
    assert await left(stage) == [2], "what is sold stays counted"
    assert await outcome(hold(stage, 2, quantity=2)) == "done"


async def test_a_pass_sells_within_its_times_and_limits(stage: Stage) -> None:
    organizer = await opened(stage)
    now_us = stage.clock.now_us()
    await change(organizer, sales_start_at=to_timestamp(now_us + 60 * SECOND_US))
    assert await outcome(hold(stage, 1)) == "TYPE_NOT_ON_SALE"

    stage.clock.advance(60)
    await change(organizer, sales_end_at=to_timestamp(now_us + 120 * SECOND_US), per_order_max=2)

    assert await outcome(hold(stage, 1, quantity=3)) == "TYPE_ORDER_LIMIT"
    assert await outcome(hold(stage, 1, quantity=2)) == "done"
    stage.clock.advance(60)
    assert await outcome(hold(stage, 2)) == "TYPE_NOT_ON_SALE"


async def test_a_hidden_pass_is_held_by_those_who_know_it(stage: Stage) -> None:
    organizer = await opened(stage)

    await change(organizer, hidden=True)

    assert await left(stage) == []
    assert await outcome(hold(stage, 1)) == "done"
