"""Caches another context's answers for a few seconds."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from services.kit.values.clock import Clock

V = TypeVar("V")

GOOD_US = 5_000_000
KEPT_MAX = 1_000


class TtlCache(Generic[V]):
    """Keeps answers by key for five seconds. If there are too many, the least recently used is dropped. Errors are not
    cached."""

    def __init__(self, clock: Clock, ask: Callable[[str], Awaitable[V]], kept_max: int = KEPT_MAX) -> None:
        """ask: asks the other context for a key. kept_max: number of answers to keep."""
        self._clock = clock
        self._ask = ask
        self._kept_max = kept_max
        self._kept: OrderedDict[str, tuple[int, V]] = OrderedDict()

    async def get(self, key: str, *, since_us: int = 0) -> V:
        """Returns the answer for a key, at most five seconds old. Raises what ask raises.

        since_us: a cached answer from before this time is not used, in microseconds.
        """
        kept = self._kept.get(key)
        if kept is not None and max(since_us, self._clock.now_us() - GOOD_US + 1) <= kept[0]:
            self._kept.move_to_end(key)
            return kept[1]
        # The age counts from before the question, so an answer is never older than promised.
        asked_us = self._clock.now_us()
        self._kept.pop(key, None)
        answer = await self._ask(key)
        self._kept[key] = asked_us, answer
        self._kept.move_to_end(key)
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)
        return answer
