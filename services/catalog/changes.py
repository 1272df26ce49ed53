"""Changing events together with inventory, which learns of each change before buyers do."""

import asyncio
from weakref import WeakValueDictionary

from eventhub.refusal import Refusal
from services.catalog import change_store, change_transactions, transactions
from services.catalog.attempts import Begun, attempt, until_done
from services.catalog.change_transactions import Decide
from services.catalog.changing import Change
from services.catalog.events import Event
from services.catalog.neighbours import Inventory
from services.kit.db import Database
from services.kit.values import Clock


class Changer:
    """Changes events, and completes changes whose calls have died."""

    def __init__(self, database: Database, clock: Clock, inventory: Inventory) -> None:
        self._database = database
        self._clock = clock
        self._inventory = inventory
        # Calls that change one event wait for each other here. Those of other processes complete each other's changes.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def change(self, event_id: str, organizer_id: str, decide: Decide) -> Event:
        """Changes an event as decided, and returns it after the change. Raises EventNotFound, EventMoving, what decide
        raises, and CapacityBelowSold; nothing has changed then."""
        turn = self._turns.setdefault(event_id, asyncio.Lock())
        terms = self._inventory.terms

        async def begin() -> Event | Begun[Change]:
            now_us = self._clock.now_us()
            return await self._database.write(
                change_transactions.begin_change, event_id, organizer_id, decide, terms, now_us=now_us
            )

        async with turn:
            return await until_done(begin, self._complete)

    async def _complete(self, change: Change) -> Event | None:
        """As attempts.attempt."""
        seats = await self._database.read(transactions.seat_counts, change.wanted)
        return await attempt(
            lambda: self._inventory.provision(change.wanted, seats, change.number),
            lambda: self._database.write(change_transactions.drop_change, change),
            lambda: self._database.write(change_transactions.finish_change, change, now_us=self._clock.now_us()),
        )

    async def due(self, limit: int) -> list[str]:
        """Ids of events whose changes are to be completed now."""
        return await self._database.read(change_store.due_changes, self._clock.now_us(), limit)

    async def complete(self, event_id: str) -> None:
        """Completes a change whose call has died, or drops it if inventory refuses it. If inventory is unavailable, a
        later attempt does."""
        # This is a write. If this replica was paused and has lost its lease, it fails and nothing is sent.
        change = await self._database.write(change_transactions.renew_change, event_id, now_us=self._clock.now_us())
        if change is None:
            return
        try:
            await self._complete(change)
        except Refusal:
            return
