"""Deletes old rows, so that strangers' tries never make a table grow without end."""

from services.identity.hourly import hourly
from services.identity.signin import store
from services.kit.db import Database
from services.kit.values import Clock


class Sweeper:
    """Deletes expired codes, tokens and attempts every hour."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """clock: tells how old a row is."""
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Sweeps every hour, without end."""
        await hourly(self.sweep, self._clock, name="sweeping")

    async def sweep(self) -> None:
        """Deletes all rows that are old enough, in short transactions."""
        now_us = self._clock.now_us()
        while await self._database.write(store.delete_old, now_us):
            continue
