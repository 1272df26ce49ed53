"""Slows down whoever tries out coupon codes. Kept in memory, in each replica: a restart forgives.

What tells right from wrong is worth guessing, so it has to cost something: time, which no number of guests makes up
for. But a limit would lock the owner of a right code out together with others at the same address. So wrong codes are
counted by event and network address. Ten are answered at once; after that each code, right or wrong, is looked up in a
turn of its own, two seconds after the one before it, however many ask at the same time. Only a wrong one uses up its
turn. So an address tries 300 codes in ten minutes, where four letters and digits make 1.6 million.

Of the sessions that wait at an address, each with one code, the one that has tried the fewest wrong codes for the event
has the next turn, then the one that has waited longest. Three wait; a fourth takes the place of the one that has tried
most, if it has tried fewer itself. Else it is refused before its code is looked up, which tells nothing. So sessions
that keep guessing do not keep another waiting for more than two turns. A guesser who begins a new session for each code
does: a session without a proven contact at that address then waits among the guesser's, and is refused where three of
those wait. A person who has proven their contact is counted by themselves and waits behind nobody.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from eventhub.refusals import TooManyRequests

AT_ONCE = 10
TURN_US = 2_000_000
WAIT_MAX_US = 6_000_000
WAITING_MAX = WAIT_MAX_US // TURN_US
KEYS_MAX = 10_000
SECOND_US = 1_000_000

# By what somebody is counted, and the event.
Key = tuple[str, str]


@dataclass(slots=True, eq=False)
class Try:
    """A code that is to be looked up. subject_id: the session or member who tries it. wrong: how many wrong ones they
    have tried before. until_us: how long it may wait. has_turn: whether it may be looked up now."""

    line: "Line"
    subject_id: str
    wrong: int
    until_us: int
    has_turn: bool = False

    def go_on(self, *, now_us: int) -> None:
        """Gives the turns that have come to those who wait. Raises TooManyRequests if this one cannot have one in time,
        or others have come who have tried fewer wrong codes."""
        self.line.give_turns(now_us)
        if not self.has_turn and (self not in self.line.waiting or self.line.free_us > self.until_us):
            raise too_many(self.line, now_us)


@dataclass(slots=True, eq=False)
class Line:
    """The turns at one address for one event. taken_until_us: until when those last that are taken. waiting: in the
    order in which they came, one of a session."""

    taken_until_us: int = 0
    waiting: list[Try] = field(default_factory=list)

    @property
    def free_us(self) -> int:
        """When the next turn is free."""
        return self.taken_until_us - (AT_ONCE - 1) * TURN_US

    def give_turns(self, now_us: int) -> None:
        """Gives each turn that is free to the one, of those who wait, who has tried the fewest wrong codes."""
        while self.waiting and self.free_us <= now_us:
            self._give(min(self.waiting, key=lambda waiting: waiting.wrong), now_us)

    def join(self, new: Try, now_us: int) -> None:
        """Gives a code its turn, or has it wait. Raises TooManyRequests if there is no room for it."""
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
        """A code waits no longer."""
        if tried in self.waiting:
            self.waiting.remove(tried)

    def _give(self, tried: Try, now_us: int) -> None:
        self.taken_until_us = max(self.taken_until_us, now_us) + TURN_US
        self.waiting.remove(tried)
        tried.has_turn = True


class Guesses:
    """The lines at all addresses, and how many wrong codes each session has tried. What was used longest ago is
    forgotten first."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        """keys_max: how many lines, and sessions, are remembered."""
        self._keys_max = keys_max
        self._lines: OrderedDict[Key, Line] = OrderedDict()
        self._wrong: OrderedDict[Key, int] = OrderedDict()

    def ask(self, key: Key, subject_id: str, *, now_us: int) -> Try:
        """Asks for a turn to have a code looked up. Raises TooManyRequests where too many wait, saying when to try
        again; then none is taken."""
        line = self._lines.setdefault(key, Line())
        kept(self._lines, key, self._keys_max)
        new = Try(line, subject_id, self._wrong.get((subject_id, key[1]), 0), until_us=now_us + WAIT_MAX_US)
        line.join(new, now_us)
        return new

    def right(self, tried: Try) -> None:
        """A code was right: its turn is given back."""
        tried.line.taken_until_us -= TURN_US

    def wrong(self, tried: Try, event_id: str) -> None:
        """A code was wrong."""
        key = tried.subject_id, event_id
        self._wrong[key] = self._wrong.get(key, 0) + 1
        kept(self._wrong, key, self._keys_max)


def kept(known: "OrderedDict[Key, Line] | OrderedDict[Key, int]", key: Key, most: int) -> None:
    """Notes that a key was used just now, and forgets those that were not for longest."""
    known.move_to_end(key)
    while len(known) > most:
        known.popitem(last=False)


def too_many(line: Line, now_us: int) -> TooManyRequests:
    """The refusal of a code that has to come again: at the earliest when the next turn is given."""
    return TooManyRequests(retry_after_s=max(line.free_us - now_us, TURN_US) / SECOND_US)
