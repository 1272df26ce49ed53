"""Sells passes together with inventory, which learns of each change before buyers do."""

import asyncio
from weakref import WeakValueDictionary

from eventhub.refusal import Refusal
from services.catalog.attempts import Begun, attempt, until_done
from services.catalog.neighbours import Inventory
from services.catalog.passes import change_store, change_transactions, convert
from services.catalog.passes.change_store import PassChange
from services.catalog.passes.change_transactions import Decide
from services.catalog.passes.passes import Offer
from services.kit.db import Database
from services.kit.values import Clock


class PassSeller:
    """Adds and changes passes of series, and completes changes whose calls have died."""

    def __init__(self, database: Database, clock: Clock, inventory: Inventory) -> None:
        self._database = database
        self._clock = clock
        self._inventory = inventory
        # As in Changer, by series.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def change(self, series_id: str, organizer_id: str, decide: Decide) -> Offer:
        """Adds or changes a pass as decided, and returns the series with its passes after that. Raises SeriesNotFound,
        what decide raises, and CapacityBelowSold; nothing has changed then."""
        turn = self._turns.setdefault(series_id, asyncio.Lock())

        async def begin() -> Offer | Begun[PassChange]:
            now_us = self._clock.now_us()
            return await self._database.write_long(
                change_transactions.begin_pass_change, series_id, organizer_id, decide, now_us=now_us
            )

        async with turn:
            return await until_done(begin, self._complete)

    async def _complete(self, change: PassChange) -> Offer | None:
        """As attempts.attempt."""
        provision = convert.provision_pb(change.offer)
        provision.version = change.number
        return await attempt(
            lambda: self._inventory.sell(provision),
            lambda: self._database.write(change_transactions.drop_pass_change, change),
            lambda: self._database.write_long(
                change_transactions.finish_pass_change, change, now_us=self._clock.now_us()
            ),
        )

    async def due(self, limit: int) -> list[str]:
        """Ids of series of which a pass is to be changed now."""
        return await self._database.read(change_store.due_changes, self._clock.now_us(), limit)

    async def complete(self, series_id: str) -> None:
        """As Changer.complete, for a change of a pass."""
        change = await self._database.write_long(
            change_transactions.renew_pass_change, series_id, now_us=self._clock.now_us()
        )
        if change is None:
            return
        try:
            await self._complete(change)
        except Refusal:
            return
