"""Deletes old rows, so that strangers' tries never make a table grow without end."""

from eventhub.refusal import TransientRefusal
from services.identity.signin import store
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import Clock

EVERY_S = 3_600.0


class Sweeper:
    """Deletes expired codes, tokens and attempts every hour."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """clock: tells how old a row is."""
        self._database = database
        self._clock = clock
        self._log = log.get("identity")

    async def run(self) -> None:
        """Sweeps every hour, without end."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.sweep()
            except TransientRefusal as refused:
                self._log.info("sweeping put off", reason=refused.reason)

    async def sweep(self) -> None:
        """Deletes all rows that are old enough, in short transactions."""
        now_us = self._clock.now_us()
        while await self._database.write(store.delete_old, now_us):
            continue
