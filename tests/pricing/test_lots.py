"""Quotes of ticket types with lots: each ticket has the price of its own lot."""

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as catalog
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_pb2 import HeldPlace
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.pricing.v1.pricing_pb2 import Quote
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.inventory import StoredHold
from tests.pricing.world import EVENT, HALF, STALLS, VIP, World, brl, open_world, quoted, wish
from tests.stage import Stage, outcome

FIRST, LAST = "lot_first", "lot_last"
HOLD = f"hld_{1:026d}"


def lot(lot_id: str, name: str, minor: int, version: int = 1) -> catalog.Lot:
    return catalog.Lot(lot_id=lot_id, name=name, price=brl(minor), version=version)


async def with_lots(stage: Stage) -> World:
    """Stalls have a first lot of two tickets at 40.00, and a last one at 50.01; half price follows."""
    world = await open_world(stage)
    lots = [lot(FIRST, "1º lote", 4000), lot(LAST, "2º lote", 5001)]
    for ticket_type in world.catalog.events[EVENT].ticket_types:
        if ticket_type.ticket_type_id == STALLS:
            ticket_type.lots.extend(lots)
        if ticket_type.ticket_type_id == HALF:
            ticket_type.lots.extend(lot(one.lot_id, one.name, one.price.minor // 2) for one in lots)
    specs = [inventory.LotSpec(lot_id=one.lot_id, version=1, quantity=2) for one in lots]
    world.inventory.provisions[EVENT] = inventory.ProvisionRequest(
        event_id=EVENT,
        types=[
            inventory.TypeSpec(ticket_type_id=STALLS, lots=specs, lots_of=STALLS),
            inventory.TypeSpec(ticket_type_id=HALF, lots_of=STALLS),
            inventory.TypeSpec(ticket_type_id=VIP),
        ],
    )
    return world


def lines(quote: Quote) -> list[tuple[str, str, int, int, int]]:
    """Type, name of the lot, number of tickets, face price of one, total of each line."""
    return [
        (line.ticket_type_name, line.lot_name, line.quantity, line.unit_face.minor, line.total.minor)
        for line in quote.lines
    ]


async def test_a_quote_tells_what_the_tickets_would_cost_now(stage: Stage) -> None:
    await with_lots(stage)

    quote = await quoted(stage.buyer(), wish(stalls=3, vip=1))

    assert lines(quote) == [
        ("Stalls", "1º lote", 2, 4000, 8000),
        ("Stalls", "2º lote", 1, 5001, 5001),
        ("VIP", "", 1, 12005, 12005),
    ]
    assert quote.total == brl(8000 + 5001 + 12005)
    assert list(quote.lines[1].reasons) == ["face price", "lot 2º lote"]
    assert list(quote.lines[1].explanations) == ["Preço inteiro", "2º lote"]
    assert quote.lines[1].lot_id == LAST


async def test_half_price_is_half_of_the_lots_price(stage: Stage) -> None:
    await with_lots(stage)

    quote = await quoted(stage.buyer(), wish(half=1, stalls=2))

    assert lines(quote) == [
        ("Stalls, half", "1º lote", 1, 2000, 2000),
        ("Stalls", "1º lote", 1, 4000, 4000),
        ("Stalls", "2º lote", 1, 5001, 5001),
    ]


async def test_a_coupon_takes_its_share_of_the_lots_price_of_the_dearest_tickets(stage: Stage) -> None:
    world = await with_lots(stage)
    await world.coupon("TEN", tickets_per_use_max=1)

    quote = await quoted(stage.buyer(), wish("TEN", stalls=3))

    assert [[price.minor for price in line.unit_prices] for line in quote.lines] == [[4000, 4000], [4501]]


async def test_inventory_is_asked_only_if_a_type_has_lots(stage: Stage) -> None:
    world = await with_lots(stage)

    assert (await quoted(stage.buyer(), wish(vip=1))).total == brl(12005)
    assert not world.inventory.calls
    await quoted(stage.buyer(), wish(stalls=1, vip=1))
    assert world.inventory.calls == ["SplitByLot"]


def order(*items: pb.OrderItem) -> pb.QuoteOrderRequest:
    return pb.QuoteOrderRequest(event_id=EVENT, buyer_id="gst_ana", items=items)


async def test_an_order_has_the_prices_of_the_lots_in_its_hold(stage: Stage) -> None:
    world = await with_lots(stage)
    held = [
        pb.OrderItem(ticket_type_id=STALLS, quantity=1, lot_id=LAST, lot_version=1),
        pb.OrderItem(ticket_type_id=STALLS, quantity=1, lot_id=FIRST, lot_version=1),
        pb.OrderItem(ticket_type_id=STALLS, quantity=1),  # held before the type had lots
    ]

    quote = (await world.mesh.QuoteOrder(order(*held))).quote

    assert lines(quote) == [
        ("Stalls", "2º lote", 1, 5001, 5001),
        ("Stalls", "1º lote", 1, 4000, 4000),
        ("Stalls", "", 1, 5000, 5000),
    ]
    with pytest.raises(refusals.InvalidRequest):
        await world.mesh.QuoteOrder(order(held[0], held[0]))


async def test_a_quote_as_of_a_hold_has_the_prices_of_its_lots(stage: Stage) -> None:
    world = await with_lots(stage)
    of_hold = [(STALLS, LAST), (STALLS, LAST), (VIP, "")]
    places = [HeldPlace(ticket_type_id=type_id, lot_id=lot_id, lot_version=1) for type_id, lot_id in of_hold]
    world.inventory.holds[HOLD] = StoredHold(buyer_id="gst_ana", event_id=EVENT, places=places)
    request = wish(stalls=2, vip=1)
    request.hold_id = HOLD

    quote = await quoted(stage.buyer("gst_ana"), request)

    assert [line[1:4] for line in lines(quote)] == [("2º lote", 2, 5001), ("", 1, 12005)]
    assert world.inventory.calls == ["DescribeHold"]
    request.items[0].quantity = 3  # one more than held: it would come from the lot that sells now
    assert [line[1:4] for line in lines(await quoted(stage.buyer("gst_ana"), request))] == [
        ("2º lote", 2, 5001),
        ("1º lote", 1, 4000),
        ("", 1, 12005),
    ]


async def test_tickets_that_were_held_before_their_type_had_lots_keep_the_price_of_that_time(stage: Stage) -> None:
    world = await with_lots(stage)
    stalls = world.catalog.events[EVENT].ticket_types[0]
    stalls.prices.add(price=stalls.price)
    stalls.prices.add(price=brl(7000), from_at=to_timestamp(START_US + 6 * SECOND_US))
    stalls.price.CopyFrom(brl(7000))
    for held_s, minor in ((5, 5000), (6, 7000)):
        request = order(pb.OrderItem(ticket_type_id=STALLS, quantity=1))
        request.held_at.FromMicroseconds(START_US + held_s * SECOND_US)
        assert (await world.mesh.QuoteOrder(request)).quote.total == brl(minor)


async def test_a_lot_with_another_price_is_never_priced_by_an_old_answer(stage: Stage) -> None:
    world = await with_lots(stage)
    await quoted(stage.buyer(), wish(stalls=1))  # pricing knows the event now
    held = order(pb.OrderItem(ticket_type_id=STALLS, quantity=1, lot_id=LAST, lot_version=2))
    assert await outcome(world.mesh.QuoteOrder(held)) == "UNAVAILABLE", "catalog does not know it yet"

    stage.clock.pass_unseen(0.01)
    world.catalog.events[EVENT].ticket_types[0].lots[1].CopyFrom(lot(LAST, "2º lote", 6000, version=2))

    assert (await world.mesh.QuoteOrder(held)).quote.total == brl(6000)
