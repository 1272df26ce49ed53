import pytest

from eventhub.refusals import TooManyRequests
from services.pricing.brake import AT_ONCE, TURN_US, WAIT_MAX_US, Guesses

EVE, OTHERS = ("203.0.113.9", "evt_1"), [("203.0.113.9", "evt_2"), ("203.0.113.10", "evt_1"), ("gst_ana", "evt_1")]
WAITING = WAIT_MAX_US // TURN_US


def turns(guesses: Guesses, times: int, *, now_us: int = 0) -> list[int]:
    return [guesses.take_turn(EVE, now_us=now_us) for _ in range(times)]


def test_ten_codes_are_looked_up_at_once_and_then_one_in_two_seconds() -> None:
    guesses = Guesses()

    assert turns(guesses, AT_ONCE + WAITING) == [0] * AT_ONCE + [TURN_US * n for n in range(1, WAITING + 1)]
    with pytest.raises(TooManyRequests) as refused:
        turns(guesses, 1)
    assert refused.value.retry_after_s == TURN_US / 1_000_000

    assert turns(guesses, 1, now_us=TURN_US) == [WAIT_MAX_US]
    assert [guesses.take_turn(key, now_us=0) for key in OTHERS] == [0, 0, 0]


def test_a_refused_code_takes_no_turn() -> None:
    guesses = Guesses()
    turns(guesses, AT_ONCE + WAITING)
    for _ in range(100):
        with pytest.raises(TooManyRequests):
            turns(guesses, 1)

    assert turns(guesses, AT_ONCE, now_us=(AT_ONCE + WAITING) * TURN_US) == [0] * AT_ONCE


def test_a_right_code_uses_up_nothing() -> None:
    guesses = Guesses()
    for _ in range(100):
        assert turns(guesses, 1) == [0]
        guesses.give_back(EVE)

    assert turns(guesses, AT_ONCE + 1) == [0] * AT_ONCE + [TURN_US]


def test_the_number_of_remembered_keys_is_limited() -> None:
    guesses = Guesses(keys_max=2)
    turns(guesses, AT_ONCE)
    for key in OTHERS[:2]:
        guesses.take_turn(key, now_us=0)

    assert turns(guesses, 1) == [0]
