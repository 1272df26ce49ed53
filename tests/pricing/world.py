"""The world of pricing's tests: the real pricing, with fake catalog, identity, inventory and orders."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventhub.catalog.v1 import catalog_pb2 as catalog
from eventhub.client import EventHub
from eventhub.common.v1.money_pb2 import Money
from eventhub.pricing.v1 import pricing_pb2 as nouns
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from services.kit.db.database import Database, Row, Tx
from services.kit.values.clock import to_timestamp
from services.pricing.wiring import build
from tests.fakes.catalog import FakeCatalog
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.fakes.orders import FakeOrders
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshAsyncStub

EVENT, ORGANIZER = "evt_show", "org_casa"
STALLS, VIP, HALF = "tkt_stalls", "tkt_vip", "tkt_half"
DAY_S = 24 * 3600


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")


def show(event_id: str = EVENT, organizer_id: str = ORGANIZER) -> catalog.Event:
    """Stalls at 50.00, VIP at 120.05, half-price stalls at 25.00; at most ten tickets in one order."""
    ticket_type = catalog.TicketType
    return catalog.Event(
        event_id=event_id,
        organizer_id=organizer_id,
        currency="BRL",
        tickets_per_order_max=10,
        state=catalog.EVENT_STATE_PUBLISHED,
        ticket_types=[
            ticket_type(ticket_type_id=STALLS, name="Stalls", kind=catalog.TICKET_KIND_GENERAL, price=brl(5000)),
            ticket_type(ticket_type_id=VIP, name="VIP", kind=catalog.TICKET_KIND_VIP, price=brl(12005)),
            ticket_type(
                ticket_type_id=HALF,
                name="Stalls, half",
                kind=catalog.TICKET_KIND_HALF_PRICE,
                price=brl(2500),
                half_of_ticket_type_id=STALLS,
            ),
        ],
    )


@dataclass(slots=True, kw_only=True)
class World:
    """pricing, its fake neighbours, and clients of it. mesh: PricingMesh as called by orders."""

    stage: Stage
    database: Database
    mesh: "PricingMeshAsyncStub"
    catalog: FakeCatalog
    identity: FakeIdentity
    inventory: FakeInventory
    orders: FakeOrders
    coupons: int = 0
    members: dict[str, EventHub] = field(default_factory=dict)

    def member(self, organizer_id: str = ORGANIZER) -> EventHub:
        return self.members.setdefault(organizer_id, self.stage.member(organizer_id))

    def coupon_request(
        self,
        code: str = "TEN",
        *,
        basis_points: int = 1000,
        amount: Money | None = None,
        life_s: int = DAY_S,
        **more: object,
    ) -> pb.CreateCouponRequest:
        """A request for a coupon, by default 10 % off for a day."""
        self.coupons += 1
        terms: dict[str, object] = {"amount": amount} if amount is not None else {"basis_points": basis_points}
        named: dict[str, object] = {"coupon_id": f"cpn_{self.coupons:026d}", "event_id": EVENT}
        end = to_timestamp(self.stage.clock.now_us() + life_s * 1_000_000)
        return pb.CreateCouponRequest(**{**named, **terms, "code": code, "expires_at": end, **more})  # type: ignore[arg-type] # fields by name

    async def coupon(self, code: str = "TEN", **terms: object) -> nouns.Coupon:
        """Creates a coupon with the terms of coupon_request."""
        request = self.coupon_request(code, **terms)  # type: ignore[arg-type] # fields by name
        return (await self.member().pricing.CreateCoupon(request)).coupon

    async def uses(self, code: str = "TEN") -> int:
        """The number of uses of a coupon."""
        answer = await self.member().pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT))
        return {coupon.code: coupon.uses for coupon in answer.coupons}[code]

    async def rows(self, sql: str) -> list[Row]:
        """The rows that a query finds in pricing's tables."""

        async def read(tx: Tx) -> list[Row]:
            return await tx.all(sql)

        return await self.database.read(read)

    async def reserve(self, coupon: nouns.Coupon, order_id: str = "ord_1", buyer_id: str = "gst_ana") -> None:
        """Reserves a redemption of a coupon for an order."""
        await self.mesh.ReserveRedemption(
            pb.ReserveRedemptionRequest(
                order_id=order_id, coupon_id=coupon.coupon_id, buyer_id=buyer_id, tickets=1, discount=brl(500)
            )
        )

    async def release(self, order_id: str = "ord_1") -> None:
        """Gives an order's redemption back."""
        await self.mesh.ReleaseRedemption(pb.ReleaseRedemptionRequest(order_id=order_id))

    async def take_back(self, order_id: str = "ord_1") -> None:
        """Gives the redemption of a paid order back."""
        await self.mesh.ReturnRedemption(pb.ReturnRedemptionRequest(order_id=order_id))


async def open_world(stage: Stage) -> World:
    """Starts pricing and its neighbours on a stage."""
    known = FakeCatalog(events={event.event_id: event for event in (show(), show("evt_other", "org_other"))})
    people = FakeIdentity(keys={"gst_ana": ["mail-ana", "cpf-ana"], "gst_rui": [], "acc_bia": ["mail-bia"]})
    orders, stock = FakeOrders(), FakeInventory()
    stage.script("catalog", CatalogMesh=known)
    stage.script("identity", IdentityMesh=people)
    stage.script("inventory", InventoryMesh=stock)
    stage.script("orders", OrdersMesh=orders)
    context = await stage.add(build)
    await stage.start()
    mesh = PricingMeshStub(stage.channel("orders"))
    return World(
        stage=stage,
        database=context.database,
        mesh=mesh,
        catalog=known,
        identity=people,
        inventory=stock,
        orders=orders,
    )


def wish(code: str = "", event_id: str = EVENT, **quantities: int) -> pb.QuoteRequest:
    """A request for a quote, for example wish("TEN", stalls=2)."""
    items = [pb.QuoteItem(ticket_type_id=f"tkt_{name}", quantity=quantity) for name, quantity in quantities.items()]
    return pb.QuoteRequest(event_id=event_id, items=items, coupon_code=code)


async def quoted(client: EventHub, request: pb.QuoteRequest) -> nouns.Quote:
    """Asks for a quote."""
    return (await client.pricing.Quote(request)).quote
