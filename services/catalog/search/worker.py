"""Keeps the entries of the search up to date: with their events, their organizers' names, and the tickets left."""

from collections.abc import Awaitable

from eventhub.refusal import TransientRefusal
from services.catalog.neighbours import Inventory, Organizers
from services.catalog.search import entry_store, transactions
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import SECOND_US, Clock

LOOK_EVERY_S = 1.0
# Each change of an event writes its entry with it. The sweep only mends: it writes the entries of events that were
# published before there was a search, and deletes those of events that are over, and of series without nights.
SWEEP_EVERY_S = 60.0
NAME_LIFE_US = 600 * SECOND_US
NAME_RETRY_US = 60 * SECOND_US
NAMES_PER_ROUND = 200
STOCK_PER_ROUND = 100
SWEPT_AT_ONCE = 100


class SearchWorker:
    """Loops that run as long as the process. Each of their steps is safe to repeat."""

    def __init__(self, database: Database, clock: Clock, inventory: Inventory, organizers: Organizers) -> None:
        self._database = database
        self._clock = clock
        self._inventory = inventory
        self._organizers = organizers
        self._log = log.get(database.name)

    async def sweep(self) -> None:
        """Renews outdated entries, in a transaction for each."""
        while True:
            await self._try(self._sweep_all())
            await self._clock.sleep(SWEEP_EVERY_S)

    async def _sweep_all(self) -> None:
        while True:
            now_us = self._clock.now_us()
            outdated = await self._database.read_long(entry_store.outdated, now_us, SWEPT_AT_ONCE)
            for event_id in outdated:
                await self._database.write(transactions.renew, event_id, now_us=now_us)
            empty = await self._database.read_long(entry_store.empty_series, SWEPT_AT_ONCE)
            for n in empty:
                await self._database.write(entry_store.drop_series, n)
            if max(len(outdated), len(empty)) < SWEPT_AT_ONCE:
                return

    async def follow_names(self) -> None:
        """Asks for organizers' names: at once for a new one, every ten minutes for the others."""
        while True:
            await self._try(self._ask_names())
            await self._clock.sleep(LOOK_EVERY_S)

    async def _ask_names(self) -> None:
        now_us = self._clock.now_us()
        due = await self._database.read(entry_store.due_names, now_us, NAMES_PER_ROUND)
        if not due:
            return
        # A name that cannot be asked for now is asked for later, and the entries keep the name that they have.
        await self._database.write(entry_store.put_off_names, due, now_us + NAME_RETRY_US)
        names = await self._organizers.names(due)
        if await self._database.write(transactions.save_names, names, now_us + NAME_LIFE_US):
            await self._sweep_all()

    async def follow_stock(self) -> None:
        """Asks inventory which events are sold out."""
        while True:
            await self._try(self._ask_stock())
            await self._clock.sleep(LOOK_EVERY_S)

    async def _ask_stock(self) -> None:
        while True:
            now_us = self._clock.now_us()
            due = await self._database.read(entry_store.due_stock, now_us, STOCK_PER_ROUND)
            if not due:
                return
            available = await self._inventory.available(list(due))
            await self._database.write(transactions.save_stock, due, available, now_us=now_us)
            if len(due) < STOCK_PER_ROUND:
                return

    async def _try(self, work: Awaitable[None]) -> None:
        """Does some work. If a neighbour or the database is away or too busy, the next round does it."""
        try:
            await work
        except TransientRefusal as refused:
            self._log.info("search renewed later", reason=refused.reason)
