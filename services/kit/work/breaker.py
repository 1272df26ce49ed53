"""A circuit breaker. Pure: time is passed in, in seconds of a clock that only grows.

CLOSED until half of at least CALLS_MIN calls in WINDOW_S failed, or FAILURES_MAX in a row. Then OPEN for a while,
doubled with each round that fails. Then HALF_OPEN: one probe at a time; PROBES good ones close it, a bad one opens it
again. A result that belongs to an earlier state says nothing about this one. The operator's word comes first.
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
    """Whether calls are let through."""

    CLOSED = "all are"
    OPEN = "none is, until a while has passed"
    HALF_OPEN = "one probe at a time is"
    FORCED_OPEN = "none is, until the operator says otherwise"


class BreakerOpen(Exception):
    """The call was not let through."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A call let through. generation: in which spell of which state."""

    generation: int


class Breaker:
    """Lets calls through while they do not fail too often. Every permit is handed back once: by succeeded(), failed(),
    or forget() for a call that was cut short by its caller and says nothing."""

    def __init__(self, wait_s: float, jitter: Callable[[float, float], float]) -> None:
        """wait_s: how long it stays open the first time. jitter: a number between two."""
        self._wait_s = wait_s
        self._jitter = jitter
        self._state = State.CLOSED
        self._forced = False
        self._generation = 0
        self._calls: deque[tuple[float, bool]] = deque()
        self._failures_in_a_row = 0
        self._rounds = 0
        self._until_s = 0.0
        self._probe_under_way = False
        self._good_probes = 0

    def state(self, now_s: float) -> State:
        """Where it stands."""
        self._pass_time(now_s)
        return State.FORCED_OPEN if self._forced else self._state

    def enter(self, now_s: float) -> Permit:
        """Lets a call through. Raises BreakerOpen."""
        state = self.state(now_s)
        if state in (State.OPEN, State.FORCED_OPEN) or (state is State.HALF_OPEN and self._probe_under_way):
            raise BreakerOpen(state.name)
        self._probe_under_way = state is State.HALF_OPEN
        return Permit(self._generation)

    def succeeded(self, permit: Permit, now_s: float) -> None:
        """The callee answered; a no is an answer."""
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
        """The callee could not be reached or did not answer."""
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
        """The caller went away; nothing was learnt."""
        if self._is_current(permit, now_s):
            self._probe_under_way = False

    def force(self, *, is_open: bool) -> None:
        """Lets nothing through, or leaves it to its own judgement again. What was under way says nothing any more."""
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
        """Notes a call; how many of those in the window failed."""
        self._calls.append((now_s, failed))
        while self._calls[0][0] <= now_s - WINDOW_S:
            self._calls.popleft()
        return sum(bad for _, bad in self._calls)

    def _open(self, now_s: float) -> None:
        # The first opening waits once, each that follows a failed round of probes twice as long.
        wait_s = min(WAIT_MAX_S, self._wait_s * 2**self._rounds) * self._jitter(*JITTER)
        self._rounds = min(self._rounds + 1, 32)
        self._move(State.OPEN)
        self._until_s = now_s + wait_s

    def _move(self, state: State) -> None:
        self._state = state
        self._generation += 1
        self._calls.clear()
        self._failures_in_a_row = 0
        self._probe_under_way = False
        self._good_probes = 0
