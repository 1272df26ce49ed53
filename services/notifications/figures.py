"""Figures of mail: how much has left, is dropped or withheld and why, and how much waits and for how long."""

from collections import Counter

from services.kit.db import Database
from services.kit.observe import Gauge
from services.kit.values import SECOND_US, Clock
from services.notifications import mail_store

# Why a mail is not sent: the mail server refused it, its address is not valid, or its reader is gone.
REFUSED, NO_ADDRESS, NO_RECIPIENT = "refused", "no_address", "no_recipient"
CODE_EXPIRED, TRIED_FOR_TOO_LONG = "code_expired", "tried_for_too_long"
# The address is not proven; there was too much mail to it today; another mail tells the change, or it was undone.
UNPROVEN, OVER_BOUND, NOTHING_TO_SAY = "unproven", "over_bound", "nothing_to_say"
CAUSES = (REFUSED, NO_ADDRESS, NO_RECIPIENT, CODE_EXPIRED, TRIED_FOR_TOO_LONG, UNPROVEN, OVER_BOUND, NOTHING_TO_SAY)


class Figures:
    """Counts mail since the process started."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: notifications' own."""
        self._database = database
        self._clock = clock
        self.sent = 0
        self.delayed = 0
        self.dropped = Counter(dict.fromkeys(CAUSES, 0))
        self.withheld = Counter({UNPROVEN: 0, OVER_BOUND: 0})

    async def gauges(self) -> list[Gauge]:
        """The figures for alarms. A mail_oldest_seconds of more than a few minutes means that no mail leaves."""
        now_us = self._clock.now_us()
        waiting, oldest_us = await self._database.read(mail_store.mail_waiting, now_us)
        oldest_s = (now_us - oldest_us) / SECOND_US if waiting else 0.0
        return [
            Gauge("mail_pending", "Mail that is due and has not left.", waiting),
            Gauge("mail_oldest_seconds", "How long the oldest mail that is due has waited.", oldest_s),
            Gauge("mail_sent", "Mail handed over.", self.sent, total=True),
            Gauge("mail_delayed", "Times that a mail could not be handed over yet.", self.delayed, total=True),
            *(
                Gauge("mail_dropped", "Mail that is not sent, by cause.", count, {"cause": cause}, total=True)
                for cause, count in self.dropped.items()
            ),
            *(
                Gauge("mail_withheld", "Mail kept until its address is proven.", count, {"cause": cause}, total=True)
                for cause, count in self.withheld.items()
            ),
        ]
