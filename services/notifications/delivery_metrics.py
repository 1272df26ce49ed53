"""Metrics of a channel's deliveries: how many were sent, dropped and withheld, how many wait, and for how long."""

from collections import Counter

from services.kit.db import Database
from services.kit.observe import Gauge
from services.kit.values import SECOND_US, Clock
from services.notifications import delivery_store
from services.notifications.deliveries import WORDS, ChannelName, Reason


class DeliveryMetrics:
    """Counts a channel's deliveries since the process started."""

    def __init__(self, database: Database, clock: Clock, channel: ChannelName) -> None:
        """database: notifications' own."""
        self._database = database
        self._clock = clock
        self._channel = channel
        self.sent = 0
        self.delayed = 0
        self.dropped = Counter(dict.fromkeys(Reason, 0))
        self.withheld = Counter({Reason.UNPROVEN: 0, Reason.OVER_BOUND: 0})

    async def gauges(self) -> list[Gauge]:
        """The metrics for alarms. If the oldest has waited for more than a few minutes, nothing leaves."""
        now_us, word = self._clock.now_us(), WORDS[self._channel]
        subject = word.capitalize()
        waiting, oldest_us = await self._database.read(delivery_store.waiting, self._channel, now_us)
        oldest_s = (now_us - oldest_us) / SECOND_US if waiting else 0.0
        dropped = f"{subject} that is not sent, by cause."
        withheld = f"{subject} kept until its address is proven."
        return [
            Gauge(name=f"{word}_pending", help=f"{subject} that is due and has not left.", value=waiting),
            Gauge(
                name=f"{word}_oldest_seconds",
                help=f"How long the oldest {word} that is due has waited.",
                value=oldest_s,
            ),
            Gauge(name=f"{word}_sent", help=f"{subject} handed over.", value=self.sent, total=True),
            Gauge(
                name=f"{word}_delayed",
                help=f"Times that a {word} could not be handed over yet.",
                value=self.delayed,
                total=True,
            ),
            *(
                Gauge(name=f"{word}_dropped", help=dropped, value=count, labels={"cause": reason}, total=True)
                for reason, count in self.dropped.items()
            ),
            *(
                Gauge(name=f"{word}_withheld", help=withheld, value=count, labels={"cause": reason}, total=True)
                for reason, count in self.withheld.items()
            ),
        ]
