"""How long calls queue before they begin, and from which delay on each class is refused. Pure: the caller passes the
time in, in seconds of a monotonic clock.

The idea is CoDel's, for network packets. A queue that was short at some moment of the last interval is good: it absorbs
a burst. A queue that never was short only makes all calls wait. So the smallest delay of an interval counts, not the
largest.
"""

import math

from eventhub.common.v1.options_pb2 import Shedding

INTERVAL_S = 0.4
CALM_S = 0.05
# The standing delay above which calls of a class are refused. CRITICAL_PLUS, such as the steps of a purchase that has
# begun and check-in, is never refused for the delay alone. Refusing a call costs nearly half as much as serving a hold,
# so a process that refuses too early spends more time on refusals than on sales.
REFUSED_FROM_S = {
    Shedding.SHEDDING_SHEDDABLE: 0.1,
    Shedding.SHEDDING_SHEDDABLE_PLUS: 0.5,
    Shedding.SHEDDING_CRITICAL: 1.0,
    Shedding.SHEDDING_CRITICAL_PLUS: math.inf,
}


def refuses(standing_s: float, shedding: Shedding.ValueType) -> bool:
    """Whether calls of a class are refused at this standing delay."""
    return standing_s > REFUSED_FROM_S[shedding]


class QueueDelay:
    """Measures the delay with one probe call at a time, from sending it to its beginning.

    is_calm: there is no standing delay at any time. Checked first, because it needs no clock.
    """

    def __init__(self) -> None:
        """Starts calm, without a measurement."""
        self.is_calm = True
        self._sent_s: float | None = None
        self._since_s = -math.inf
        self._least_s = 0.0
        self._least_before_s = 0.0

    def sent(self, now_s: float) -> None:
        """Call when the probe is sent."""
        self._sent_s = now_s
        self.is_calm = False

    def begun(self, now_s: float) -> None:
        """Call when the probe begins to be served."""
        if self._sent_s is not None:
            delay_s, self._sent_s = now_s - self._sent_s, None
            self.note(delay_s, now_s)

    def lost(self) -> None:
        """Call if the probe failed: it then says nothing about the delay."""
        self._sent_s = None

    def note(self, delay_s: float, now_s: float) -> None:
        """Records that a call which begins now has queued for delay_s."""
        if now_s - self._since_s >= INTERVAL_S:
            self._since_s, self._least_before_s, self._least_s = now_s, self._least_s, delay_s
        else:
            self._least_s = min(self._least_s, delay_s)
        self.is_calm = self._sent_s is None and min(self._least_before_s, self._least_s) <= CALM_S

    def standing_s(self, now_s: float) -> float:
        """The standing delay: the smallest delay of the last two intervals. A probe that has not begun yet counts with
        the time it has waited so far: calls are served in order, so every call that begins now was sent before it."""
        least_s = min(self._least_before_s, self._least_s)
        waiting_s = 0.0 if self._sent_s is None else now_s - self._sent_s
        return max(least_s, waiting_s if waiting_s > INTERVAL_S else 0.0)
