"""Prices that change: a quote of now, and a quote as of a hold."""

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as catalog
from eventhub.inventory.v1 import inventory_pb2 as inventory
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.inventory import RELEASED, FakeInventory, StoredHold
from tests.pricing.world import EVENT, STALLS, VIP, World, brl, open_world, quoted, wish
from tests.stage import Stage, outcome

HOLD = f"hld_{1:026d}"


def raise_price(world: World, after_s: float, minor: int) -> None:
    """Gives the stalls another price from a number of seconds after the beginning of the test."""
    stalls = world.catalog.events[EVENT].ticket_types[0]
    if not stalls.prices:
        stalls.prices.add(price=stalls.price)
    from_at = to_timestamp(START_US + round(after_s * SECOND_US))
    stalls.prices.append(catalog.TicketPrice(from_at=from_at, price=brl(minor)))
    stalls.price.CopyFrom(brl(minor))


async def total_now(world: World, client_id: str = "gst_ana") -> int:
    return (await quoted(world.stage.buyer(client_id), wish(stalls=2))).total.minor


def as_of_hold(event_id: str = EVENT, *, stalls: int) -> pb.QuoteRequest:
    request = wish(event_id=event_id, stalls=stalls)
    request.hold_id = HOLD
    return request


def hold_for(stock: FakeInventory, buyer_id: str = "gst_ana", event_id: str = EVENT) -> StoredHold:
    """A hold that was taken at the beginning of the test."""
    places = [inventory.HeldPlace(ticket_type_id=STALLS)] * 2
    stock.holds[HOLD] = StoredHold(buyer_id=buyer_id, event_id=event_id, places=places)
    return stock.holds[HOLD]


async def test_a_price_is_asked_for_from_its_time_on(stage: Stage) -> None:
    world = await open_world(stage)
    raise_price(world, 6, 7000)
    raise_price(world, 12, 8000)
    totals = []
    for _ in range(5):
        totals.append(await total_now(world))
        stage.clock.advance(3)
    assert totals == [10000, 10000, 14000, 14000, 16000]


async def test_a_price_that_every_copy_knows_in_time_is_asked_for_exactly(stage: Stage) -> None:
    world = await open_world(stage)
    assert await total_now(world) == 10000
    raise_price(world, 6, 7000)
    stage.clock.advance(5.9)
    assert await total_now(world) == 10000
    stage.clock.advance(0.1)
    assert await total_now(world) == 14000


async def test_a_hold_keeps_its_price(stage: Stage) -> None:
    world = await open_world(stage)
    hold_for(world.inventory)
    raise_price(world, 6, 7000)
    stage.clock.advance(60)
    ana = stage.buyer("gst_ana")
    assert (await quoted(ana, wish(stalls=2))).total == brl(14000)
    assert (await quoted(ana, as_of_hold(stalls=2))).total == brl(10000)
    items = [pb.OrderItem(ticket_type_id=STALLS, quantity=2)]
    for held_s, total in ((0, 10000), (5.999, 10000), (6, 14000), (None, 14000)):
        held_at = None if held_s is None else to_timestamp(START_US + round(held_s * SECOND_US))
        request = pb.QuoteOrderRequest(event_id=EVENT, buyer_id="gst_ana", items=items, held_at=held_at)
        assert (await world.mesh.QuoteOrder(request)).quote.total == brl(total)


async def test_a_coupon_takes_its_share_of_the_price_of_the_hold(stage: Stage) -> None:
    world = await open_world(stage)
    await world.coupon()
    hold_for(world.inventory)
    raise_price(world, 6, 7000)
    stage.clock.advance(60)
    request = as_of_hold(stalls=2)
    request.coupon_code = "TEN"
    quote = await quoted(stage.buyer("gst_ana"), request)
    assert (quote.face, quote.discount, quote.total) == (brl(10000), brl(1000), brl(9000))


async def test_a_quote_as_of_a_hold_needs_a_hold_of_the_caller_and_the_event(stage: Stage) -> None:
    world = await open_world(stage)
    ana = stage.buyer("gst_ana")
    assert await outcome(quoted(ana, as_of_hold(stalls=1))) == "HOLD_NOT_FOUND"
    kept = hold_for(world.inventory)
    assert await outcome(quoted(stage.buyer("gst_rui"), as_of_hold(stalls=1))) == "HOLD_NOT_FOUND"
    assert await outcome(quoted(ana, as_of_hold(event_id="evt_other", stalls=1))) == "HOLD_NOT_FOUND"
    kept.state = RELEASED
    assert await outcome(quoted(ana, as_of_hold(stalls=1))) == "HOLD_EXPIRED"


async def test_an_archived_type_has_a_price_for_those_who_hold_it(stage: Stage) -> None:
    world = await open_world(stage)
    hold_for(world.inventory)
    world.catalog.events[EVENT].ticket_types[0].archived = True
    ana = stage.buyer("gst_ana")
    with pytest.raises(refusals.TicketTypeNotFound) as refused:
        await quoted(ana, wish(stalls=1, vip=1))
    assert refused.value.facts == {"ticket_type_id": STALLS}
    assert (await quoted(ana, as_of_hold(stalls=1))).total == brl(5000)
    assert (await quoted(ana, wish(vip=1))).lines[0].ticket_type_id == VIP
