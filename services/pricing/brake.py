"""Slows down whoever tries out coupon codes. Kept in memory: a restart forgives."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from eventhub.refusals import TooManyRequests

UNKNOWN_MAX = 10
WITHIN_US = 600_000_000
SUBJECTS_MAX = 10_000
SECOND_US = 1_000_000


class UnknownCodes:
    """Who has tried how many unknown codes lately. The subjects that tried least recently are forgotten first."""

    def __init__(self, subjects_max: int = SUBJECTS_MAX) -> None:
        """subjects_max: how many subjects are remembered."""
        self._subjects_max = subjects_max
        self._tries: OrderedDict[str, deque[int]] = OrderedDict()
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def trying(self, subject_id: str, *, now_us: int) -> Iterator[None]:
        """While it is found out whether a code is known. Raises as check, also where others under way may use up the
        tries that are left: guessing at once gains nothing."""
        self.check(subject_id, now_us=now_us)
        tries = self._tries.get(subject_id, ())
        recent = sum(at_us > now_us - WITHIN_US for at_us in tries)
        if recent + self._under_way[subject_id] >= UNKNOWN_MAX:
            raise TooManyRequests(retry_after_s=1.0)
        self._under_way[subject_id] += 1
        try:
            yield
        finally:
            self._under_way[subject_id] -= 1
            if not self._under_way[subject_id]:
                del self._under_way[subject_id]

    def check(self, subject_id: str, *, now_us: int) -> None:
        """Raises TooManyRequests after ten unknown codes in ten minutes, saying when the oldest is forgotten."""
        tries = self._tries.get(subject_id)
        if tries is None or len(tries) < UNKNOWN_MAX:
            return
        wait_us = tries[0] + WITHIN_US - now_us
        if wait_us > 0:
            raise TooManyRequests(retry_after_s=wait_us / SECOND_US)

    def note(self, subject_id: str, *, now_us: int) -> None:
        """Remembers an unknown code."""
        self._tries.setdefault(subject_id, deque(maxlen=UNKNOWN_MAX)).append(now_us)
        self._tries.move_to_end(subject_id)
        while len(self._tries) > self._subjects_max:
            self._tries.popitem(last=False)
