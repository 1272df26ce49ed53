"""An unforeseen error before and after each commit and each call: the order still ends paid or undone."""

import contextlib
from collections.abc import Iterator

import pytest

from eventhub import refusals
from eventhub.common.v1.error_reason_pb2 import (
    ERROR_REASON_COUPON_EXHAUSTED,
    ERROR_REASON_ORDER_CANCELLED,
    ERROR_REASON_PAYMENT_DECLINED,
)
from eventhub.orders.v1 import orders_service_pb2 as pb
from services.kit.values import failpoints
from services.orders.orders import PAY_WITHIN_US
from tests.fakes.payments import AUTHORIZED
from tests.orders.world import World, buy, hld, ord_, state


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def around(*names: str) -> list[str]:
    return [f"{name}.{when}" for name in names for when in ("before", "after")]


PLACING = around("orders>inventory.DescribeHold", "orders>pricing.QuoteOrder")
PAYING = around(
    "orders>inventory.LockHold",
    "orders>pricing.ReserveRedemption",
    "orders>payments.Authorize",
    "orders>inventory.ConfirmHold",
    "orders>payments.Capture",
    "orders.mark_paid",
)
UNDOING = around(
    "orders.give_up", "orders>inventory.UnlockHold", "orders>pricing.ReleaseRedemption", "orders.mark_failed"
)


async def is_paid_once(world: World) -> None:
    await world.becomes("PAID")
    assert world.payments.charges == [(ord_(1), 9000)]
    assert world.inventory.state(hld(1)) == "SOLD"
    assert world.pricing.redemptions == {ord_(1): "RESERVED"}
    assert world.pricing.uses_left == 99
    assert (await world.facts()).count("OrderPaid") == 1


async def is_undone(world: World, reason: int) -> None:
    assert (await world.becomes("FAILED")).failure == reason
    assert world.payments.charges == []
    assert world.inventory.state(hld(1)) == "HELD"
    assert world.pricing.uses_left == 100
    assert (await world.facts()).count("OrderFailed") == 1


@pytest.mark.parametrize("point", [*PLACING, "orders.place_order.before"])
async def test_an_order_that_was_not_made_is_not_there(world: World, point: str) -> None:
    failpoints.arm(f"{point}=raise")

    with pytest.raises(refusals.Internal):
        await world.checkout(coupon_code="TEN")

    assert await world.rows("SELECT order_id FROM customer_order") == []
    assert await world.facts() == []
    assert world.inventory.state(hld(1)) == "HELD"
    assert state(await world.checkout(coupon_code="TEN")) == "PAID"
    await is_paid_once(world)


async def test_an_order_whose_answer_was_lost_is_paid_all_the_same(world: World) -> None:
    failpoints.arm("orders.place_order.after=raise")
    request = buy(coupon_code="TEN")

    # The call finds its own order, or fails with Internal. In both cases the order is made.
    with contextlib.suppress(refusals.Internal):
        await world.ana.orders.Checkout(request)
    world.advance(5)

    await is_paid_once(world)


@pytest.mark.parametrize("point", PAYING)
async def test_a_mistake_on_the_way_to_paid_delays_and_does_not_harm(world: World, point: str) -> None:
    failpoints.arm(f"{point}=raise")

    answer = await world.ana.orders.Checkout(buy(coupon_code="TEN"))

    waits = point != "orders.mark_paid.after"
    assert state(answer.order) == ("PAYMENT_PENDING" if waits else "PAID")
    assert answer.HasField("next_action") is waits
    world.advance(5)
    await is_paid_once(world)


@pytest.mark.parametrize("point", around("orders.mark_pending", "orders._apply"))
async def test_a_mistake_while_pending_delays_and_does_not_harm(world: World, point: str) -> None:
    world.payments.silent = True
    failpoints.arm(f"{point}=raise")
    with contextlib.suppress(refusals.Internal):
        await world.ana.orders.Checkout(buy(coupon_code="TEN"))
    world.payments.silent = False
    world.payments.settle(ord_(1), AUTHORIZED)

    world.advance(5)

    await is_paid_once(world)


@pytest.mark.parametrize("point", around("orders.retry_later"))
async def test_a_mistake_in_noting_a_delay_does_not_lose_the_order(world: World, point: str) -> None:
    world.payments.away = True
    failpoints.arm(f"{point}=raise")
    assert state(await world.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    world.payments.away = False

    world.advance(20)

    await is_paid_once(world)


@pytest.mark.parametrize("point", UNDOING)
async def test_a_mistake_while_undoing_leaves_nothing_behind(world: World, point: str) -> None:
    world.payments.declines = True
    failpoints.arm(f"{point}=raise")
    await world.checkout(coupon_code="TEN")

    world.advance(5)

    await is_undone(world, ERROR_REASON_PAYMENT_DECLINED)


@pytest.mark.parametrize("point", [*around("orders.cancel", "orders>payments.Void"), *UNDOING[2:]])
async def test_a_mistake_while_cancelling_does_not_cancel_the_cancelling(world: World, point: str) -> None:
    world.payments.silent = True
    await world.checkout(coupon_code="TEN")
    world.payments.silent = False
    failpoints.arm(f"{point}=raise")
    request = pb.CancelOrderRequest(order_id=ord_(1))

    try:
        await world.ana.orders.CancelOrder(request)
    except refusals.Internal:
        await world.ana.orders.CancelOrder(request)
    world.advance(5)

    await is_undone(world, ERROR_REASON_ORDER_CANCELLED)


@pytest.mark.parametrize("point", around("orders>inventory.ReturnSold"))
async def test_sold_places_are_given_back_whatever_breaks(world: World, point: str) -> None:
    world.payments.captures_silently = True
    await world.checkout(coupon_code="TEN")
    world.payments.captures_silently = False
    failpoints.arm(f"{point}=raise")
    await world.ana.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(1)))

    world.advance(5)

    await is_undone(world, ERROR_REASON_ORDER_CANCELLED)


async def test_a_decision_to_give_up_keeps_its_reason(world: World) -> None:
    world.pricing.exhausted_at_reserve = True
    failpoints.arm("orders>inventory.UnlockHold.before=raise")
    assert state(await world.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    world.pricing.exhausted_at_reserve = False

    world.advance(PAY_WITHIN_US / 1_000_000)

    await is_undone(world, ERROR_REASON_COUPON_EXHAUSTED)
