"""Three contexts that each call the next: orders asks pricing for a price, pricing asks catalog for an event."""

import asyncio
from collections.abc import Awaitable, Callable

from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, CheckoutResponse
from eventhub.pricing.v1 import pricing_service_pb2 as pricing
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from services.kit.rpc.call import Call
from tests.stage import Stage

CHECKOUT = "/eventhub.orders.v1.OrdersService/Checkout"
QUOTE = "/eventhub.pricing.v1.PricingMesh/QuoteOrder"
EVENTS = "/eventhub.catalog.v1.CatalogMesh/BatchGetEvents"
REQUEST = CheckoutRequest(
    order_id=f"ord_{1:026d}",
    hold_id=f"hld_{1:026d}",
    card=CheckoutRequest.Card(token="tok_ok"),
)
Pause = Callable[[], Awaitable[None]]


class Chain:
    """Records each call. pauses: awaited by a context before it goes on, by its name. patience_s: how long
    pricing waits for catalog."""

    def __init__(self, stage: Stage, **pauses: Pause) -> None:
        self.calls: list[Call] = []
        self.patience_s: float | None = None
        self._pauses = pauses
        self._pricing = PricingMeshStub(stage.channel("orders"))
        self._catalog = CatalogMeshStub(stage.channel("pricing"))
        stage.script("orders", OrdersService=self)
        stage.script("pricing", PricingMesh=self)
        stage.script("catalog", CatalogMesh=self)

    async def _note(self, call: Call) -> None:
        self.calls.append(call)
        if call.method.context in self._pauses:
            await self._pauses[call.method.context]()

    async def Checkout(self, request: CheckoutRequest, call: Call) -> CheckoutResponse:
        await self._note(call)
        item = pricing.OrderItem(ticket_type_id=f"tkt_{1:026d}", quantity=1)
        quote = pricing.QuoteOrderRequest(event_id=f"evt_{1:026d}", buyer_id="gst_ana", items=[item])
        await self._pricing.QuoteOrder(quote)
        return CheckoutResponse()

    async def QuoteOrder(self, request: pricing.QuoteOrderRequest, call: Call) -> pricing.QuoteOrderResponse:
        await self._note(call)
        wanted = catalog.BatchGetEventsRequest(event_ids=[f"evt_{1:026d}"])
        await self._catalog.BatchGetEvents(wanted, timeout=self.patience_s)
        return pricing.QuoteOrderResponse()

    async def BatchGetEvents(
        self, request: catalog.BatchGetEventsRequest, call: Call
    ) -> catalog.BatchGetEventsResponse:
        await self._note(call)
        return catalog.BatchGetEventsResponse()


async def for_ever() -> None:
    """Waits until its task is cancelled."""
    await asyncio.Event().wait()
