"""Publishing events: inventory has all seats and places before buyers see an event. Each step can be repeated."""

from collections.abc import AsyncIterator
from contextlib import suppress

from eventhub.refusals import EventState
from services.catalog import decision_transactions, transactions
from services.catalog.changes import Changer
from services.catalog.events import TICKETED, Event
from services.catalog.neighbours import Inventory
from services.catalog.plans import store as plan_store
from services.catalog.plans import transactions as plan_transactions
from services.catalog.plans.plan import Seat
from services.kit.db import Database
from services.kit.values import Clock

SEATS_PER_READ = 400


class Publisher:
    """Publishes events together with inventory."""

    def __init__(self, database: Database, clock: Clock, inventory: Inventory, changer: Changer) -> None:
        """changer: puts an event that was unpublished back on sale."""
        self._database = database
        self._clock = clock
        self._inventory = inventory
        self._changer = changer

    async def publish(self, event_id: str, organizer_id: str) -> Event:
        """Puts an event on sale, or completes an interrupted attempt. Raises what PublishEvent refuses with."""
        published = await self.publish_draft(event_id, organizer_id)
        if published is not None:
            return published
        decide = decision_transactions.putting_back(now_us=self._clock.now_us())
        return await self._changer.change(event_id, organizer_id, decide)

    async def publish_draft(self, event_id: str, organizer_id: str) -> Event | None:
        """Puts a draft on sale, or completes an interrupted attempt. None if the event was published before, on sale or
        not. Raises what PublishEvent refuses with."""
        while True:
            now_us = self._clock.now_us()
            event, number = await self._database.write(
                transactions.begin_publishing, event_id, organizer_id, now_us=now_us
            )
            if event.state in TICKETED:
                return None
            await self._provision(event, number)
            published = await self._database.write(transactions.publish, event, now_us=now_us)
            if published is not None:
                return published

    async def _provision(self, event: Event, number: int) -> None:
        seat_counts = await self._database.read(transactions.seat_counts, event)
        await self._inventory.provision(event, seat_counts, number)
        if event.plan_id:
            # An interrupted attempt may have opened the sales. The seats are the same.
            with suppress(EventState):
                await self._inventory.provision_seats(event.event_id, self._seats(event))
        await self._inventory.open_sales(event)

    async def _seats(self, event: Event) -> AsyncIterator[list[Seat]]:
        plan = await self._database.read(plan_transactions.own_plan, event.plan_id, event.organizer_id)
        for first in range(0, plan.seat_count, SEATS_PER_READ):
            yield await self._database.read(plan_store.seats_from, plan.import_id, first, SEATS_PER_READ)
