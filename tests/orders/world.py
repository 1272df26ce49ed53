"""orders on stage with its fake neighbours, and a buyer."""

from dataclasses import dataclass
from typing import Any

from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER
from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved
from eventhub.inventory.v1.inventory_pb2 import HeldPlace
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.orders.v1.orders_events_pb2 import OrderFailed
from eventhub.payments.v1.payments_events_pb2 import ProviderHealthChanged
from eventhub.payments.v1.payments_pb2 import ProviderHealth
from services.kit.db.database import Database, Row, Tx
from services.kit.rpc.call import Caller
from services.orders.wiring import build
from tests.facts import told
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory, StoredHold
from tests.fakes.payments import FakePayments
from tests.fakes.pricing import FakePricing
from tests.stage import Stage, until

ANA, RUI, CLERK = "gst_ana", "gst_rui", "acc_bia"
EVENT, ORGANIZER = "evt_show", "org_casa"
STALLS, FLOOR, GIFT = "tkt_stalls", "tkt_floor", "tkt_gift"
PRICES = {STALLS: 5000, FLOOR: 2005, GIFT: 0}
CARD = pb.CheckoutRequest.Card(token="tok_ok")
SEATS = ("A-05", "A-06")


def ord_(n: int) -> str:
    return f"ord_{n:026d}"


def hld(n: int) -> str:
    return f"hld_{n:026d}"


def buy(n: int = 1, **more: Any) -> pb.CheckoutRequest:
    """A checkout of the n-th order from the n-th hold, by card unless more names another method."""
    request = {"order_id": ord_(n), "hold_id": hld(n), **more}
    if not {"card", "free", "box_office", "complimentary"}.intersection(more):
        request["card"] = CARD
    return pb.CheckoutRequest(**request)


def state(order: nouns.Order) -> str:
    return nouns.OrderState.Name(order.state).removeprefix("ORDER_STATE_")


async def failed(world: "World") -> OrderFailed:
    """The last fact, of an order that was given up."""
    return OrderFailed.FromString((await told(world.database))[-1].payload)


@dataclass(slots=True, kw_only=True)
class World:
    """orders, its neighbours, and the client of Ana, a buyer."""

    stage: Stage
    database: Database
    inventory: FakeInventory
    pricing: FakePricing
    payments: FakePayments
    identity: FakeIdentity
    ana: EventHub

    def hold(self, n: int = 1, buyer_id: str = ANA, **quantities: int) -> None:
        """Makes the n-th hold: two seats in the stalls, or tickets by type, as in hold(1, floor=2)."""
        places = [
            HeldPlace(ticket_type_id=STALLS, seat_id=seat_id, seat_label=f"Stalls {seat_id}") for seat_id in SEATS
        ]
        if quantities:
            places = [
                HeldPlace(ticket_type_id=f"tkt_{ticket_type}")
                for ticket_type, quantity in quantities.items()
                for _ in range(quantity)
            ]
        self.inventory.holds[hld(n)] = StoredHold(buyer_id=buyer_id, event_id=EVENT, places=places)

    def move(self, *seats: str, n: int = 1, told: bool = True) -> PlacesMoved:
        """Moves the numbered places of the n-th hold to other seats, as if its event had moved to another plan. told:
        whether inventory's feed tells it. Returns the fact."""
        kept, fresh = self.inventory.holds[hld(n)], iter(seats)
        for place in kept.places:
            if place.seat_id:
                place.seat_id = next(fresh)
                place.seat_label = f"New hall {place.seat_id}"
        kept.places_revision += 1
        fact = PlacesMoved(event_id=EVENT, hold_id=hld(n), places_revision=kept.places_revision, places=kept.places)
        if told:
            self.inventory.tell(fact)
        return fact

    async def checkout(self, n: int = 1, **more: Any) -> nouns.Order:
        """Ana's checkout of the n-th hold. Returns the order."""
        return (await self.ana.orders.Checkout(buy(n, **more))).order

    async def order(self, n: int = 1, buyer: EventHub | None = None) -> nouns.Order:
        client = buyer or self.ana
        return (await client.orders.GetOrder(pb.GetOrderRequest(order_id=ord_(n)))).order

    async def becomes(self, wanted: str, n: int = 1) -> nouns.Order:
        """Waits until the order is in a state. Returns the order."""

        async def holds() -> bool:
            return state(await self.order(n)) == wanted

        await until(holds)
        return await self.order(n)

    def advance(self, seconds: float) -> None:
        """Advances the clock and wakes orders. Ana gets a new token, because the old one may have expired."""
        self.stage.clock.advance(seconds)
        self.ana.tokens.access_token = self.stage.token(Caller(kind=ACCESS_BUYER, subject_id=ANA))
        self.look()

    def look(self) -> None:
        """Wakes orders to look for due work, with news from payments about its provider."""
        self.payments.tell(ProviderHealthChanged(health=ProviderHealth(provider="sandbox")))

    async def facts(self) -> list[str]:
        """The names of the facts that orders has announced."""
        return [fact.type.rpartition(".")[2] for fact in await told(self.database)]

    async def rows(self, sql: str) -> list[Row]:
        """Runs a query on orders' tables."""

        async def read(tx: Tx) -> list[Row]:
            return await tx.all(sql)

        return await self.database.read(read)


async def open_world(stage: Stage, among: "World | None" = None) -> World:
    """Puts orders on stage. among: an earlier world, whose neighbours it gets."""
    inventory = among.inventory if among else FakeInventory()
    pricing = among.pricing if among else FakePricing(prices=PRICES)
    payments = among.payments if among else FakePayments()
    payments.open_till(CLERK)
    identity = among.identity if among else FakeIdentity()
    stage.script("inventory", InventoryMesh=inventory)
    stage.script("pricing", PricingMesh=pricing)
    stage.script("payments", PaymentsMesh=payments)
    stage.script("identity", IdentityMesh=identity)
    context = await stage.add(build)
    await stage.start()
    return World(
        stage=stage,
        database=context.database,
        inventory=inventory,
        pricing=pricing,
        payments=payments,
        identity=identity,
        ana=stage.buyer(ANA),
    )
