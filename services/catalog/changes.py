"""Changing events together with inventory, which learns of each change before buyers do."""

import asyncio
from weakref import WeakValueDictionary

from eventhub.refusal import Refusal, TransientRefusal
from services.catalog import change_store, change_transactions, transactions
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
        async with turn:
            while True:
                begun = await self._database.write(
                    change_transactions.begin_change,
                    event_id,
                    organizer_id,
                    decide,
                    self._inventory.terms,
                    now_us=self._clock.now_us(),
                )
                if isinstance(begun, Event):
                    return begun
                try:
                    done = await self._complete(begun.change)
                except TransientRefusal:
                    raise
                except Refusal:
                    if begun.own:
                        raise
                    continue
                if done is not None and begun.own:
                    return done

    async def _complete(self, change: Change) -> Event | None:
        """Tells inventory of a change and saves it. Returns the event after that; None if another attempt has ended the
        change meanwhile. Raises inventory's refusal after the change is dropped; if inventory is unavailable, the
        change is left to a later attempt."""
        seats = await self._database.read(transactions.seat_counts, change.wanted)
        try:
            in_force = await self._inventory.provision(change.wanted, seats, change.number)
        except TransientRefusal:
            raise
        except Refusal:
            if await self._database.write(change_transactions.drop_change, change):
                raise
            return None
        if not in_force:
            return None
        return await self._database.write(change_transactions.finish_change, change, now_us=self._clock.now_us())

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
