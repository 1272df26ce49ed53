"""Slows down guessing of codes: of coupons, and of ticket types. The counts are in each replica's memory, so a restart
forgets them.

An RPC that says whether a code is right lets callers guess codes, so each guess has to cost time, also for a caller
with many guest sessions. A hard limit would be wrong: it would refuse a buyer with a right code because of other
callers at the same network address. So wrong codes are counted by event and network address. The first ten are looked
up at once. After that each code, right or wrong, waits for a turn, and turns are two seconds apart, also for callers
that ask at the same time. Only a wrong code uses up its turn. So an address can try 300 codes in ten minutes, and a
code of four letters and digits is one of 1.6 million.

Each session waits with one code. The next turn goes to the waiting session with the fewest wrong codes for the event,
and among equals to the one that has waited longest. At most three sessions wait. A fourth replaces the one with the
most wrong codes if it has fewer itself; else it is refused, and its code is not looked up, so that the refusal reveals
nothing. So sessions that keep guessing delay another session by two turns at most. A guesser that starts a new session
for each code can delay more: another session without a proven contact at that address then has no advantage over the
guesser's sessions, and is refused if three of them wait. A person with a proven contact is counted alone, and does not
wait for other callers.
"""

from dataclasses import dataclass, field

from eventhub.refusals import TooManyRequests
from services.kit.values.cache import Cache
from services.kit.values.clock import SECOND_US

AT_ONCE = 10
TURN_US = 2_000_000
WAIT_MAX_US = 6_000_000
WAITING_MAX = WAIT_MAX_US // TURN_US
KEYS_MAX = 10_000

# The person or network address by which codes are counted, and the event's id.
Key = tuple[str, str]


@dataclass(slots=True, eq=False, kw_only=True)
class Try:
    """A code to be looked up. subject_id: the session or member that tries it. wrong: the number of wrong codes that
    the subject has tried before. until_us: the latest time for its turn. has_turn: whether it may be looked up now."""

    line: "Line"
    subject_id: str
    wrong: int
    until_us: int
    has_turn: bool = False

    def go_on(self, *, now_us: int) -> None:
        """Gives the turns that are free now. Raises TooManyRequests if this code cannot have a turn in time, or if a
        session with fewer wrong codes has taken its place."""
        self.line.give_turns(now_us)
        self.check_time(now_us=now_us)

    def check_time(self, *, now_us: int) -> None:
        """Raises TooManyRequests if this code cannot have a turn in time, or if a session with fewer wrong codes has
        taken its place."""
        if not self.has_turn and (self not in self.line.waiting or self.line.free_us > self.until_us):
            raise too_many(self.line, now_us)


@dataclass(slots=True, eq=False)
class Line:
    """The turns at one address for one event. taken_until_us: the end of the last turn that is taken. waiting: codes in
    the order in which they came, one for each session."""

    taken_until_us: int = 0
    waiting: list[Try] = field(default_factory=list)

    @property
    def free_us(self) -> int:
        """The time at which the next turn is free."""
        return self.taken_until_us - (AT_ONCE - 1) * TURN_US

    def give_turns(self, now_us: int) -> None:
        """Gives each free turn to the waiting session that has tried the fewest wrong codes."""
        while self.waiting and self.free_us <= now_us:
            self._give(min(self.waiting, key=lambda waiting: waiting.wrong), now_us)

    def join(self, new: Try, now_us: int) -> None:
        """Gives a code its turn, or makes it wait. Raises TooManyRequests if it may not wait: its session has a code
        waiting already, or three sessions wait and none has tried more wrong codes."""
        self.give_turns(now_us)
        self.waiting.append(new)
        if len(self.waiting) == 1 and self.free_us <= now_us:
            self._give(new, now_us)
        elif any(other.subject_id == new.subject_id for other in self.waiting[:-1]):
            self.leave(new)
            raise too_many(self, now_us)
        elif len(self.waiting) > WAITING_MAX:
            last = max(reversed(self.waiting), key=lambda waiting: waiting.wrong)
            self.leave(last)
            if last is new:
                raise too_many(self, now_us)

    def leave(self, tried: Try) -> None:
        """Takes a code out of the line, if it still waits."""
        if tried in self.waiting:
            self.waiting.remove(tried)

    def _give(self, tried: Try, now_us: int) -> None:
        self.taken_until_us = max(self.taken_until_us, now_us) + TURN_US
        self.waiting.remove(tried)
        tried.has_turn = True


class GuessLimiter:
    """The lines at all addresses, and the number of wrong codes that each session has tried. The entries that were used
    longest ago are forgotten first."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        """keys_max: how many lines are remembered, and how many sessions."""
        self._lines: Cache[Key, Line] = Cache(keys_max)
        self._wrong: Cache[Key, int] = Cache(keys_max)

    def ask(self, key: Key, subject_id: str, *, now_us: int, wait_max_us: int = WAIT_MAX_US) -> Try:
        """Asks for a turn in which a code is looked up. Raises TooManyRequests, with the time to try again, if the code
        may not wait; no turn is used up then."""
        line = self._lines.get(key) or Line()
        self._lines.put(key, line)
        new = Try(
            line=line,
            subject_id=subject_id,
            wrong=self._wrong.get((subject_id, key[1])) or 0,
            until_us=now_us + wait_max_us,
        )
        line.join(new, now_us)
        return new

    def right(self, tried: Try) -> None:
        """Gives the turn of a right code back."""
        tried.line.taken_until_us -= TURN_US

    def wrong(self, tried: Try, event_id: str) -> None:
        """Adds one to the wrong codes that a session has tried for an event."""
        key = tried.subject_id, event_id
        self._wrong.put(key, (self._wrong.get(key) or 0) + 1)


def too_many(line: Line, now_us: int) -> TooManyRequests:
    """Makes the refusal of a code that may not wait. It may be tried again when the next turn is free."""
    return TooManyRequests(retry_after_s=max(line.free_us - now_us, TURN_US) / SECOND_US)
