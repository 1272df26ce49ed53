"""Orders whose payment is not known at once: they are settled without the buyer, one way or the other."""

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
from services.orders.purchases import PAY_WITHIN_US
from services.orders.saga import WAITS_S
from tests.orders.house import RUI, House, buy, failed, hld, open_house, ord_, state
from tests.orders.neighbours import AUTHORIZED, CAPTURED, DECLINED, HELD_UNTIL_US, VOIDED
from tests.stage import Stage, until

PAY_WITHIN_S = PAY_WITHIN_US / 1_000_000


async def pending(house: House) -> pb.CheckoutResponse:
    """Ana's checkout, while the provider is silent."""
    house.payments.silent = True
    answer = await house.ana.orders.Checkout(buy(coupon_code="TEN"))
    assert state(answer.order) == "PAYMENT_PENDING"
    return answer


async def cancel(house: House) -> nouns.Order:
    return (await house.ana.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(1)))).order


async def authorized(house: House, *, times: int) -> None:
    """Waits until payments was asked for the money so often, and the answer was noted."""

    async def noted() -> bool:
        tries = await house.rows("SELECT tries FROM purchase")
        return house.payments.calls.count("Authorize") == times and tries == [(times,)]

    await until(noted)


def undone(house: House) -> bool:
    """Whether the hold is Ana's again, the coupon is back and nothing was charged."""
    redeemed = house.pricing.redemptions.get(ord_(1)) == "RESERVED"
    return house.inventory.state(hld(1)) == "HELD" and not redeemed and not house.payments.charges


async def test_a_buyer_learns_at_once_that_the_provider_is_silent(house: House) -> None:
    answer = await pending(house)

    until_ = to_timestamp(house.stage.clock.now_us() + PAY_WITHIN_US)
    assert (answer.next_action.wait.until, answer.order.pay_until) == (until_, until_)
    assert house.inventory.state(hld(1)) == "LOCKED"
    assert await house.facts() == ["OrderPlaced", "OrderPaymentPending"]


async def test_an_order_is_paid_as_soon_as_its_payment_is_known(house: House) -> None:
    await pending(house)

    house.payments.silent = False
    house.payments.settle(ord_(1), AUTHORIZED)

    order = await house.becomes("PAID")
    assert not order.HasField("pay_until")
    assert house.payments.charges == [(ord_(1), 9000)]
    assert house.inventory.state(hld(1)) == "SOLD"
    assert await house.facts() == ["OrderPlaced", "OrderPaymentPending", "OrderPaid"]


async def test_a_repeat_while_pending_says_so_again(house: House) -> None:
    first = await pending(house)

    assert await house.ana.orders.Checkout(buy(coupon_code="TEN")) == first


async def test_a_payment_declined_later_undoes_everything(house: House) -> None:
    await pending(house)

    house.payments.settle(ord_(1), DECLINED)

    assert (await house.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_DECLINED
    assert undone(house)


async def test_a_provider_silent_for_too_long_is_given_up(house: House) -> None:
    await pending(house)
    house.payments.silent = False
    house.payments.away = True
    house.defer(PAY_WITHIN_S - 1)
    await authorized(house, times=2)
    house.payments.away = False

    house.defer(1)

    assert (await house.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_TIMED_OUT
    assert house.payments.state(ord_(1)) == "VOIDED"
    assert undone(house)


async def test_it_is_given_up_when_it_was_said_to_be(house: House) -> None:
    await pending(house)
    for n, wait_s in enumerate(WAITS_S[:5], start=2):
        house.defer(wait_s)
        await authorized(house, times=n)
    house.payments.silent = False
    passed_s = sum(WAITS_S[:5])

    house.defer(PAY_WITHIN_S - passed_s)

    assert (await house.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_TIMED_OUT


async def test_nothing_is_freed_before_the_payment_is_closed(house: House) -> None:
    await pending(house)

    house.defer(PAY_WITHIN_S)
    await until(lambda: "Void" in house.payments.calls)
    assert state(await house.order()) == "PAYMENT_PENDING"
    assert house.inventory.state(hld(1)) == "LOCKED"
    assert state(await cancel(house)) == "PAYMENT_PENDING"  # given up already: the reason stays
    house.payments.settle(ord_(1), VOIDED)

    assert (await house.becomes("FAILED")).failure == ERROR_REASON_PAYMENT_TIMED_OUT
    assert undone(house)


async def test_a_buyer_gives_a_waiting_order_up(house: House) -> None:
    await pending(house)
    house.payments.silent = False

    order = await cancel(house)

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_ORDER_CANCELLED)
    assert undone(house)
    assert await cancel(house) == order


async def test_a_cancelled_order_fails_for_that_even_when_time_runs_out(house: House) -> None:
    await pending(house)
    assert state(await cancel(house)) == "PAYMENT_PENDING"

    house.defer(PAY_WITHIN_S)
    house.payments.settle(ord_(1), DECLINED)

    assert (await house.becomes("FAILED")).failure == ERROR_REASON_ORDER_CANCELLED


async def test_a_cancelled_order_that_was_captured_meanwhile_stays_paid(house: House) -> None:
    house.payments.captures_silently = True
    assert state(await house.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    assert house.inventory.state(hld(1)) == "SOLD"
    waits = await cancel(house)
    assert state(waits) == "PAYMENT_PENDING"

    house.payments.settle(ord_(1), CAPTURED)

    order = await house.becomes("PAID")
    assert not order.failure
    assert house.payments.charges == [(ord_(1), 9000)]
    assert house.inventory.state(hld(1)) == "SOLD"
    assert house.pricing.redemptions == {ord_(1): "RESERVED"}


async def test_sold_places_of_an_order_whose_money_never_came_are_held_again(house: House) -> None:
    house.payments.captures_silently = True
    await house.checkout(coupon_code="TEN")
    house.payments.captures_silently = False

    order = await cancel(house)

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_ORDER_CANCELLED)
    assert "ReturnSold" in house.inventory.calls
    assert undone(house)
    assert from_timestamp((await failed(house)).held_until) == HELD_UNTIL_US


async def test_a_paid_order_is_not_cancelled(house: House) -> None:
    await house.checkout()

    with pytest.raises(refusals.OrderState) as refused:
        await cancel(house)

    assert refused.value.state == "PAID"
    assert state(await house.order()) == "PAID"


async def test_nobody_cancels_somebody_elses_order(house: House) -> None:
    await pending(house)
    request = pb.CancelOrderRequest(order_id=ord_(1))

    with pytest.raises(refusals.OrderNotFound):
        await house.stage.buyer(RUI).orders.CancelOrder(request)
    with pytest.raises(refusals.OrderNotFound):
        await house.ana.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(9)))
    with pytest.raises(refusals.OrderNotFound):
        await house.stage.member().orders.CancelOrder(request)

    house.payments.silent = False
    house.payments.settle(ord_(1), AUTHORIZED)
    await house.becomes("PAID")


async def test_sixteen_cancels_and_checkouts_at_once_end_one_way(house: House) -> None:
    await pending(house)
    house.payments.silent = False

    await asyncio.gather(
        *(house.ana.orders.Checkout(buy(coupon_code="TEN")) if n % 2 else cancel(house) for n in range(16)),
        return_exceptions=True,
    )
    await until(lambda: house.inventory.state(hld(1)) != "LOCKED")
    house.defer(5)

    if house.inventory.state(hld(1)) == "SOLD":
        await house.becomes("PAID")
        assert house.payments.charges == [(ord_(1), 9000)]
    else:
        assert (await house.becomes("FAILED")).failure == ERROR_REASON_ORDER_CANCELLED
        assert undone(house)


async def test_news_about_a_settled_or_unknown_order_changes_nothing(house: House) -> None:
    paid = await house.checkout()
    house.payments.settle(ord_(1), CAPTURED)
    house.payments.teller.tell(ord_(9), PaymentSettled(payment=Payment(order_id=ord_(9), state=CAPTURED)))
    house.hold(2)
    house.payments.silent = True
    await house.checkout(2)
    house.payments.silent = False
    house.payments.settle(ord_(2), AUTHORIZED)  # told last: what was told before has been taken in

    await house.becomes("PAID", 2)

    assert await house.order() == paid
    assert await house.rows("SELECT * FROM parked_fact") == []


@pytest.mark.parametrize("neighbour", ["inventory", "pricing", "payments"])
async def test_an_order_waits_for_a_neighbour_that_is_away(house: House, neighbour: str) -> None:
    away = getattr(house, neighbour)
    gate = house.pricing.gate = asyncio.Event()
    call = asyncio.create_task(house.checkout(coupon_code="TEN"))
    await until(lambda: house.pricing.gate is None)
    away.away = True
    gate.set()
    assert state(await call) == "PAYMENT_PENDING"
    away.away = False

    house.defer(WAITS_S[1])

    await house.becomes("PAID")
    assert house.payments.charges == [(ord_(1), 9000)]
    assert house.inventory.state(hld(1)) == "SOLD"


async def test_an_order_is_carried_on_after_a_restart(house: House, stage: Stage) -> None:
    house.payments.away = True
    assert state(await house.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    await stage.stop()
    house.payments.away = False

    again = Stage(stage.folder)
    again.clock.pass_unseen(WAITS_S[1])
    try:
        reopened = await open_house(again, among=house)
        await reopened.becomes("PAID")
    finally:
        await again.stop()

    assert house.payments.charges == [(ord_(1), 9000)]
    assert house.inventory.state(hld(1)) == "SOLD"
    assert house.pricing.redemptions == {ord_(1): "RESERVED"}


async def test_an_order_given_up_before_a_restart_stays_given_up(house: House, stage: Stage) -> None:
    await pending(house)
    await cancel(house)
    await stage.stop()
    house.payments.silent = False

    again = Stage(stage.folder)
    again.clock.pass_unseen(PAY_WITHIN_S)
    try:
        reopened = await open_house(again, among=house)
        assert (await reopened.becomes("FAILED")).failure == ERROR_REASON_ORDER_CANCELLED
    finally:
        await again.stop()

    assert undone(house)
