"""Chapter 5: the payment provider goes down and comes back."""

import asyncio
import time

from eventhub.client import EventHub
from eventhub.orders.v1.orders_pb2 import (
    ORDER_STATE_PAYMENT_PENDING,
    Order,
    OrderState,
)
from eventhub.orders.v1.orders_service_pb2 import WatchOrderRequest
from eventhub.payments.v1.payments_pb2 import (
    BREAKER_STATE_CLOSED,
    BREAKER_STATE_OPEN,
    SANDBOX_FAULT_DOWN,
    SANDBOX_FAULT_NONE,
    BreakerState,
    SandboxFault,
)
from eventhub.payments.v1.payments_service_pb2 import (
    GetProviderHealthRequest,
    GetSandboxChargesRequest,
    SetSandboxFaultRequest,
)
from scripts.story import buyers
from scripts.story.organizer import Programme
from scripts.story.stage import Stage, aside, hold_true, say, soon

AT_ONCE_S = 1.0
UNLUCKY = 2


async def survive(stage: Stage, programme: Programme, hub: EventHub, hold_id: str) -> None:
    """Orders while the provider is down; the platform settles those orders by itself when it returns."""
    async with stage.client() as operator:
        await operator.sign_in_operator(stage.operator_key.read_text().strip())
        await set_fault(operator, SANDBOX_FAULT_DOWN)
        say("The sandbox provider refuses every connection")
        pending = [await order_somehow(hub, programme) for _ in range(UNLUCKY)]
        await soon(lambda: breaker_is(operator, BREAKER_STATE_OPEN), "the breaker opens")
        say("The breaker opens: buyers no longer wait for a provider that is down")
        started = time.monotonic()
        late = (await buyers.pay(hub, hold_id)).order
        took = time.monotonic() - started
        pending.append(late)
        hold_true(
            late.state == ORDER_STATE_PAYMENT_PENDING and took < AT_ONCE_S,
            f"A checkout answers PAYMENT_PENDING after {took * 1000:.0f} ms; its seats stay kept",
        )
        await set_fault(operator, SANDBOX_FAULT_NONE)
        say("The provider returns")
        states = await asyncio.gather(*(until_settled(hub, order) for order in pending))
        for order, seen in zip(pending, states, strict=True):
            aside(f"WatchOrder {order.order_id[:10]}…: {' → '.join(seen)}")
        hold_true(all(seen[-1] == "PAID" for seen in states), f"All {len(pending)} orders turn PAID by themselves")
        await soon(lambda: breaker_is(operator, BREAKER_STATE_CLOSED), "the breaker closes")
        books = [await charges(operator, order) for order in pending]
        hold_true(all(book == ["captured"] for book in books), "The provider's own book has each of them charged once")


async def order_somehow(hub: EventHub, programme: Programme) -> Order:
    """Orders one more seat."""
    seat = await buyers.best_seats(hub, programme.show_id, programme.show_general, 1)
    held = await buyers.hold(hub, programme.show_id, programme.show_general, *seat)
    return (await buyers.pay(hub, held)).order


async def until_settled(hub: EventHub, order: Order) -> list[str]:
    """Returns the states that an order's stream reports until the order is settled."""
    stream = hub.orders.WatchOrder(WatchOrderRequest(order_id=order.order_id))
    states = [answer.order.state async for answer in stream if answer.HasField("order")]
    return [OrderState.Name(state).removeprefix("ORDER_STATE_") for state in states]


async def set_fault(operator: EventHub, fault: SandboxFault.ValueType) -> None:
    """Makes the sandbox provider misbehave, or stop misbehaving."""
    await operator.sandbox.SetSandboxFault(SetSandboxFaultRequest(fault=fault))


async def breaker_is(operator: EventHub, state: BreakerState.ValueType) -> bool:
    """Tells whether the sandbox provider's breaker is in a state."""
    health = await operator.payments.GetProviderHealth(GetProviderHealthRequest())
    return any(one.provider == "sandbox" and one.breaker == state for one in health.providers)


async def charges(operator: EventHub, order: Order) -> list[str]:
    """Returns the states of an order's charges in the provider's own book."""
    book = await operator.sandbox.GetSandboxCharges(GetSandboxChargesRequest(order_id=order.order_id))
    return [charge.state for charge in book.charges]
