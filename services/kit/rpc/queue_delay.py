"""How long calls queue before they are begun, and what is refused then. Pure: time is passed in, in seconds of a clock
that only grows.

As CoDel does for packets: a queue that was short at some moment of the last interval is good, it takes up a crowd; one
that never was only makes everybody wait. So what counts is the least delay of an interval, not the largest.
"""

import math

from eventhub.common.v1.options_pb2 import Shedding

INTERVAL_S = 0.4
CALM_S = 0.05
# From which standing delay on a class is refused. Steps of a purchase under way and check-in never are for that alone.
# Refusing costs nearly half of a hold: too early, and there is more refusing than selling.
REFUSED_FROM_S = {
    Shedding.SHEDDING_SHEDDABLE: 0.1,
    Shedding.SHEDDING_SHEDDABLE_PLUS: 0.5,
    Shedding.SHEDDING_CRITICAL: 1.0,
    Shedding.SHEDDING_CRITICAL_PLUS: math.inf,
}


def refuses(standing_s: float, shedding: Shedding.ValueType) -> bool:
    """Whether a class is refused while calls queue that long."""
    return standing_s > REFUSED_FROM_S[shedding]


class QueueDelay:
    """Delays as they are measured: how long one call at a time took from being sent to being begun. is_calm: nothing
    stands, whatever the time is."""

    def __init__(self) -> None:
        """Nothing is known yet, and so nothing stands."""
        self.is_calm = True
        self._sent_s: float | None = None
        self._since_s = -math.inf
        self._least_s = 0.0
        self._least_before_s = 0.0

    def sent(self, now_s: float) -> None:
        """The measuring call has left."""
        self._sent_s = now_s
        self.is_calm = False

    def begun(self, now_s: float) -> None:
        """It has been begun."""
        if self._sent_s is not None:
            delay_s, self._sent_s = now_s - self._sent_s, None
            self.note(delay_s, now_s)

    def lost(self) -> None:
        """It has not come through, and says nothing of how long others took."""
        self._sent_s = None

    def note(self, delay_s: float, now_s: float) -> None:
        """A call that is begun now has queued for delay_s."""
        if now_s - self._since_s >= INTERVAL_S:
            self._since_s, self._least_before_s, self._least_s = now_s, self._least_s, delay_s
        else:
            self._least_s = min(self._least_s, delay_s)
        self.is_calm = self._sent_s is None and min(self._least_before_s, self._least_s) <= CALM_S

    def standing_s(self, now_s: float) -> float:
        """How long calls have queued at the least for an interval. The measuring call itself, while it has not been
        begun, is one that has queued: whatever is begun now was sent before it."""
        least_s = min(self._least_before_s, self._least_s)
        waiting_s = 0.0 if self._sent_s is None else now_s - self._sent_s
        return max(least_s, waiting_s if waiting_s > INTERVAL_S else 0.0)
