"""Resends the times of moved events to inventory."""

from eventhub.refusal import TransientRefusal
from services.catalog import event_store
from services.catalog.events import Event
from services.catalog.neighbours import Inventory
from services.catalog.publishing import RESEND_AFTER_US
from services.kit.db import Database, Tx
from services.kit.values import Clock


class ResendWorker:
    """Sends inventory the stored times of an event some time after each move. A move that was interrupted between
    inventory and catalog would otherwise leave them with different times."""

    def __init__(self, database: Database, clock: Clock, inventory: Inventory) -> None:
        self._database = database
        self._clock = clock
        self._inventory = inventory

    async def due(self, limit: int) -> list[str]:
        """Ids of events whose times are to be resent now."""
        return await self._database.read(event_store.due_resends, self._clock.now_us(), limit)

    async def resend(self, event_id: str) -> None:
        """Sends an event's times. If inventory is unavailable, tries again later."""
        # This is a write. If this replica was paused and has lost its lease, it fails and no old times are sent.
        due_us, event = await self._database.write(resend_of, event_id)
        if due_us is None or event is None:
            return
        try:
            await self._inventory.set_times(event)
        except TransientRefusal:
            await self._database.write(event_store.save_resend, event_id, self._clock.now_us() + RESEND_AFTER_US)
            return
        await self._database.write(event_store.delete_resend, event_id, due_us)


async def resend_of(tx: Tx, event_id: str) -> tuple[int | None, Event | None]:
    """When an event's times are due, None if they are not, and the event."""
    return await event_store.find_resend(tx, event_id), await event_store.find_event(tx, event_id)
