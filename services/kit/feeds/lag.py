"""Measures how far a follower is behind the feed that it reads."""

from eventhub.common.v1.feed_pb2 import FactBatch
from services.kit.observe.metrics import Gauge
from services.kit.values.clock import SECOND_US, Clock, from_timestamp


class Lag:
    """The lag of one follower. Reports nothing while another replica follows."""

    def __init__(self, consumer: str, producer: str, clock: Clock) -> None:
        """consumer, producer: names of the two contexts, used as labels."""
        self._labels = {"consumer": consumer, "producer": producer}
        self._clock = clock
        self._heard_s: float | None = None
        self._behind = 0
        self._taken_us = 0

    def begun(self) -> None:
        """Call when this replica begins to follow; the time without a batch counts from now."""
        self._heard_s = self._clock.monotonic()

    def ended(self) -> None:
        """Call when this replica stops following."""
        self._heard_s = None

    def heard(self, batch: FactBatch, position: int) -> None:
        """Call after each batch is applied, and for each heartbeat. position: the cursor's position now."""
        self._heard_s = self._clock.monotonic()
        self._behind = max(0, batch.head - position)
        if batch.facts:
            self._taken_us = from_timestamp(batch.facts[-1].occurred_at)

    async def gauges(self) -> list[Gauge]:
        """The lag in facts and in seconds, and the time since the last batch."""
        if self._heard_s is None:
            return []
        behind_s = (self._clock.now_us() - self._taken_us) / SECOND_US if self._behind and self._taken_us else 0.0
        silent_s = self._clock.monotonic() - self._heard_s
        return [
            Gauge(name=name, help=about, value=value, labels=self._labels)
            for name, about, value in (
                ("feed_lag_positions", "Facts of the producer that are not applied yet.", self._behind),
                ("feed_lag_seconds", "Age of the last fact applied, while there are more.", behind_s),
                ("feed_silent_seconds", "Since the last batch or heartbeat; 15 are normal.", silent_s),
            )
        ]
