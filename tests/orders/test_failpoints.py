"""A mistake nobody thought of, before and after every commit and every call: the order still ends as it should."""

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
from services.orders.purchases import PAY_WITHIN_US
from tests.orders.house import House, buy, hld, ord_, state
from tests.orders.neighbours import AUTHORIZED


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


async def is_paid_once(house: House) -> None:
    await house.becomes("PAID")
    assert house.payments.charges == [(ord_(1), 9000)]
    assert house.inventory.state(hld(1)) == "SOLD"
    assert house.pricing.redemptions == {ord_(1): "RESERVED"}
    assert house.pricing.uses_left == 99
    assert (await house.facts()).count("OrderPaid") == 1


async def is_undone(house: House, reason: int) -> None:
    assert (await house.becomes("FAILED")).failure == reason
    assert house.payments.charges == []
    assert house.inventory.state(hld(1)) == "HELD"
    assert house.pricing.uses_left == 100
    assert (await house.facts()).count("OrderFailed") == 1


@pytest.mark.parametrize("point", [*PLACING, "orders.place_order.before"])
async def test_an_order_that_was_not_made_is_not_there(house: House, point: str) -> None:
    failpoints.arm(f"{point}=raise")

    with pytest.raises(refusals.Internal):
        await house.checkout(coupon_code="TEN")

    assert await house.rows("SELECT order_id FROM purchase") == []
    assert await house.facts() == []
    assert house.inventory.state(hld(1)) == "HELD"
    assert state(await house.checkout(coupon_code="TEN")) == "PAID"
    await is_paid_once(house)


async def test_an_order_whose_answer_was_lost_is_paid_all_the_same(house: House) -> None:
    failpoints.arm("orders.place_order.after=raise")
    request = buy(coupon_code="TEN")

    # The first call finds its own order after the loss, or is told of the mistake; the order is made either way.
    with contextlib.suppress(refusals.Internal):
        await house.ana.orders.Checkout(request)
    house.defer(5)

    await is_paid_once(house)


@pytest.mark.parametrize("point", PAYING)
async def test_a_mistake_on_the_way_to_paid_delays_and_does_not_harm(house: House, point: str) -> None:
    failpoints.arm(f"{point}=raise")

    answer = await house.ana.orders.Checkout(buy(coupon_code="TEN"))

    waits = point != "orders.mark_paid.after"
    assert state(answer.order) == ("PAYMENT_PENDING" if waits else "PAID")
    assert answer.HasField("next_action") is waits
    house.defer(5)
    await is_paid_once(house)


@pytest.mark.parametrize("point", around("orders.mark_pending", "orders._apply"))
async def test_a_mistake_while_pending_delays_and_does_not_harm(house: House, point: str) -> None:
    house.payments.silent = True
    failpoints.arm(f"{point}=raise")
    with contextlib.suppress(refusals.Internal):
        await house.ana.orders.Checkout(buy(coupon_code="TEN"))
    house.payments.silent = False
    house.payments.settle(ord_(1), AUTHORIZED)

    house.defer(5)

    await is_paid_once(house)


@pytest.mark.parametrize("point", around("orders.retry_later"))
async def test_a_mistake_in_noting_a_delay_does_not_lose_the_order(house: House, point: str) -> None:
    house.payments.away = True
    failpoints.arm(f"{point}=raise")
    assert state(await house.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    house.payments.away = False

    house.defer(20)

    await is_paid_once(house)


@pytest.mark.parametrize("point", UNDOING)
async def test_a_mistake_while_undoing_leaves_nothing_behind(house: House, point: str) -> None:
    house.payments.declines = True
    failpoints.arm(f"{point}=raise")
    await house.checkout(coupon_code="TEN")

    house.defer(5)

    await is_undone(house, ERROR_REASON_PAYMENT_DECLINED)


@pytest.mark.parametrize("point", [*around("orders.cancel", "orders>payments.Void"), *UNDOING[2:]])
async def test_a_mistake_while_cancelling_does_not_cancel_the_cancelling(house: House, point: str) -> None:
    house.payments.silent = True
    await house.checkout(coupon_code="TEN")
    house.payments.silent = False
    failpoints.arm(f"{point}=raise")
    request = pb.CancelOrderRequest(order_id=ord_(1))

    try:
        await house.ana.orders.CancelOrder(request)
    except refusals.Internal:
        await house.ana.orders.CancelOrder(request)
    house.defer(5)

    await is_undone(house, ERROR_REASON_ORDER_CANCELLED)


@pytest.mark.parametrize("point", around("orders>inventory.ReturnSold"))
async def test_sold_places_are_given_back_whatever_breaks(house: House, point: str) -> None:
    house.payments.captures_silently = True
    await house.checkout(coupon_code="TEN")
    house.payments.captures_silently = False
    failpoints.arm(f"{point}=raise")
    await house.ana.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(1)))

    house.defer(5)

    await is_undone(house, ERROR_REASON_ORDER_CANCELLED)


async def test_a_decision_to_give_up_keeps_its_reason(house: House) -> None:
    house.pricing.exhausted_at_reserve = True
    failpoints.arm("orders>inventory.UnlockHold.before=raise")
    assert state(await house.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    house.pricing.exhausted_at_reserve = False

    house.defer(PAY_WITHIN_US / 1_000_000)

    await is_undone(house, ERROR_REASON_COUPON_EXHAUSTED)
