from dataclasses import replace

import pytest

from services.payments.payments import (
    AUTHORIZED,
    CAPTURED,
    DECLINED,
    UNKNOWN,
    VOIDED,
    Attempt,
    Payment,
    Step,
    is_late,
    next_step,
    next_try_us,
)

PAYMENT = Payment(
    Attempt("ord_1", "org_casa", "evt_1", 5000, "BRL", "sandbox", "tok_ok"),
    UNKNOWN,
    void_requested=False,
    capture_requested=False,
    sent=True,
    tries=0,
    next_try_us=4_000_000,
    waiting_since_us=0,
    created_us=0,
    captured_us=None,
    version=1,
)


@pytest.mark.parametrize(
    ("state", "void", "capture", "asked", "step"),
    [
        (UNKNOWN, False, False, False, Step.AUTHORIZE),
        (UNKNOWN, False, False, True, Step.AUTHORIZE),
        (UNKNOWN, True, False, False, Step.VOID),
        (AUTHORIZED, False, False, False, None),
        (AUTHORIZED, False, True, False, Step.CAPTURE),
        (AUTHORIZED, False, False, True, Step.CAPTURE),
        (AUTHORIZED, True, True, True, Step.VOID),
        (CAPTURED, True, True, True, None),
        (DECLINED, True, True, True, None),
        (VOIDED, True, True, True, None),
    ],
)
def test_what_to_ask_next(state: str, void: bool, capture: bool, asked: bool, step: Step | None) -> None:
    payment = replace(PAYMENT, state=state, void_requested=void, capture_requested=capture)

    assert next_step(payment, capture=asked) is step


def test_silence_is_asked_after_less_and_less_often() -> None:
    waits_s = [next_try_us(tries, 0) // 1_000_000 for tries in range(1, 11)]

    assert waits_s == [1, 5, 15, 45, 120, 300, 900, 3600, 3600, 3600]


def test_an_answer_is_late_once_nobody_waits_for_it() -> None:
    assert not is_late(PAYMENT, 3_999_999)
    assert is_late(PAYMENT, 4_000_000)
    assert is_late(replace(PAYMENT, tries=1, next_try_us=9_000_000), 5_000_000)
