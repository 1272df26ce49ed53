"""Holds for sales at the counter, which orders takes for a member in the same call as the sale."""

from dataclasses import replace

from eventhub.refusals import EventNotFound
from services.inventory import claim_transactions, sale_transactions, taking
from services.inventory.allowance import allowance
from services.inventory.holds import COUNTER_TICKETS_MAX, Hold, Wish
from services.inventory.passes import passes
from services.inventory.waiting import claim_transactions as waiting_claims
from services.kit.db import Database, Shared
from services.kit.values import Clock


class CounterHolds:
    """Takes holds at the counter of an event's own organizer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: inventory's own."""
        self._database = database
        self._clock = clock

    async def take(self, wish: Wish, organizer_id: str) -> Hold:
        """Holds everything that a wish names for its buyer, a member; a repeat gets the hold as it is now. The event's
        limit on tickets per order does not count. Raises the refusals that InventoryMesh.HoldAtCounter names."""
        return await taking.take(self._database, self._clock, wish, lambda: self._place(wish, organizer_id))

    async def _place(self, wish: Wish, organizer_id: str) -> Hold:
        while True:
            try:
                return await self._place_under_terms(wish, organizer_id)
            except claim_transactions.TermsChanged:
                continue  # they are read anew each time

    async def _place_under_terms(self, wish: Wish, organizer_id: str) -> Hold:
        sale, types = await self._database.read(sale_transactions.sale_and_types, wish.event_id)
        if sale.organizer_id != organizer_id:
            raise EventNotFound
        at_counter = replace(sale, tickets_per_order_max=COUNTER_TICKETS_MAX)
        allowed = allowance(at_counter, at_counter=True, address=0, near=0)
        nights = passes.nights_of(wish, types)
        keys, now_us = (wish.buyer_id, Shared(wish.event_id), *map(Shared, nights)), self._clock.now_us()
        return await self._database.write_serialized(
            keys, waiting_claims.place_hold, wish, at_counter, types, allowed, now_us=now_us
        )
