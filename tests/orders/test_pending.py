"""Orders whose payment is not known at once: they end PAID or FAILED without the buyer."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.common.v1.error_reason_pb2 import (
    ERROR_REASON_ORDER_CANCELLED,
    ERROR_REASON_PAYMENT_DECLINED,
    ERROR_REASON_PAYMENT_TIMED_OUT,
)
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled
from eventhub.payments.v1.payments_pb2 import Payment
from services.kit.values.clock import from_timestamp, to_timestamp
from services.orders.orders import PAY_WITHIN_US
from services.orders.saga import WAITS_S
from tests.fakes.inventory import HELD_UNTIL_US
from tests.fakes.payments import AUTHORIZED, CAPTURED, DECLINED, VOIDED
from tests.orders.world import RUI, World, buy, failed, hld, open_world, ord_, state
from tests.stage import Stage, until

PAY_WITHIN_S = PAY_WITHIN_US / 1_000_000


async def pending(world: World) -> pb.CheckoutResponse:
    """Ana's checkout with a silent provider; the order waits."""
    world.payments.silent = True
    answer = await world.ana.orders.Checkout(buy(coupon_code="TEN"))
    assert state(answer.order) == "PAYMENT_PENDING"
    return answer


async def cancel(world: World) -> nouns.Order:
    return (await world.ana.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(1)))).order


async def authorized(world: World, *, times: int) -> None:
    """Waits until orders has called Authorize a number of times and has stored that it waits."""

    async def noted() -> bool:
        tries = await world.rows("SELECT tries FROM customer_order")
        return world.payments.calls.count("Authorize") == times and tries == [(times,)]

    await until(noted)


def undone(world: World) -> bool:
    """Whether Ana has the hold again, the coupon is released, and no money was taken."""
    redeemed = world.pricing.redemptions.get(ord_(1)) == "RESERVED"
    return world.inventory.state(hld(1)) == "HELD" and not redeemed and not world.payments.charges


async def test_a_buyer_learns_at_once_that_the_provider_is_silent(world: World) -> None:
    answer = await pending(world)

    until_ = to_timestamp(world.stage.clock.now_us() + PAY_WITHIN_US)
    assert (answer.next_action.wait.until, answer.order.pay_until) == (until_, until_)
    assert world.inventory.state(hld(1)) == "LOCKED"
    assert await world.facts() == ["OrderPlaced", "OrderPaymentPending"]


async def test_an_order_is_paid_as_soon_as_its_payment_is_known(world: World) -> None:
    await pending(world)

    world.payments.silent = False
    world.payments.settle(ord_(1), AUTHORIZED)

    order = await world.becomes("PAID")
    assert not order.HasField("pay_until")
    assert world.payments.charges == [(ord_(1), 9000)]
    assert world.inventory.state(hld(1)) == "SOLD"
    assert await world.facts() == ["OrderPlaced", "OrderPaymentPending", "OrderPaid"]


async def test_a_repeat_while_pending_says_so_again(world: World) -> None:
    first = await pending(world)

    assert await world.ana.orders.Checkout(buy(coupon_code="TEN")) == first


async def test_a_payment_declined_later_undoes_everything(world: World) -> None:
    await pending(world)

    world.payments.settle(ord_(1), DECLINED)

    assert (await world.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_DECLINED
    assert undone(world)


async def test_a_provider_silent_for_too_long_is_given_up(world: World) -> None:
    await pending(world)
    world.payments.silent = False
    world.payments.away = True
    world.advance(PAY_WITHIN_S - 1)
    await authorized(world, times=2)
    world.payments.away = False

    world.advance(1)

    assert (await world.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_TIMED_OUT
    assert world.payments.state(ord_(1)) == "VOIDED"
    assert undone(world)


async def test_it_is_given_up_when_it_was_said_to_be(world: World) -> None:
    await pending(world)
    for n, wait_s in enumerate(WAITS_S[:5], start=2):
        world.advance(wait_s)
        await authorized(world, times=n)
    world.payments.silent = False
    passed_s = sum(WAITS_S[:5])

    world.advance(PAY_WITHIN_S - passed_s)

    assert (await world.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_TIMED_OUT


async def test_nothing_is_freed_before_the_payment_is_closed(world: World) -> None:
    await pending(world)

    world.advance(PAY_WITHIN_S)
    await until(lambda: "Void" in world.payments.calls)
    assert state(await world.order()) == "PAYMENT_PENDING"
    assert world.inventory.state(hld(1)) == "LOCKED"
    assert state(await cancel(world)) == "PAYMENT_PENDING"  # given up already: the reason stays
    world.payments.settle(ord_(1), VOIDED)

    assert (await world.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_TIMED_OUT
    assert undone(world)


async def test_a_buyer_gives_a_waiting_order_up(world: World) -> None:
    await pending(world)
    world.payments.silent = False

    order = await cancel(world)

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_ORDER_CANCELLED)
    assert undone(world)
    assert await cancel(world) == order


async def test_a_cancelled_order_fails_for_that_even_when_time_runs_out(world: World) -> None:
    await pending(world)
    assert state(await cancel(world)) == "PAYMENT_PENDING"

    world.advance(PAY_WITHIN_S)
    world.payments.settle(ord_(1), DECLINED)

    assert (await world.becomes("FAILED")).failure == ERROR_REASON_ORDER_CANCELLED


async def test_a_cancelled_order_that_was_captured_meanwhile_stays_paid(world: World) -> None:
    world.payments.captures_silently = True
    assert state(await world.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    assert world.inventory.state(hld(1)) == "SOLD"
    waits = await cancel(world)
    assert state(waits) == "PAYMENT_PENDING"

    world.payments.settle(ord_(1), CAPTURED)

    order = await world.becomes("PAID")
    assert not order.failure
    assert world.payments.charges == [(ord_(1), 9000)]
    assert world.inventory.state(hld(1)) == "SOLD"
    assert world.pricing.redemptions == {ord_(1): "RESERVED"}


async def test_sold_places_of_an_order_whose_money_never_came_are_held_again(world: World) -> None:
    world.payments.captures_silently = True
    await world.checkout(coupon_code="TEN")
    world.payments.captures_silently = False

    order = await cancel(world)

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_ORDER_CANCELLED)
    assert "ReturnSold" in world.inventory.calls
    assert undone(world)
    assert from_timestamp((await failed(world)).held_until) == HELD_UNTIL_US


async def test_a_paid_order_is_not_cancelled(world: World) -> None:
    await world.checkout()

    with pytest.raises(refusals.OrderState) as refused:
        await cancel(world)

    assert refused.value.state == "PAID"
    assert state(await world.order()) == "PAID"


async def test_only_its_buyer_cancels_an_order(world: World) -> None:
    await pending(world)
    request = pb.CancelOrderRequest(order_id=ord_(1))

    with pytest.raises(refusals.OrderNotFound):
        await world.stage.buyer(RUI).orders.CancelOrder(request)
    with pytest.raises(refusals.OrderNotFound):
        await world.ana.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(9)))
    with pytest.raises(refusals.OrderNotFound):
        await world.stage.member().orders.CancelOrder(request)

    world.payments.silent = False
    world.payments.settle(ord_(1), AUTHORIZED)
    await world.becomes("PAID")


async def test_sixteen_cancels_and_checkouts_at_once_end_one_way(world: World) -> None:
    await pending(world)
    world.payments.silent = False

    await asyncio.gather(
        *(world.ana.orders.Checkout(buy(coupon_code="TEN")) if n % 2 else cancel(world) for n in range(16)),
        return_exceptions=True,
    )
    await until(lambda: world.inventory.state(hld(1)) != "LOCKED")
    world.advance(5)

    if world.inventory.state(hld(1)) == "SOLD":
        await world.becomes("PAID")
        assert world.payments.charges == [(ord_(1), 9000)]
    else:
        assert (await world.becomes("FAILED")).failure == ERROR_REASON_ORDER_CANCELLED
        assert undone(world)


async def test_news_about_a_terminal_or_unknown_order_changes_nothing(world: World) -> None:
    paid = await world.checkout()
    world.payments.settle(ord_(1), CAPTURED)
    world.payments.tell(PaymentSettled(payment=Payment(order_id=ord_(9), state=CAPTURED)))
    world.hold(2)
    world.payments.silent = True
    await world.checkout(2)
    world.payments.silent = False
    world.payments.settle(ord_(2), AUTHORIZED)  # told last: once this order is paid, orders has read the earlier news

    await world.becomes("PAID", 2)

    assert await world.order() == paid
    assert await world.rows("SELECT * FROM parked_fact") == []


async def test_an_order_given_up_before_a_restart_stays_given_up(world: World, stage: Stage) -> None:
    await pending(world)
    await cancel(world)
    await stage.stop()
    world.payments.silent = False

    again = Stage(stage.folder)
    again.clock.pass_unseen(PAY_WITHIN_S)
    try:
        reopened = await open_world(again, among=world)
        assert (await reopened.becomes("FAILED")).failure == ERROR_REASON_ORDER_CANCELLED
    finally:
        await again.stop()

    assert undone(world)
