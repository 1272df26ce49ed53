import pytest

from eventhub.refusals import TooManyRequests
from services.kit.rpc.guess_limiter import AT_ONCE, TURN_US, WAIT_MAX_US, WAITING_MAX, GuessLimiter, Try

EVENT = "evt_1"
EVE, OTHERS = ("203.0.113.9", EVENT), [("203.0.113.9", "evt_2"), ("203.0.113.10", EVENT), ("gst_ana", EVENT)]


def ask(limiter: GuessLimiter, times: int, *, now_us: int = 0, session: str = "") -> list[Try]:
    """Codes that are tried at one address, each by a session of its own unless it is named."""
    return [limiter.ask(EVE, session or f"gst_{now_us}_{n}", now_us=now_us) for n in range(times)]


def guess(limiter: GuessLimiter, session: str, *, now_us: int = 0, times: int = 1) -> None:
    """Wrong codes of a session, looked up at once."""
    for _ in range(times):
        tried = limiter.ask(EVE, session, now_us=now_us)
        assert tried.has_turn
        limiter.wrong(tried, EVENT)


def served(tried: list[Try], now_us: int) -> list[bool]:
    """Which of those that wait have had their turn by then."""
    for each in tried:
        each.line.give_turns(now_us)
    return [each.has_turn for each in tried]


def test_ten_codes_are_looked_up_at_once_and_then_one_in_two_seconds() -> None:
    limiter = GuessLimiter()

    assert all(tried.has_turn for tried in ask(limiter, AT_ONCE))
    waiting = ask(limiter, WAITING_MAX)
    with pytest.raises(TooManyRequests) as refused:
        ask(limiter, 1, session="gst_late")
    assert refused.value.retry_after_s == TURN_US / 1_000_000
    assert served(waiting, TURN_US - 1) == [False, False, False]
    assert served(waiting, TURN_US) == [True, False, False]
    assert served(waiting, 2 * TURN_US) == [True, True, False]
    assert served(waiting, WAIT_MAX_US) == [True, True, True]
    assert all(limiter.ask(key, "gst_late", now_us=0).has_turn for key in OTHERS)


def test_a_refused_code_takes_no_turn() -> None:
    limiter = GuessLimiter()
    waiting = ask(limiter, AT_ONCE + WAITING_MAX)
    for _ in range(100):
        with pytest.raises(TooManyRequests):
            ask(limiter, 1, session="gst_late")

    assert all(served(waiting, WAIT_MAX_US))
    assert all(tried.has_turn for tried in ask(limiter, AT_ONCE, now_us=(AT_ONCE + WAITING_MAX) * TURN_US))


def test_a_right_code_uses_up_nothing() -> None:
    limiter = GuessLimiter()
    for _ in range(100):
        (tried,) = ask(limiter, 1)
        assert tried.has_turn
        limiter.right(tried)

    assert [tried.has_turn for tried in ask(limiter, AT_ONCE + 1)] == [True] * AT_ONCE + [False]


def test_a_session_waits_with_one_code() -> None:
    limiter = GuessLimiter()
    ask(limiter, AT_ONCE)
    ask(limiter, 1, session="gst_eve")

    for _ in range(3):
        with pytest.raises(TooManyRequests):
            ask(limiter, 1, session="gst_eve")
    assert len(ask(limiter, WAITING_MAX - 1)) == WAITING_MAX - 1


def test_the_session_with_the_fewest_wrong_codes_has_the_next_turn() -> None:
    limiter = GuessLimiter()
    guess(limiter, "gst_much", times=7)
    guess(limiter, "gst_once", times=1)
    ask(limiter, 2)
    much, once, never = (ask(limiter, 1, session=session)[0] for session in ("gst_much", "gst_once", "gst_never"))

    assert served([never, once, much], TURN_US) == [True, False, False]
    assert served([never, once, much], 2 * TURN_US) == [True, True, False]


def test_a_full_line_has_room_for_a_session_with_fewer_wrong_codes() -> None:
    limiter = GuessLimiter()
    for n in range(WAITING_MAX):
        guess(limiter, f"gst_{n}", times=n + 1)
    ask(limiter, AT_ONCE - sum(range(1, WAITING_MAX + 1)))
    waiting = [ask(limiter, 1, session=f"gst_{n}")[0] for n in range(WAITING_MAX)]

    (fresh,) = ask(limiter, 1, session="gst_fresh")

    assert served([fresh, *waiting], TURN_US) == [True, False, False, False]
    waiting[0].go_on(now_us=TURN_US)
    with pytest.raises(TooManyRequests):
        waiting[-1].go_on(now_us=TURN_US)


def test_who_is_overtaken_for_too_long_is_refused() -> None:
    limiter = GuessLimiter()
    guess(limiter, "gst_eve")
    ask(limiter, AT_ONCE - 1)
    (eve,) = ask(limiter, 1, session="gst_eve")
    for now_us in range(TURN_US, WAIT_MAX_US, TURN_US):
        ask(limiter, 1, now_us=now_us - 1)
        eve.go_on(now_us=now_us)
    ask(limiter, 1, now_us=WAIT_MAX_US - 1)

    with pytest.raises(TooManyRequests):
        eve.go_on(now_us=WAIT_MAX_US)


def test_who_has_left_takes_no_turn() -> None:
    limiter = GuessLimiter()
    ask(limiter, AT_ONCE)
    gone, next_one = ask(limiter, 2)
    gone.line.leave(gone)

    assert served([gone, next_one], TURN_US) == [False, True]


def test_the_number_of_remembered_keys_is_limited() -> None:
    limiter = GuessLimiter(keys_max=2)
    ask(limiter, AT_ONCE)
    for key in OTHERS[:2]:
        limiter.ask(key, "gst_1", now_us=0)

    assert ask(limiter, 1)[0].has_turn
