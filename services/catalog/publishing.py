"""Publishing and moving events: inventory learns of each change before buyers do. Each step can be repeated."""

from collections.abc import AsyncIterator

from eventhub.refusals import EventState
from services.catalog import event_store, events, transactions
from services.catalog.events import Event, State
from services.catalog.neighbours import Inventory
from services.catalog.plans import store as plan_store
from services.catalog.plans import transactions as plan_transactions
from services.catalog.plans.plan import Seat
from services.kit.db import Database
from services.kit.values import SECOND_US, Clock

# Longer than RescheduleEvent may take: when the worker resends, the call has ended.
RESEND_AFTER_US = 30 * SECOND_US
SEATS_PER_READ = 400


class Publisher:
    """Publishes and moves events together with inventory."""

    def __init__(self, database: Database, clock: Clock, inventory: Inventory) -> None:
        self._database = database
        self._clock = clock
        self._inventory = inventory

    async def publish(self, event_id: str, organizer_id: str) -> Event:
        """Puts an event on sale, or completes an interrupted attempt. Raises what PublishEvent refuses with."""
        while True:
            now_us = self._clock.now_us()
            event = await self._database.write(transactions.begin_publishing, event_id, organizer_id, now_us=now_us)
            if event.state == State.PUBLISHED:
                return event
            await self._provision(event)
            published = await self._database.write(transactions.publish, event, now_us=now_us)
            if published is not None:
                return published

    async def _provision(self, event: Event) -> None:
        seat_counts = await self._database.read(transactions.seat_counts, event)
        try:
            await self._inventory.provision(event, seat_counts)
            if event.plan_id:
                await self._inventory.provision_seats(event.event_id, self._seats(event))
        except EventState:
            # An interrupted attempt has opened the sales. Seats and places are the same; the event may have moved
            # since.
            await self._inventory.set_times(event)
        await self._inventory.open_sales(event)

    async def _seats(self, event: Event) -> AsyncIterator[list[Seat]]:
        plan = await self._database.read(plan_transactions.own_plan, event.plan_id, event.organizer_id)
        for first in range(0, plan.seat_count, SEATS_PER_READ):
            yield await self._database.read(plan_store.seats_from, plan.import_id, first, SEATS_PER_READ)

    async def reschedule(self, event_id: str, organizer_id: str, starts_local: str, duration_us: int | None) -> Event:
        """Moves an event, the end of its sales and the end of its reserve. A move to the same time changes nothing.
        duration_us: None keeps the length. Raises what RescheduleEvent refuses with."""
        while True:
            now_us = self._clock.now_us()
            before = await self._database.read(transactions.own_event, event_id, organizer_id)
            after = events.rescheduled(before, starts_local, duration_us, now_us)
            if after is None:
                return before
            if after.state == State.PUBLISHED:
                await self._database.write(event_store.save_resend, event_id, now_us + RESEND_AFTER_US)
                await self._inventory.set_times(after)
            saved = await self._database.write(transactions.reschedule, before, after, now_us=now_us)
            if saved is not None:
                return saved
