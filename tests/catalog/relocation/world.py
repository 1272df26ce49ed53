"""The world of relocations: catalog with a published event in a small hall, and another hall to move to."""

from dataclasses import dataclass
from typing import Any

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1.inventory_pb2 import HeldPlace
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.catalog.relocation import store
from services.catalog.wiring import build
from services.kit.values.clock import SECOND_US
from tests.catalog.relocation.halls import Rows, hall
from tests.catalog.requests import EVENT, SEATING, TYPE, VENUE, ZONE, an_id, file_of, half, seated, ticket
from tests.catalog.world import World
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import SOLD, StoredHold
from tests.fakes.moving_inventory import MovingInventory
from tests.stage import Stage, until

ARENA, ARENA_PLAN = an_id("ven", 2), an_id("pln", 2)
VIP, HALF_PRICE = an_id("tkt", 2), an_id("tkt", 3)
OLD_HALL: Rows = {"A": "VVVV", "B": "SSSSSS"}
NEW_HALL: Rows = {"A": "VVVVVV", "B": "SSSSS"}
MOVING, DONE, REFUSED = pb.RELOCATION_STATE_MOVING, pb.RELOCATION_STATE_DONE, pb.RELOCATION_STATE_REFUSED


@dataclass(frozen=True, slots=True)
class Relocations:
    """catalog, and the inventory in which taken seats are."""

    world: World
    inventory: MovingInventory

    def sell(self, hold_id: str, *seat_ids: str, ticket_type_id: str = TYPE, order_id: str = "") -> None:
        """Sells seats of the event."""
        places = [HeldPlace(ticket_type_id=ticket_type_id, seat_id=seat_id) for seat_id in seat_ids]
        order_id = order_id or f"ord_{hold_id}"
        self.inventory.holds[hold_id] = StoredHold(
            buyer_id="gst_ana", event_id=EVENT, places=places, state=SOLD, order_id=order_id
        )

    def seats_of(self, hold_id: str) -> list[str]:
        """The seats of a hold now."""
        return [place.seat_id for place in self.inventory.holds[hold_id].places]

    def target(self, **other: Any) -> pb.RelocationTarget:
        """The event moves to the arena; given fields replace others."""
        usual = {"event_id": EVENT, "venue_id": ARENA, "plan_id": ARENA_PLAN}
        return pb.RelocationTarget(**{**usual, **other})

    async def preview(self, **target: Any) -> pb.PreviewRelocationResponse:
        request = pb.PreviewRelocationRequest(target=self.target(**target))
        return await self.world.hub.catalog.PreviewRelocation(request)

    async def relocate(self, n: int = 1, **target: Any) -> pb.Relocation:
        request = pb.RelocateEventRequest(relocation_id=an_id("rel", n), target=self.target(**target))
        return (await self.world.hub.catalog.RelocateEvent(request)).relocation

    async def find(self, n: int = 1) -> pb.Relocation:
        request = pb.GetRelocationRequest(relocation_id=an_id("rel", n))
        return (await self.world.hub.catalog.GetRelocation(request)).relocation

    async def ended(self, n: int = 1, *, put_off: bool = False) -> pb.Relocation:
        """Waits until a relocation has ended. put_off: lets the time pass after which another attempt goes on."""

        async def over() -> bool:
            if put_off:
                self.world.stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
            found = await self.world.database.read(store.find, an_id("rel", n))
            return found is not None and bool(found.ended_us)

        await until(over)
        self.world.hub = self.world.stage.member()
        return await self.find(n)


async def empty(stage: Stage) -> Relocations:
    """Two venues, each with a seating plan."""
    stock = MovingInventory()
    stage.script("inventory", InventoryMesh=stock)
    stage.script("identity", IdentityMesh=FakeIdentity())
    context = await stage.add(build)
    await stage.start()
    return await two_halls(World(stage, stock, context.database), stock)


async def two_halls(world: World, stock: MovingInventory) -> Relocations:
    """Creates two venues, each with a seating plan."""
    await world.venue()
    await world.venue(ARENA, name="Arena", city="Campinas", time_zone=ZONE)
    await world.plan(file_of(hall(OLD_HALL)), SEATING, VENUE)
    await world.plan(file_of(hall(NEW_HALL, prefix="n")), ARENA_PLAN, ARENA)
    return Relocations(world, stock)


async def draft(stage: Stage) -> Relocations:
    """A draft in the hall, with a type for each category and half price for the stalls."""
    return await with_event(await empty(stage))


async def with_event(moves: Relocations) -> Relocations:
    """Adds the draft to two halls."""
    await moves.world.event(seated())
    await moves.world.type(ticket(seat_categories=["Stalls"]))
    await moves.world.type(ticket(VIP, seat_categories=["VIP"]))
    await moves.world.type(half(HALF_PRICE, seat_categories=["Stalls"]))
    return moves


async def on_sale(stage: Stage) -> Relocations:
    """The same event on sale."""
    moves = await draft(stage)
    await moves.world.publish()
    return moves


def categories(event: nouns.Event) -> dict[str, list[str]]:
    """The categories of each ticket type."""
    return {each.ticket_type_id: list(each.seat_categories) for each in event.ticket_types}
