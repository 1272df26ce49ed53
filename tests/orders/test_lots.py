"""Orders of tickets from lots, with the real catalog, inventory and pricing: nobody pays the price of another lot."""

import asyncio
from collections import Counter
from typing import Any

from eventhub.catalog.v1 import catalog_pb2 as catalog
from eventhub.catalog.v1 import catalog_service_pb2 as requests
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_pb2 as held
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.pricing.v1 import pricing_service_pb2 as pricing
from eventhub.refusal import TransientRefusal
from services.catalog.wiring import build as build_catalog
from services.inventory.wiring import build as build_inventory
from services.orders.wiring import build as build_orders
from services.pricing.wiring import build as build_pricing
from tests.catalog.requests import EVENT, TYPE, an_id, brl, general, half, ticket
from tests.catalog.world import World
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.fakes.payments import FakePayments
from tests.orders.world import buy, hld
from tests.stage import Stage, outcome

FIRST, LAST, MEIA = an_id("lot", 1), an_id("lot", 2), an_id("tkt", 2)
PRICES = {FIRST: 4001, LAST: 6000}


async def on_sale(stage: Stage, first: int, **other: Any) -> World:
    """An event for 100 people whose tickets are sold in two lots, the first of which has few."""
    await stage.add(build_inventory)
    context = await stage.add(build_catalog)
    await stage.add(build_pricing)
    await stage.add(build_orders)
    stage.script("identity", IdentityMesh=FakeIdentity())
    stage.script("payments", PaymentsMesh=FakePayments())
    await stage.start()
    world = World(stage, FakeInventory(), context.database)
    await world.venue()
    await world.event(general(**other))
    lots = [
        catalog.Lot(lot_id=FIRST, name="1º lote", price=brl(PRICES[FIRST]), quantity=first),
        catalog.Lot(lot_id=LAST, name="2º lote", price=brl(PRICES[LAST])),
    ]
    await world.type(ticket(name="Inteira", lots=lots, price=None))
    await world.type(half(MEIA, name="Meia"))
    await world.publish()
    return world


async def hold(stage: Stage, n: int, buyer: str, *wanted: tuple[str, int]) -> held.Hold:
    items = [inventory.HoldItem(ticket_type_id=type_id, quantity=quantity) for type_id, quantity in wanted]
    request = inventory.HoldRequest(hold_id=hld(n), event_id=EVENT, items=items)
    while True:
        try:
            return (await stage.buyer(buyer).inventory.Hold(request)).hold
        except TransientRefusal:
            await asyncio.sleep(0)  # a busy machine


async def quoted(stage: Stage, quantity: int, buyer: str = "gst_leo") -> int:
    items = [pricing.QuoteItem(ticket_type_id=TYPE, quantity=quantity)]
    request = pricing.QuoteRequest(event_id=EVENT, items=items)
    return (await stage.buyer(buyer).pricing.Quote(request)).quote.total.minor


async def bought(stage: Stage, n: int, buyer: str, expected: int) -> nouns.Order:
    request = buy(n, expected_total=Money(minor=expected, currency="BRL"))
    while True:
        try:
            return (await stage.buyer(buyer).orders.Checkout(request)).order
        except TransientRefusal:
            await asyncio.sleep(0)


async def test_an_order_at_the_turn_has_a_line_with_its_lot_for_each_ticket(stage: Stage) -> None:
    await on_sale(stage, first=3)
    assert await quoted(stage, 5) == 3 * 4001 + 2 * 6000
    await hold(stage, 1, "gst_ana", (MEIA, 2), (TYPE, 3))

    order = await bought(stage, 1, "gst_ana", 2 * 2000 + 4001 + 2 * 6000)

    assert [(line.ticket_type_name, line.face.minor, line.price.minor) for line in order.lines] == [
        ("Meia, 1º lote", 2000, 2000),
        ("Meia, 1º lote", 2000, 2000),
        ("Inteira, 1º lote", 4001, 4001),
        ("Inteira, 2º lote", 6000, 6000),
        ("Inteira, 2º lote", 6000, 6000),
    ]
    assert await quoted(stage, 1) == 6000


async def test_a_hold_keeps_the_price_of_its_lot_after_the_turn(stage: Stage) -> None:
    world = await on_sale(stage, first=2)
    await hold(stage, 1, "gst_ana", (TYPE, 1))
    await hold(stage, 2, "gst_rui", (TYPE, 1))
    assert await quoted(stage, 1) == 6000
    later = [catalog.Lot(lot_id=LAST, name="Último lote", price=brl(9000), quantity=98)]
    lots = [*(await world.get()).ticket_types[0].lots[:1], *later]
    refused = await outcome(
        world.hub.catalog.SetLots(requests.SetLotsRequest(event_id=EVENT, ticket_type_id=TYPE, lots=lots))
    )

    assert refused == "LOT_STARTED", "its turn has begun with the last ticket of the first lot"
    assert await outcome(bought(stage, 1, "gst_ana", 6000)) == "TOTAL_CHANGED"
    assert (await bought(stage, 1, "gst_ana", 4001)).state == nouns.ORDER_STATE_PAID


async def test_a_new_price_of_a_later_lot_is_what_everybody_pays_at_once(stage: Stage) -> None:
    world = await on_sale(stage, first=2)
    assert await quoted(stage, 3) == 2 * 4001 + 6000  # pricing keeps the event for some seconds
    stage.clock.pass_unseen(0.001)
    lots = (await world.get()).ticket_types[0].lots
    lots[1].price.minor = 7000
    await world.hub.catalog.SetLots(requests.SetLotsRequest(event_id=EVENT, ticket_type_id=TYPE, lots=lots))

    await hold(stage, 1, "gst_ana", (TYPE, 3))

    assert await quoted(stage, 1) == 7000
    assert (await bought(stage, 1, "gst_ana", 2 * 4001 + 7000)).total.minor == 2 * 4001 + 7000


async def test_sixty_four_buyers_at_the_turn_pay_the_price_of_their_lot(stage: Stage) -> None:
    await on_sale(stage, first=32, capacity=107)  # 64 places and the reserve of half price

    async def buy_one(n: int) -> int:
        buyer = f"gst_{n}"
        place = (await hold(stage, n, buyer, (TYPE, 1))).places[0]
        return (await bought(stage, n, buyer, PRICES[place.lot_id])).total.minor

    assert Counter(await asyncio.gather(*(buy_one(n) for n in range(64)))) == {4001: 32, 6000: 32}
    assert await outcome(hold(stage, 99, "gst_late", (TYPE, 1))) == "SOLD_OUT"
