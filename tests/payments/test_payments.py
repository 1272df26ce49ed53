from dataclasses import replace

import pytest

from eventhub.payments.v1 import payments_pb2 as nouns
from services.payments.payments import Attempt, Payment, PaymentState, Step, is_late, next_step, next_try_us
from services.payments.sandbox_gateway import Fault
from tests.payments.world import attempt

UNKNOWN, AUTHORIZED, CAPTURED = PaymentState.UNKNOWN, PaymentState.AUTHORIZED, PaymentState.CAPTURED
DECLINED, VOIDED = PaymentState.DECLINED, PaymentState.VOIDED
PAYMENT = Payment(attempt=attempt(), state=UNKNOWN, sent=True, next_try_us=4_000_000, waiting_since_us=0, created_us=0)


def test_states_and_faults_are_the_contracts() -> None:
    states = [f"PAYMENT_STATE_{state}" for state in PaymentState]
    faults = [f"SANDBOX_FAULT_{fault.name}" for fault in Fault]

    assert ["PAYMENT_STATE_UNSPECIFIED", *states] == nouns.PaymentState.keys()
    assert ["SANDBOX_FAULT_UNSPECIFIED", *faults] == nouns.SandboxFault.keys()


def test_a_tombstone_asks_for_no_money() -> None:
    assert Attempt.tombstone("ord_1") == Attempt(order_id="ord_1", amount_minor=0)
    assert Attempt.tombstone("ord_1").is_tombstone
    assert not attempt().is_tombstone


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
def test_the_next_step(state: PaymentState, void: bool, capture: bool, asked: bool, step: Step | None) -> None:
    payment = replace(PAYMENT, state=state, void_requested=void, capture_requested=capture)

    assert next_step(payment, capture=asked) is step


def test_a_silent_provider_is_asked_less_and_less_often() -> None:
    waits_s = [next_try_us(tries, 0) // 1_000_000 for tries in range(1, 11)]

    assert waits_s == [1, 5, 15, 45, 120, 300, 900, 3600, 3600, 3600]


def test_an_answer_is_late_once_the_caller_has_stopped_waiting() -> None:
    assert not is_late(PAYMENT, 3_999_999)
    assert is_late(PAYMENT, 4_000_000)
    assert is_late(replace(PAYMENT, tries=1, next_try_us=9_000_000), 5_000_000)
