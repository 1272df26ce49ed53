"""The stocker brings an event's seats and places to inventory before it is published. Every call can be repeated."""

import grpc

from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.catalog import plan_store, transactions
from services.catalog.events import SEATED, Event
from services.catalog.plans import Seat
from services.catalog.pools import pools_of
from services.kit.clock import to_timestamp
from services.kit.db import Database

SEATS_A_CALL = 400


class Stocker:
    """Talks to inventory."""

    def __init__(self, database: Database, channel: grpc.aio.Channel) -> None:
        """channel: to the other contexts, as catalog."""
        self._database = database
        self._inventory = InventoryMeshStub(channel)

    async def stock(self, event: Event) -> None:
        """Has everything an event sells on sale."""
        await self._inventory.Provision(provision(event))
        seats = 0
        if event.admission == SEATED:
            plan = await self._database.read(transactions.own_plan, event.plan_id, event.organizer_id)
            while page := await self._database.read(plan_store.seats, plan.import_id, seats, SEATS_A_CALL):
                specs = [seat_spec(seat) for seat in page]
                request = inventory.ProvisionSeatsRequest(event_id=event.event_id, seats=specs)
                await self._inventory.ProvisionSeats(request)
                seats += len(page)
        await self._inventory.OpenSales(inventory.OpenSalesRequest(event_id=event.event_id, seat_count=seats))

    async def set_sales_end(self, event: Event) -> None:
        """Moves the end of sales with an event."""
        request = inventory.SetSalesEndRequest(event_id=event.event_id, sales_end_at=to_timestamp(event.sales_end_us))
        await self._inventory.SetSalesEnd(request)


def provision(event: Event) -> inventory.ProvisionRequest:
    """What inventory is told about an event."""
    pools, draws = pools_of(event)
    return inventory.ProvisionRequest(
        event_id=event.event_id,
        organizer_id=event.organizer_id,
        sales_end_at=to_timestamp(event.sales_end_us),
        tickets_per_order_max=event.tickets_per_order_max,
        pools=[inventory.PoolSpec(pool_id=pool.pool_id, name=pool.name, capacity=pool.capacity) for pool in pools],
        types=[
            inventory.TypeSpec(
                ticket_type_id=draw.kind.ticket_type_id,
                seated=event.admission == SEATED,
                seat_categories=draw.kind.categories,
                pool_ids=draw.pool_ids,
            )
            for draw in draws
        ],
    )


def seat_spec(seat: Seat) -> inventory.SeatSpec:
    """A seat as inventory is told about it."""
    return inventory.SeatSpec(
        seat_id=seat.seat_id,
        zone=seat.zone,
        row=seat.row_name,
        number=seat.number,
        category=seat.category,
        row_index=seat.row_index,
        seat_index=seat.seat_index,
        distance=seat.distance,
    )
