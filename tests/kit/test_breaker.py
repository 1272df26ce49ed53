"""The breaker's states. The tests pass the time in, so they never wait."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kit.work.breaker import (
    CALLS_MIN,
    FAILURES_MAX,
    PROBES,
    PROBING_MAX_S,
    WAIT_MAX_S,
    Breaker,
    BreakerOpen,
    Permit,
    State,
)

WAIT_S = 5.0


def fresh(*, jitter: float = 1.0) -> Breaker:
    return Breaker(WAIT_S, lambda low, high: jitter)


def fail(breaker: Breaker, now_s: float) -> None:
    breaker.failed(breaker.enter(now_s), now_s)


def succeed(breaker: Breaker, now_s: float) -> None:
    breaker.succeeded(breaker.enter(now_s), now_s)


def opened(*, jitter: float = 1.0) -> Breaker:
    breaker = fresh(jitter=jitter)
    for _ in range(FAILURES_MAX):
        fail(breaker, 0.0)
    assert breaker.state(0.0) is State.OPEN
    return breaker


def test_failures_in_a_row_open_it_and_one_success_between_does_not() -> None:
    breaker = fresh()
    for _ in range(FAILURES_MAX - 1):
        fail(breaker, 0.0)
    succeed(breaker, 0.0)
    assert breaker.state(0.0) is State.CLOSED

    for _ in range(FAILURES_MAX):
        fail(breaker, 0.0)

    assert breaker.state(0.0) is State.OPEN


def test_half_of_enough_calls_failing_opens_it() -> None:
    breaker = fresh()
    for _ in range(CALLS_MIN // 2):
        succeed(breaker, 0.0)
        assert breaker.state(0.0) is State.CLOSED
        fail(breaker, 0.0)

    assert breaker.state(0.0) is State.OPEN


def test_failures_long_ago_do_not_count() -> None:
    breaker = fresh()
    for second in range(0, 400, 10):
        succeed(breaker, second)
        fail(breaker, second)

    assert breaker.state(400) is State.CLOSED


def test_open_it_lets_nothing_through_until_its_time_is_over() -> None:
    breaker = opened()

    with pytest.raises(BreakerOpen):
        breaker.enter(4.99)

    assert breaker.state(4.99) is State.OPEN
    assert breaker.state(5.0) is State.HALF_OPEN


@pytest.mark.parametrize("jitter", [0.8, 1.2])
def test_the_wait_is_spread(jitter: float) -> None:
    breaker = opened(jitter=jitter)

    assert breaker.state(WAIT_S * jitter - 0.01) is State.OPEN
    assert breaker.state(WAIT_S * jitter + 0.01) is State.HALF_OPEN


def test_fifty_calls_at_once_half_open_make_one_probe() -> None:
    breaker = opened()
    permits = []
    for _ in range(50):
        try:
            permits.append(breaker.enter(5.0))
        except BreakerOpen:
            continue

    assert len(permits) == 1


def test_three_good_probes_close_it() -> None:
    breaker = opened()
    for n in range(PROBES):
        assert breaker.state(5.0 + n) is State.HALF_OPEN
        succeed(breaker, 5.0 + n)

    assert breaker.state(8.0) is State.CLOSED
    for _ in range(FAILURES_MAX - 1):
        fail(breaker, 8.0)
    assert breaker.state(8.0) is State.CLOSED


def test_a_bad_probe_opens_it_for_twice_as_long_up_to_a_limit() -> None:
    breaker, now_s, waits = opened(), 0.0, []
    for _ in range(6):
        began_s = now_s
        while breaker.state(now_s) is not State.HALF_OPEN:
            now_s += 0.5
        waits.append(now_s - began_s)
        succeed(breaker, now_s)
        fail(breaker, now_s)
        assert breaker.state(now_s) is State.OPEN

    assert waits == [5, 10, 20, 40, WAIT_MAX_S, WAIT_MAX_S]


def test_after_it_has_closed_it_waits_the_first_time_again() -> None:
    breaker = opened()
    fail(breaker, 5.0)
    for _ in range(PROBES):
        succeed(breaker, 15.0)
    for _ in range(FAILURES_MAX):
        fail(breaker, 16.0)

    assert breaker.state(20.9) is State.OPEN
    assert breaker.state(21.0) is State.HALF_OPEN


@pytest.mark.parametrize("at_s", [0.0, 5.0])
def test_late_successes_of_old_calls_do_not_close_it(at_s: float) -> None:
    breaker = fresh()
    old = [breaker.enter(0.0) for _ in range(10)]
    for _ in range(FAILURES_MAX):
        fail(breaker, 0.0)
    before = breaker.state(at_s)

    for permit in old:
        breaker.succeeded(permit, at_s)

    assert before in (State.OPEN, State.HALF_OPEN)
    assert breaker.state(at_s) is before


def test_late_failures_of_old_calls_do_not_open_it() -> None:
    breaker = fresh()
    old = [breaker.enter(0.0) for _ in range(10)]
    for _ in range(FAILURES_MAX):
        fail(breaker, 0.0)
    for _ in range(PROBES):
        succeed(breaker, 5.0)

    for permit in old:
        breaker.failed(permit, 5.0)

    assert breaker.state(5.0) is State.CLOSED


def test_a_cancelled_call_is_no_failure() -> None:
    breaker = fresh()
    for _ in range(50):
        breaker.forget(breaker.enter(0.0), 0.0)

    assert breaker.state(0.0) is State.CLOSED


def test_a_probe_cut_short_makes_room_for_the_next() -> None:
    breaker = opened()

    breaker.forget(breaker.enter(5.0), 5.0)

    assert breaker.state(5.0) is State.HALF_OPEN
    for _ in range(PROBES):
        succeed(breaker, 5.0)
    assert breaker.state(5.0) is State.CLOSED


def test_a_probe_that_never_ends_does_not_keep_it_half_open() -> None:
    breaker = opened()
    breaker.enter(5.0)

    assert breaker.state(5.0 + PROBING_MAX_S) is State.OPEN


def test_the_operators_word_comes_first() -> None:
    breaker = fresh()
    permit = breaker.enter(0.0)
    breaker.force(is_open=True)

    breaker.succeeded(permit, 0.0)
    with pytest.raises(BreakerOpen):
        breaker.enter(10_000.0)

    assert breaker.state(10_000.0) is State.FORCED_OPEN
    breaker.force(is_open=False)
    assert breaker.state(10_000.0) is State.CLOSED


def test_let_go_it_goes_on_where_it_stood() -> None:
    breaker = opened()
    breaker.force(is_open=True)
    breaker.force(is_open=False)

    assert breaker.state(1.0) is State.OPEN
    assert breaker.state(5.0) is State.HALF_OPEN


class AnyCourse(RuleBasedStateMachine):
    """Calls every method in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = fresh()
        self.now_s = 0.0
        self.forced = False
        self.permits: list[tuple[Permit, State]] = []

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 31.0, 61.0]))
    def wait(self, seconds: float) -> None:
        before = self.breaker.state(self.now_s)
        self.now_s += seconds
        after = self.breaker.state(self.now_s)
        assert (before, after) not in {(State.CLOSED, State.OPEN), (State.OPEN, State.CLOSED)}

    @rule()
    def call(self) -> None:
        state = self.breaker.state(self.now_s)
        try:
            permit = self.breaker.enter(self.now_s)
        except BreakerOpen:
            assert state is not State.CLOSED
            return
        assert state in (State.CLOSED, State.HALF_OPEN)
        self.permits.append((permit, state))

    @precondition(lambda self: self.permits)
    @rule(data=st.data(), good=st.booleans())
    def answer(self, data: st.DataObject, good: bool) -> None:
        permit, _ = self.permits.pop(data.draw(st.integers(0, len(self.permits) - 1)))
        before = self.breaker.state(self.now_s)
        (self.breaker.succeeded if good else self.breaker.failed)(permit, self.now_s)
        after = self.breaker.state(self.now_s)
        if before in (State.OPEN, State.FORCED_OPEN):
            assert after is before
        if good:
            assert after is not State.OPEN or before is State.OPEN
        else:
            assert after is not State.CLOSED or before is State.CLOSED

    @precondition(lambda self: self.permits)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        permit, _ = self.permits.pop(data.draw(st.integers(0, len(self.permits) - 1)))
        before = self.breaker.state(self.now_s)
        self.breaker.forget(permit, self.now_s)
        assert self.breaker.state(self.now_s) is before

    @rule(is_open=st.booleans())
    def force(self, is_open: bool) -> None:
        self.breaker.force(is_open=is_open)
        self.forced = is_open

    @invariant()
    def the_operator_wins(self) -> None:
        assert (self.breaker.state(self.now_s) is State.FORCED_OPEN) == self.forced


AnyCourse.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyCourse = AnyCourse.TestCase
