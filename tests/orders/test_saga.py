"""The saga against a model of the neighbours: whatever they answer, and whenever the process dies, an order ends paid
and sold, or failed and undone. A paid one has the seats of its hold."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.orders import saga
from services.orders.orders import PAY_WITHIN_US, OrderState, PaymentMethod
from services.orders.saga import PaymentState, Progress, Step
from tests.orders.saga_model import Dice, Run, World, order_of

CARD, FREE, BOX_OFFICE = PaymentMethod.CARD, PaymentMethod.FREE, PaymentMethod.BOX_OFFICE
payments = st.sampled_from([(CARD, 9000), (BOX_OFFICE, 9000), (CARD, 0), (FREE, 0)])
coupons = st.sampled_from(["", "cpn_ten"])


@given(payments, coupons, st.sampled_from([0.03, 0.1, 0.25]), st.integers(0, 1), st.randoms(use_true_random=True))
@settings(max_examples=600, deadline=None)
def test_an_order_ends_paid_and_sold_or_failed_and_undone(
    paid_with: tuple[PaymentMethod, int], coupon: str, share: float, moves: int, dice: Dice
) -> None:
    def chance(what: str) -> bool:
        return dice.random() < share

    order = order_of(method=paid_with[0], total=paid_with[1], coupon=coupon)
    world = World(chance=chance, moves=moves)
    run = Run(world=world, stored=order, seen=order, told=moves)
    run.advance()
    run.hear()
    end = run.stored
    assert end.is_settled, "all neighbours answer, and yet the order does not end"
    assert len(run.reasons) <= 1
    if end.state == OrderState.PAID:
        assert world.hold == "SOLD"
        seats = [line.seat_id for line in end.lines]
        assert (end.places_revision, seats) == (world.moves, [f"B-{world.moves}" if world.moves else "A-05"])
        assert world.payment == ("CAPTURED" if order.needs_payment else "")
        assert world.redemption == ("RESERVED" if coupon else "")
    else:
        assert [end.giving_up] == run.reasons
        assert not world.taken
        assert world.payment in (("VOIDED", "DECLINED") if order.needs_payment else ("",))
        assert world.hold == "LAPSED" or (world.hold == "HELD" and world.given_up)
        assert world.redemption != "RESERVED"


@given(payments, coupons)
def test_without_trouble_nothing_is_asked_twice(paid_with: tuple[PaymentMethod, int], coupon: str) -> None:
    order = order_of(method=paid_with[0], total=paid_with[1], coupon=coupon)
    world = World(chance=lambda _: False, calm=True)
    run = Run(world=world, stored=order, seen=order)

    run.advance()

    expected = [Step.LOCK, *([Step.RESERVE] if coupon else [])]
    expected += [Step.AUTHORIZE, Step.CONFIRM, Step.CAPTURE] if order.needs_payment else [Step.CONFIRM]
    assert world.calls == expected
    assert run.stored.state == OrderState.PAID


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (Progress(refused="HOLD_EXPIRED"), "HOLD_EXPIRED"),
        (Progress(locked=True, payment=PaymentState.DECLINED), "PAYMENT_DECLINED"),
        (Progress(locked=True, sold=True, payment=PaymentState.VOIDED), "PAYMENT_DECLINED"),
        (Progress(locked=True, payment=PaymentState.UNKNOWN, waiting=True), "PAYMENT_TIMED_OUT"),
    ],
)
def test_an_order_is_given_up_for_the_reason_that_stopped_it(known: Progress, reason: str) -> None:
    assert saga.next_step(order_of(), known, now_us=PAY_WITHIN_US) is Step.GIVE_UP
    assert saga.reason_to_give_up(order_of(), known) == reason


def test_a_silent_provider_is_waited_for_until_the_last_microsecond() -> None:
    silent = Progress(locked=True, payment=PaymentState.UNKNOWN, waiting=True)

    assert saga.next_step(order_of(), silent, now_us=PAY_WITHIN_US - 1) is Step.WAIT
    assert saga.next_step(order_of(), silent, now_us=PAY_WITHIN_US) is Step.GIVE_UP


def test_once_the_places_are_sold_a_capture_is_waited_for_however_long() -> None:
    sold = Progress(locked=True, payment=PaymentState.AUTHORIZED, sold=True, waiting=True)

    assert saga.next_step(order_of(), sold, now_us=100 * PAY_WITHIN_US) is Step.WAIT


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.FAILED])
def test_a_terminal_order_has_no_next_step(state: OrderState) -> None:
    assert saga.next_step(replace(order_of(), state=state), Progress(), now_us=0) is Step.DONE
