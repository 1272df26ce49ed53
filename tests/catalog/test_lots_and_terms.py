"""A ticket type with lots has terms as others have: limits, times, codes, an archive. Its lots have its prices."""

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import InvalidRequest, TicketTypeTooLarge
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.catalog.lots import FIRST, LAST, MEIA, NEXT, USUAL, hold, lot, on_sale, ready, set_lots, shown
from tests.catalog.requests import EVENT, TYPE, an_id, brl, ticket
from tests.catalog.test_archiving import archive, restore
from tests.catalog.test_type_changes import change, found
from tests.catalog.world import World
from tests.fakes.clock import START_US
from tests.stage import Stage, outcome

VIP = an_id("tkt", 3)


async def seen(world: World, access_code: str = "") -> nouns.Event:
    """The event as a buyer gets it."""
    request = pb.GetEventRequest(event_id=EVENT, access_code=access_code)
    return (await world.stage.buyer("gst_leo").catalog.GetEvent(request)).event


async def held(world: World, quantity: int, access_code: str = "", type_id: str = TYPE) -> str:
    """The outcome of a new buyer's hold."""
    item = inventory.HoldItem(ticket_type_id=type_id, quantity=quantity, access_code=access_code)
    request = inventory.HoldRequest(hold_id=world.stage.ids.new("hld"), event_id=EVENT, items=[item])
    return await outcome(world.stage.buyer(world.stage.ids.new("gst")).inventory.Hold(request))


@pytest.mark.parametrize("published", [False, True])
async def test_the_price_of_a_type_with_lots_is_that_of_its_lots(stage: Stage, *, published: bool) -> None:
    world = await (on_sale if published else ready)(stage, *USUAL)
    before = await world.get()

    with pytest.raises(InvalidRequest) as refused:
        await change(world, price=brl(100), name="Other")

    assert set(refused.value.fields) == {"price"}
    assert await world.get() == before
    await set_lots(world, *USUAL[:2], lot(LAST, 7000))
    assert shown(await world.get())[-1] == (LAST, 7000, 0)


async def test_a_change_of_terms_keeps_the_lots_and_what_they_have_given(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    assert await hold(world, 1, 2) == [FIRST, FIRST]
    before = await world.get()
    ends_at = to_timestamp(START_US + 3600 * SECOND_US)

    await change(world, name="Pista", per_order_min=2, access_codes=["FAN"], sales_end_at=ends_at, list_position=2)

    after = await world.get()
    assert [each.ticket_type_id for each in after.ticket_types] == [MEIA, TYPE]
    assert found(after).lots == found(before).lots
    assert found(after, MEIA).lots == found(before, MEIA).lots
    assert await held(world, 1, "FAN") == "TYPE_ORDER_LIMIT"
    assert await held(world, 2) == "ACCESS_CODE_WRONG"
    with_code = inventory.HoldItem(ticket_type_id=TYPE, quantity=3, access_code="fan")
    request = inventory.HoldRequest(hold_id=an_id("hld", 2), event_id=EVENT, items=[with_code])
    places = (await stage.buyer("gst_rui").inventory.Hold(request)).hold.places
    assert [place.lot_id for place in places] == [FIRST, NEXT, NEXT]
    stage.clock.advance(3600)
    assert await held(world, 2, "FAN") == "TYPE_NOT_ON_SALE"


async def test_a_half_price_type_that_buyers_see_has_lots_although_its_full_price_is_hidden(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    await change(world, hidden=True)

    half = [(FIRST, 2000, 3), (NEXT, 2500, 5), (LAST, 3000, 0)]
    event = await seen(world)
    assert [each.ticket_type_id for each in event.ticket_types] == [MEIA]
    assert shown(event) == half
    assert await hold(world, 1, 1) == [FIRST]
    answer = await stage.anyone().inventory.GetAvailability(inventory.GetAvailabilityRequest(event_id=EVENT))
    assert [(each.ticket_type_id, each.lot_id, each.lot_available) for each in answer.types] == [(MEIA, FIRST, 2)]

    await change(world, hidden=False, access_codes=["FAN"])
    assert len((await seen(world)).ticket_types) == 1
    assert shown(await seen(world, "fan")) == [(FIRST, 4000, 3), (NEXT, 5001, 5), (LAST, 6000, 0)]


async def test_an_archived_type_keeps_its_lots_for_its_return(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    assert await hold(world, 1, 3) == [FIRST] * 3
    await archive(world)
    assert await held(world, 1) == await held(world, 1, type_id=MEIA) == "TICKET_TYPE_NOT_FOUND"
    assert not (await seen(world)).ticket_types

    await restore(world)

    assert shown(await seen(world)) == [(FIRST, 4000, 3), (NEXT, 5001, 5), (LAST, 6000, 0)]
    assert await hold(world, 2, 1) == [NEXT], "the turn of the first lot is over"


async def test_a_type_with_lots_is_added_after_publishing(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    taken = ticket(VIP, name="VIP", price=None, lots=[lot(FIRST, 9000)])
    with pytest.raises(InvalidRequest):
        await world.type(taken)
    with pytest.raises(TicketTypeTooLarge):
        await world.type(ticket(VIP, name="VIP", price=None, lots=[lot(an_id("lot", 9), 9000, 101)]))
    too_dear = ticket(VIP, name="VIP", price=brl(1), lots=[lot(an_id("lot", 9), 9000)])
    assert await outcome(world.type(too_dear)) == "INVALID_REQUEST"

    await world.type(ticket(VIP, name="VIP", price=None, lots=[lot(an_id("lot", 9), 9000)]))

    added = found(await world.get(), VIP)
    assert (added.price, [each.lot_id for each in added.lots]) == (brl(9000), [an_id("lot", 9)])
    assert await held(world, 1, type_id=VIP) == "done"


async def test_packages_have_one_price_and_no_lots(stage: Stage) -> None:
    world = await ready(stage, *USUAL)
    both = ticket(VIP, name="Mesa", price=None, package_size=4, lots=[lot(an_id("lot", 9), 9000)])
    with pytest.raises(InvalidRequest) as refused:
        await world.type(both)
    assert set(refused.value.fields) == {"lots"}
    await world.type(ticket(VIP, name="Mesa", package_size=4))
    before = await world.get()

    with pytest.raises(InvalidRequest) as refused:
        await set_lots(world, lot(an_id("lot", 9), 9000), type_id=VIP)

    assert set(refused.value.fields) == {"lots"}
    assert await world.get() == before


async def test_a_search_by_price_finds_the_prices_of_lots(stage: Stage) -> None:
    world = await on_sale(stage)
    await set_lots(world, lot(FIRST, 30000, 3), lot(LAST, 40000))

    async def finds(least: int, most: int) -> bool:
        request = pb.SearchEventsRequest(price_min=brl(least), price_max=brl(most))
        return bool((await stage.anyone().catalog.SearchEvents(request)).events)

    assert await finds(35000, 45000)
    assert await finds(15000, 16000), "half price"
    assert not await finds(1, 14000)
