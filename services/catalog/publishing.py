"""Publishing and moving events together with inventory. Every step can be repeated."""

import grpc

from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusals import DeadlinePassed, Draining, EventState, Overloaded, Unavailable
from services.catalog import events, plan_store, store, transactions
from services.catalog.convert import provision_pb, seat_pb
from services.catalog.events import PUBLISHED, Event
from services.catalog.pools import ReserveHours
from services.kit.db import Database
from services.kit.rpc import fitting
from services.kit.values import SECOND_US, Clock, to_timestamp

PASSING = (DeadlinePassed, Draining, Overloaded, Unavailable)
# Longer than a move can take.
ONCE_MORE_US = 30 * SECOND_US
SEATS_A_CALL = 400
# A request holds 64 KiB at the most; names may be long.
CALL_BYTES_MAX = 60 * 1024


class Publisher:
    """Tells inventory what there is to sell before anybody sees it."""

    def __init__(
        self, database: Database, clock: Clock, channel: grpc.aio.Channel, reserve_hours: ReserveHours
    ) -> None:
        """database: catalog's own. channel: to the other contexts. reserve_hours: how long before an event its reserve
        is opened to all."""
        self._database = database
        self._clock = clock
        self._reserve_hours = reserve_hours
        self._inventory = InventoryMeshStub(channel)

    async def publish(self, event_id: str, organizer_id: str) -> Event:
        """Puts an event on sale, or finishes what was interrupted; published already: nothing happens."""
        while True:
            now_us = self._clock.now_us()
            event = await self._database.write(transactions.begin_publishing, event_id, organizer_id, now_us=now_us)
            if event.state == PUBLISHED:
                return event
            await self._stock(event)
            published = await self._database.write(transactions.publish, event, now_us=now_us)
            if published is not None:
                return published

    async def _stock(self, event: Event) -> None:
        seat_count = event.capacity if event.plan_id else 0
        seats = await self._database.read(transactions.seats_of, event)
        until_us = self._reserve_hours.until_us(event)
        try:
            await self._inventory.Provision(provision_pb(event, seats, reserve_until_us=until_us))
            if event.plan_id:
                await self._bring_seats(event)
        except EventState:
            # Sales were opened before an interruption. What is sold is the same; the event may have been moved since.
            await self._set_times(event)
        await self._inventory.OpenSales(inventory.OpenSalesRequest(event_id=event.event_id, seat_count=seat_count))

    async def _bring_seats(self, event: Event) -> None:
        plan = await self._database.read(transactions.own_plan, event.plan_id, event.organizer_id)
        for first in range(0, plan.seat_count, SEATS_A_CALL):
            seats = await self._database.read(plan_store.seats_from, plan.import_id, first, SEATS_A_CALL)
            specs = [seat_pb(seat) for seat in seats]
            while specs:
                run = fitting(specs, CALL_BYTES_MAX)
                request = inventory.ProvisionSeatsRequest(event_id=event.event_id, seats=run)
                await self._inventory.ProvisionSeats(request)
                specs = specs[len(run) :]

    async def move(self, event_id: str, organizer_id: str, starts_local: str, duration_us: int | None) -> Event:
        """Moves an event, its sales and the end of its reserve included; where it is already there, nothing happens."""
        while True:
            now_us = self._clock.now_us()
            before = await self._database.read(transactions.own_event, event_id, organizer_id)
            after = events.moved(before, starts_local, duration_us, now_us)
            if after is None:
                return before
            if after.state == PUBLISHED:
                await self._database.write(store.owe_sales_end, event_id, now_us + ONCE_MORE_US)
                await self._set_times(after)
            moved = await self._database.write(transactions.reschedule, before, after, now_us=now_us)
            if moved is not None:
                return moved

    async def due(self, limit: int) -> list[str]:
        """Events that were moved a while ago, or begun to be."""
        return await self._database.read(store.sales_ends_due, self._clock.now_us(), limit)

    async def tell_once_more(self, event_id: str) -> None:
        """Tells inventory when sales end by what the catalog says now, however far a move came."""
        owed_us = await self._database.read(store.sales_end_owed, event_id)
        event = await self._database.read(store.find_event, event_id)
        if owed_us is None or event is None:
            return
        try:
            await self._set_times(event)
        except PASSING:
            await self._database.write(store.owe_sales_end, event_id, self._clock.now_us() + ONCE_MORE_US)
            return
        await self._database.write(store.settle_sales_end, event_id, owed_us)

    async def _set_times(self, event: Event) -> None:
        request = inventory.SetSalesEndRequest(
            event_id=event.event_id,
            sales_end_at=to_timestamp(event.sales_end_us),
            counter_sales_end_at=to_timestamp(event.ends_us),
            reserve_until=to_timestamp(self._reserve_hours.until_us(event)),
        )
        await self._inventory.SetSalesEnd(request)
