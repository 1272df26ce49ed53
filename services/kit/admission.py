"""Admission control: what is refused first when there is too much to do."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from eventhub.common.v1.options_pb2 import Shedding
from eventhub.contract import DEADLINE_S, Method
from eventhub.refusals import Overloaded, TooManyRequests
from services.kit.call import Caller

CALLS_MAX = 400
WATCHES_MAX = 5_000
WATCHES_PER_CALLER_MAX = 20
RETRY_AFTER_S = 1.0

# How much of the room a class may fill. What is left is kept for the classes above it.
SHARE = {
    Shedding.SHEDDING_SHEDDABLE: 0.5,
    Shedding.SHEDDING_SHEDDABLE_PLUS: 0.7,
    Shedding.SHEDDING_CRITICAL: 0.8,
    Shedding.SHEDDING_CRITICAL_PLUS: 1.0,
}


class Admission:
    """Counts what a process is doing. Calls and watches have rooms of their own, so that watchers cannot crowd out
    buyers."""

    def __init__(self, *, calls_max: int = CALLS_MAX, watches_max: int = WATCHES_MAX) -> None:
        """calls_max: calls at once. watches_max: lasting streams at once."""
        self._room = {False: calls_max, True: watches_max}
        self._busy = {False: 0, True: 0}
        self._watching: Counter[str] = Counter()

    @contextmanager
    def enter(self, method: Method, caller: Caller) -> Iterator[None]:
        """A place for one call. Raises Overloaded when its class has none left, TooManyRequests when one caller
        watches too much."""
        lasting = DEADLINE_S[method.rules.deadline] is None
        if self._busy[lasting] >= self._room[lasting] * SHARE[method.rules.shedding]:
            raise Overloaded(retry_after_s=RETRY_AFTER_S)
        counted = caller.subject_id if lasting else ""
        if counted and self._watching[counted] >= WATCHES_PER_CALLER_MAX:
            raise TooManyRequests(retry_after_s=RETRY_AFTER_S)
        self._busy[lasting] += 1
        if counted:
            self._watching[counted] += 1
        try:
            yield
        finally:
            self._busy[lasting] -= 1
            if counted:
                self._watching[counted] -= 1
                if not self._watching[counted]:
                    del self._watching[counted]
