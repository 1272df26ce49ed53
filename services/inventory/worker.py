"""Work that inventory does by itself: it frees expired holds, opens half-price reserves to all, closes lots whose time
is over, and announces counts.

Selling does not depend on this work: a Hold that finds its seats taken lapses expired holds itself. The fact of a
hold does not tell the counts of numbered seats, because the next hold changes them again. The sweeper announces them
once a second, for events whose seats have changed.
"""

from collections.abc import Awaitable

from eventhub.refusal import TransientRefusal
from services.inventory import (
    count_transactions,
    lot_store,
    lot_transactions,
    reserve_store,
    reserve_transactions,
    transactions,
)
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import Clock

SWEEP_EVERY_S = 1.0
COUNT_EVERY_S = 1.0
QUIET_S = 60.0
RELEASED_AT_ONCE = 100


class Sweeper:
    """Loops that run as long as the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._log = log.get(database.name)

    async def lapse(self) -> None:
        """Frees expired holds, in small transactions."""
        while True:
            await self._try(self._lapse_all())
            await self._clock.sleep(SWEEP_EVERY_S)

    async def _lapse_all(self) -> None:
        while await self._database.write(transactions.lapse_due, now_us=self._clock.now_us()):
            pass

    async def release(self) -> None:
        """Opens half-price reserves to all and closes lots when they are due, one transaction for each."""
        while True:
            await self._try(self._release_all())
            await self._clock.sleep(SWEEP_EVERY_S)

    async def _release_all(self) -> None:
        now_us = self._clock.now_us()
        for event_id in await self._database.read(reserve_store.due_reserves, now_us=now_us, limit=RELEASED_AT_ONCE):
            await self._database.write(reserve_transactions.release_reserve, event_id, now_us=now_us)
        for event_id, type_id in await self._database.read(lot_store.due_lots, now_us=now_us, limit=RELEASED_AT_ONCE):
            await self._database.write(lot_transactions.close_due, event_id, type_id, now_us=now_us)

    async def count(self) -> None:
        """Announces seat counts of the events that changed since the last announcement, by any process."""
        with self._database.listen("") as listener:
            while True:
                await self._try(self._announce_counts())
                await listener.wait(QUIET_S)
                await self._clock.sleep(COUNT_EVERY_S)

    async def _announce_counts(self) -> None:
        await self._database.write(count_transactions.announce_counts, now_us=self._clock.now_us())

    async def _try(self, work: Awaitable[None]) -> None:
        """Does some work. If the database is away or too busy, the next round does it."""
        try:
            await work
        except TransientRefusal as refused:
            self._log.info("sweeping later", reason=refused.reason)
