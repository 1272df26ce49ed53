"""Whole purchases, from the hold to the paid order."""

import asyncio
import time
from collections.abc import Callable

from google.protobuf.message import Message

from eventhub.client import new_id
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest, HoldResponse
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_FAILED, ORDER_STATE_PAID, Order
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, CheckoutResponse, GetOrderRequest, GetOrderResponse
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteRequest, QuoteResponse
from scripts.measurements.driver import Answer, Headers, Wires, patiently
from scripts.measurements.guests import HOLD, Sale
from scripts.measurements.host import Host, Platform
from scripts.measurements.invariants import Acknowledged
from scripts.story.buyers import CARD

QUOTE = "/eventhub.pricing.v1.PricingService/Quote"
CHECKOUT = "/eventhub.orders.v1.OrdersService/Checkout"
GET_ORDER = "/eventhub.orders.v1.OrdersService/GetOrder"
LOOK_S = 0.1
AT_ONCE = 24
# More purchases a second than the fastest machine so far has made.
PURCHASES_A_S = 150


class Failed(Exception):
    """An order failed that should have been paid."""


class Buyers:
    """Guests who buy in turn, each as often as a guest has turns. checkouts_s: how long each Checkout took, with the
    repeats that the server asked for."""

    def __init__(
        self, wires: Wires, next_guest: Callable[[], Headers], sale: Sale, acknowledged: Acknowledged, tickets: int = 1
    ) -> None:
        """next_guest: returns the metadata of the next buyer. tickets: in each order."""
        self._wires = wires
        self._next_guest = next_guest
        self._sale = sale
        self._acknowledged = acknowledged
        self._tickets = tickets
        self.checkouts_s: list[float] = []

    async def buy(self) -> tuple[str, Headers]:
        """Makes one purchase. Returns the order's id and the buyer's metadata. Raises Failed, or a Refusal."""
        guest = self._next_guest()
        item = HoldItem(ticket_type_id=self._sale.ticket_type_id, quantity=self._tickets)
        hold = HoldRequest(hold_id=new_id("hld"), event_id=self._sale.event_id, items=[item])
        await self._call(guest, HOLD, hold, HoldResponse)
        self._acknowledged.holds += 1
        priced = QuoteItem(ticket_type_id=self._sale.ticket_type_id, quantity=self._tickets)
        asked = QuoteRequest(event_id=self._sale.event_id, items=[priced])
        total = (await self._call(guest, QUOTE, asked, QuoteResponse)).quote.total
        wanted = CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, expected_total=total, card=CARD)
        started = time.monotonic()
        order = (await self._call(guest, CHECKOUT, wanted, CheckoutResponse)).order
        self.checkouts_s.append(time.monotonic() - started)
        await self._paid(guest, order)
        return wanted.order_id, guest

    async def _call(self, guest: Headers, path: str, request: Message, kind: type[Answer]) -> Answer:
        return await patiently(lambda: self._wires.call(path, request, kind, guest))

    async def _paid(self, guest: Headers, order: Order) -> None:
        """Waits until an order is paid."""
        asked = GetOrderRequest(order_id=order.order_id)
        while order.state != ORDER_STATE_PAID:
            if order.state == ORDER_STATE_FAILED:
                raise Failed(f"order {order.order_id} failed: {order.failure}")
            await asyncio.sleep(LOOK_S)
            order = (await self._call(guest, GET_ORDER, asked, GetOrderResponse)).order
        self._acknowledged.paid.add(order.order_id)


def buyers(platform: Platform, sale: Sale, tickets: int = 1) -> Buyers:
    """Returns buyers of an event of a platform. platform.guests must have been invited."""
    return Buyers(platform.wires, platform.guests.next, sale, platform.acknowledged, tickets)


async def rehearse(host: Host, platform: Platform, sale: Sale) -> Buyers:
    """Buys once, teaches the yardstick the answers, and returns buyers that buy from the yardstick: the load generator
    alone."""
    await platform.guests.invite(1)
    guest = platform.guests.next()
    await Buyers(platform.wires, lambda: guest, sale, platform.acknowledged).buy()
    await host.yardstick.teach(platform.wires.answers)
    return Buyers(host.yardstick.wires, lambda: guest, sale, Acknowledged())
