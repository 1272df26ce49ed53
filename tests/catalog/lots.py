"""An event whose full-price type is sold in lots, with the real inventory."""

from typing import Any

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from services.catalog.wiring import build as catalog
from services.inventory.wiring import build
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.catalog.requests import EVENT, TYPE, an_id, brl, general, half, ticket
from tests.catalog.world import World
from tests.fakes.clock import START_US
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.stage import Stage

FIRST, NEXT, LAST = (an_id("lot", n) for n in (1, 2, 3))
MEIA = an_id("tkt", 2)


def lot(lot_id: str, minor: int, quantity: int = 0, *, ends_s: int = 0, **other: Any) -> nouns.Lot:
    """A lot. ends_s: seconds from the beginning of the test."""
    ends_at = to_timestamp(START_US + ends_s * SECOND_US) if ends_s else None
    named: dict[str, Any] = {"name": f"Lote {lot_id[-1]}", "price": brl(minor)}
    return nouns.Lot(lot_id=lot_id, quantity=quantity, ends_at=ends_at, **(named | other))


USUAL = lot(FIRST, 4000, 3), lot(NEXT, 5001, 5), lot(LAST, 6000)


async def ready(stage: Stage, *lots: nouns.Lot) -> World:
    """A draft of an event for 100 people with a full-price type with lots, and its half price."""
    await stage.add(build)
    context = await stage.add(catalog)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    world = World(stage, FakeInventory(), context.database)
    await world.venue()
    await world.event(general())
    await world.type(ticket(lots=lots, price=None) if lots else ticket())
    await world.type(half(MEIA))
    return world


async def on_sale(stage: Stage, *lots: nouns.Lot) -> World:
    world = await ready(stage, *lots)
    await world.publish()
    return world


async def set_lots(world: World, *lots: nouns.Lot, type_id: str = TYPE) -> nouns.Event:
    request = pb.SetLotsRequest(event_id=EVENT, ticket_type_id=type_id, lots=lots)
    return (await world.hub.catalog.SetLots(request)).event


def shown(event: nouns.Event, n: int = 0) -> list[tuple[str, int, int]]:
    """Id, price and quantity of each lot of the n-th ticket type."""
    return [(one.lot_id, one.price.minor, one.quantity) for one in event.ticket_types[n].lots]


async def hold(world: World, n: int, quantity: int, buyer: str = "gst_ana") -> list[str]:
    """Holds tickets. Returns their lots."""
    item = inventory.HoldItem(ticket_type_id=TYPE, quantity=quantity)
    request = inventory.HoldRequest(hold_id=an_id("hld", n), event_id=EVENT, items=[item])
    answer = await world.stage.buyer(buyer).inventory.Hold(request)
    return [place.lot_id for place in answer.hold.places]
