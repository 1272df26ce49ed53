"""How far a follower is behind the feed it reads."""

from eventhub.common.v1.feed_pb2 import FactBatch
from services.kit.observe.metrics import Gauge
from services.kit.values.clock import SECOND_US, Clock, from_timestamp


class Lag:
    """What a follower has heard and taken in, while it follows: another replica may do so instead."""

    def __init__(self, consumer: str, producer: str, clock: Clock) -> None:
        """consumer, producer: the contexts' names."""
        self._labels = {"consumer": consumer, "producer": producer}
        self._clock = clock
        self._heard_s: float | None = None
        self._behind = 0
        self._taken_us = 0

    def begun(self) -> None:
        """It follows from now on. Until it hears, it is silent."""
        self._heard_s = self._clock.monotonic()

    def ended(self) -> None:
        """It follows no longer, and tells nothing."""
        self._heard_s = None

    def heard(self, batch: FactBatch, position: int) -> None:
        """A batch has been taken in, or was empty. position: where the cursor stands now."""
        self._heard_s = self._clock.monotonic()
        self._behind = max(0, batch.head - position)
        if batch.facts:
            self._taken_us = from_timestamp(batch.facts[-1].occurred_at)

    async def gauges(self) -> list[Gauge]:
        """The lag in facts and in seconds, and how long nothing has been heard."""
        if self._heard_s is None:
            return []
        behind_s = (self._clock.now_us() - self._taken_us) / SECOND_US if self._behind and self._taken_us else 0.0
        silent_s = self._clock.monotonic() - self._heard_s
        return [
            Gauge(name, about, value, self._labels)
            for name, about, value in (
                ("feed_lag_positions", "Facts that are known of and not taken in.", self._behind),
                ("feed_lag_seconds", "The age of the last fact taken in, while there are more.", behind_s),
                ("feed_silent_seconds", "Since the last batch or heartbeat; 15 are normal.", silent_s),
            )
        ]
