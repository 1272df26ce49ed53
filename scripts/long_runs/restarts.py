"""Makes purchases while pods are replaced: restarting contexts in turn loses none, although callers cache names."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from eventhub.client import new_guest_id, new_id
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID, Order
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, GetOrderRequest
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteRequest
from eventhub.refusal import Refusal
from scripts.long_runs.pods import Pods, pods
from scripts.measurements import events

# An order whose provider was late is settled within this time.
SETTLES_WITHIN_S = 60.0
ROLLED = ("catalog", "inventory", "pricing")
CARD = CheckoutRequest.Card(token="tok_ok")  # noqa: S106 - the sandbox provider's


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """every_s: seconds between two purchases. rest_s: between two rounds of restarts. cached_s: for which names are
    cached. linger_s, drain_s: see services.kit.values.config."""

    purchases: int = 1_000
    every_s: float = 0.25
    rest_s: float = 45.0
    cached_s: float = 30.0
    linger_s: float = 35.0
    drain_s: float = 10.0


@dataclass
class Result:
    """The run's result. lost: why purchases failed, one text for each."""

    bought: int = 0
    restarts: int = 0
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Summarises the run: one line, and one for each kind of failure."""
        ways = "".join(f"\n  {self.lost.count(way)} x {way}" for way in sorted(set(self.lost)))
        return f"{self.bought} purchases across {self.restarts} restarts, {len(self.lost)} lost{ways}"


@dataclass(frozen=True, slots=True)
class Guest:
    """Buys one place at a time at an event that never sells out, from the current pods."""

    up: Pods
    event_id: str
    ticket_type_id: str
    tokens: Tokens

    async def buy(self, result: Result) -> None:
        """Makes one purchase: a hold, a quote, a checkout. Counts its outcome."""
        try:
            await self._buy()
            result.bought += 1
        except Refusal as refused:
            result.lost.append(f"{refused} {refused.facts}")
        except TimeoutError:
            result.lost.append(f"not paid after {SETTLES_WITHIN_S:.0f} s")

    async def _buy(self) -> None:
        async with self.up.hub() as hub:
            hub.tokens = self.tokens
            item = HoldItem(ticket_type_id=self.ticket_type_id, quantity=1)
            hold = HoldRequest(hold_id=new_id("hld"), event_id=self.event_id, items=[item])
            await hub.inventory.Hold(hold)
            priced = QuoteItem(ticket_type_id=self.ticket_type_id, quantity=1)
            await hub.pricing.Quote(QuoteRequest(event_id=self.event_id, items=[priced]))
            wanted = CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=CARD)
            order = (await hub.orders.Checkout(wanted)).order
        async with asyncio.timeout(SETTLES_WITHIN_S):
            while order.state != ORDER_STATE_PAID:
                await asyncio.sleep(0.5)
                order = await self._order(order.order_id)

    async def _order(self, order_id: str) -> Order:
        async with self.up.hub() as hub:
            hub.tokens = self.tokens
            return (await hub.orders.GetOrder(GetOrderRequest(order_id=order_id))).order


async def comes(up: Pods) -> Guest:
    """Returns a guest who has bought once, so that every name has been looked up."""
    async with up.hub() as organizer, up.hub() as hub:
        event_id, ticket_type_id = await events.open_conference(organizer)
        request = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email="ana@example.com")
        guest = Guest(up, event_id, ticket_type_id, (await hub.identity.StartGuest(request)).tokens)
    await guest.buy(Result())
    return guest


async def play(folder: Path, plan: Plan) -> Result:
    """Buys at an even pace while contexts are restarted in turn, round after round."""
    settings = {"linger_s": str(plan.linger_s), "drain_s": str(plan.drain_s), "log_level": "warning"}
    result, enough = Result(), asyncio.Event()

    async def roll(up: Pods) -> None:
        while not enough.is_set():
            for context in ROLLED:
                result.restarts += await up.roll(context)
            await asyncio.sleep(plan.rest_s)

    async with pods(folder, ROLLED, cached_s=plan.cached_s, **settings) as up:
        guest = await comes(up)
        async with asyncio.TaskGroup() as group:
            rolling = group.create_task(roll(up))
            for _ in range(plan.purchases):
                group.create_task(guest.buy(result))
                await asyncio.sleep(plan.every_s)
            enough.set()
            await rolling
    return result
