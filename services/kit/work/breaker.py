"""A circuit breaker. Pure: the caller passes the time in, in seconds of a monotonic clock.

It is CLOSED until half of at least CALLS_MIN calls in WINDOW_S have failed, or FAILURES_MAX in a row. It then is OPEN
for a while, which doubles with each failed round. After that it is HALF_OPEN and lets one probe through at a time:
PROBES successful ones close it, and a failed one opens it again. A result of a call from an earlier state is ignored: a
call that began before the opening and fails now says nothing new. The operator can force it open.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

WINDOW_S = 30.0
CALLS_MIN = 10
FAILURES_MAX = 5
PROBES = 3
PROBING_MAX_S = 30.0
WAIT_MAX_S = 60.0
JITTER = (0.8, 1.2)


class State(Enum):
    """The state of a breaker; its value says which calls pass."""

    CLOSED = "all calls"
    OPEN = "no calls, for a while"
    HALF_OPEN = "one probe at a time"
    FORCED_OPEN = "no calls, until the operator releases it"


class BreakerOpen(Exception):
    """The breaker does not let this call through."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The permission for one call. generation: counts the breaker's changes of state, to recognize a late result."""

    generation: int


class Breaker:
    """Lets calls through as long as they do not fail too often. Call enter() before each call and, once after it,
    succeeded(), failed() or, if the caller cancelled the call, forget()."""

    def __init__(self, wait_s: float, jitter: Callable[[float, float], float]) -> None:
        """wait_s: how long it stays open the first time. jitter: returns a random number between two."""
        self._wait_s = wait_s
        self._jitter = jitter
        self._state = State.CLOSED
        self._forced = False
        self._generation = 0
        # The calls of the last WINDOW_S, each with whether it failed, and how many of them did.
        self._calls: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._failures_in_a_row = 0
        self._rounds = 0
        self._until_s = 0.0
        self._probe_under_way = False
        self._good_probes = 0

    def state(self, now_s: float) -> State:
        """The state at a time."""
        self._pass_time(now_s)
        return State.FORCED_OPEN if self._forced else self._state

    def enter(self, now_s: float) -> Permit:
        """Asks to make a call. Raises BreakerOpen if it may not be made."""
        state = self.state(now_s)
        if state in (State.OPEN, State.FORCED_OPEN) or (state is State.HALF_OPEN and self._probe_under_way):
            raise BreakerOpen(state.name)
        self._probe_under_way = state is State.HALF_OPEN
        return Permit(self._generation)

    def succeeded(self, permit: Permit, now_s: float) -> None:
        """Call when the service answered. A declined payment is an answer too."""
        if not self._is_current(permit, now_s):
            return
        self._failures_in_a_row = 0
        if self._state is State.CLOSED:
            self._count(now_s, failed=False)
            return
        self._probe_under_way = False
        self._good_probes += 1
        if self._good_probes >= PROBES:
            self._rounds = 0
            self._move(State.CLOSED)

    def failed(self, permit: Permit, now_s: float) -> None:
        """Call when the service could not be reached or did not answer in time."""
        if not self._is_current(permit, now_s):
            return
        if self._state is State.HALF_OPEN:
            self._open(now_s)
            return
        self._failures_in_a_row += 1
        failures = self._count(now_s, failed=True)
        mostly = len(self._calls) >= CALLS_MIN and 2 * failures >= len(self._calls)
        if mostly or self._failures_in_a_row >= FAILURES_MAX:
            self._open(now_s)

    def forget(self, permit: Permit, now_s: float) -> None:
        """Call when the caller cancelled the call, which says nothing about the service."""
        if self._is_current(permit, now_s):
            self._probe_under_way = False

    def force(self, *, is_open: bool) -> None:
        """Forces the breaker open, or releases it. Results of running calls are ignored from then on."""
        if self._forced != is_open:
            self._forced = is_open
            self._generation += 1
            self._probe_under_way = False

    def _is_current(self, permit: Permit, now_s: float) -> bool:
        self._pass_time(now_s)
        return permit.generation == self._generation

    def _pass_time(self, now_s: float) -> None:
        if self._forced:
            return
        if self._state is State.OPEN and now_s >= self._until_s:
            self._move(State.HALF_OPEN)
            self._until_s = now_s + PROBING_MAX_S
        elif self._state is State.HALF_OPEN and now_s >= self._until_s:
            self._open(now_s)

    def _count(self, now_s: float, *, failed: bool) -> int:
        """Records a call. Returns the number of failed calls in the window."""
        self._calls.append((now_s, failed))
        self._failures += failed
        while self._calls[0][0] <= now_s - WINDOW_S:
            _, had_failed = self._calls.popleft()
            self._failures -= had_failed
        return self._failures

    def _open(self, now_s: float) -> None:
        # The wait doubles with each opening that follows a failed round of probes.
        wait_s = min(WAIT_MAX_S, self._wait_s * 2**self._rounds) * self._jitter(*JITTER)
        self._rounds = min(self._rounds + 1, 32)
        self._move(State.OPEN)
        self._until_s = now_s + wait_s

    def _move(self, state: State) -> None:
        self._state = state
        self._generation += 1
        self._calls.clear()
        self._failures = 0
        self._failures_in_a_row = 0
        self._probe_under_way = False
        self._good_probes = 0
