"""What has long ended is forgotten: no table grows by strangers' tries for ever."""

from eventhub.refusals import Overloaded, Unavailable
from services.identity.door import store
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import Clock

EVERY_S = 3_600.0


class Sweeper:
    """Forgets every hour."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """clock: says what is old."""
        self._database = database
        self._clock = clock
        self._log = log.get("identity")

    async def run(self) -> None:
        """Sweeps for ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.sweep()
            except (Overloaded, Unavailable) as refused:
                self._log.info("sweeping put off", reason=refused.reason)

    async def sweep(self) -> None:
        """Forgets all that ended long enough ago, in short transactions."""
        now_us = self._clock.now_us()
        while await self._database.write(store.forget, now_us):
            continue
