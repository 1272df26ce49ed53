"""catalog's calls to other contexts: reads organizers' names from identity, sends events' places to inventory."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import grpc

from eventhub.catalog.v1.catalog_pb2 import Event as EventMessage
from eventhub.identity.v1.identity_service_pb2 import BatchGetOrganizersRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusal import TransientRefusal
from services.catalog import convert
from services.catalog.events import Event
from services.catalog.half_price_reserve import ReserveHours
from services.catalog.plans.plan import Seat
from services.kit.rpc import Answers, fitting
from services.kit.values import Clock, to_timestamp

NAME_LIFE_S = 60.0
# While identity is unavailable, catalog asks it at most once per second for each name, not at each request.
RETRY_AFTER_S = 1.0
NAMES_MAX = 10_000
NAMES_PER_CALL = 200
NAMES_TIMEOUT_S = 0.5
# A request may have 64 KiB, and seat names can be long.
SEATS_BYTES_MAX = 60 * 1024


class Organizers:
    """Names of organizers, cached for a minute. While identity is unavailable, an outdated or empty name is used, so
    buyers can still see events."""

    def __init__(self, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._identity = IdentityMeshStub(channel)
        self._names = Answers(clock, self._ask, keys_max=NAMES_PER_CALL, fresh_s=NAME_LIFE_S, kept_max=NAMES_MAX)

    async def name(self, events: Sequence[EventMessage]) -> None:
        """Sets organizer_name in each event."""
        wanted = {event.organizer_id for event in events}
        try:
            names = await self._names.find(wanted)
        except TransientRefusal:
            names = self._latest(wanted)
        for event in events:
            event.organizer_name = names[event.organizer_id]

    async def _ask(self, organizer_ids: list[str]) -> dict[str, str]:
        latest = self._latest(organizer_ids)
        request = BatchGetOrganizersRequest(organizer_ids=organizer_ids)
        try:
            answer = await self._identity.BatchGetOrganizers(request, timeout=NAMES_TIMEOUT_S)
        except TransientRefusal:
            for organizer_id, name in latest.items():
                self._names.keep(organizer_id, name, fresh_s=RETRY_AFTER_S)
            raise
        return latest | {found.organizer_id: found.name for found in answer.organizers}

    def _latest(self, organizer_ids: Iterable[str]) -> dict[str, str]:
        return {organizer_id: self._names.latest(organizer_id) or "" for organizer_id in organizer_ids}


class Inventory:
    """Sends inventory the places, seats and times of an event. Each call can be repeated."""

    def __init__(self, channel: grpc.aio.Channel, reserve_hours: ReserveHours) -> None:
        """channel: to inventory. reserve_hours: how long before an event its half-price reserve ends."""
        self._inventory = InventoryMeshStub(channel)
        self._reserve_hours = reserve_hours

    async def provision(self, event: Event, seat_counts: Mapping[str, int]) -> None:
        """Sends an event's pools and ticket types. seat_counts: seats of each category. Raises EventState if the event
        is on sale already."""
        reserve_until_us = self._reserve_hours.until_us(event)
        await self._inventory.Provision(convert.provision_pb(event, seat_counts, reserve_until_us=reserve_until_us))

    async def provision_seats(self, event_id: str, seats: AsyncIterator[list[Seat]]) -> None:
        """Sends an event's numbered seats. Raises EventState if the event is on sale already. seats: in the plan's
        order."""
        position = 0
        async for some in seats:
            specs = [convert.seat_pb(seat, n) for n, seat in enumerate(some, start=position)]
            position += len(some)
            while specs:
                part = fitting(specs, SEATS_BYTES_MAX)
                await self._inventory.ProvisionSeats(inventory.ProvisionSeatsRequest(event_id=event_id, seats=part))
                specs = specs[len(part) :]

    async def open_sales(self, event: Event) -> None:
        """Opens an event's sales once all its seats and places are there."""
        request = inventory.OpenSalesRequest(event_id=event.event_id, seat_count=event.seat_count)
        await self._inventory.OpenSales(request)

    async def set_times(self, event: Event) -> None:
        """Sets the end of an event's sales and of its half-price reserve."""
        request = inventory.SetSalesEndRequest(
            event_id=event.event_id,
            sales_end_at=to_timestamp(event.sales_end_us),
            counter_sales_end_at=to_timestamp(event.ends_us),
            reserve_until=to_timestamp(self._reserve_hours.until_us(event)),
        )
        await self._inventory.SetSalesEnd(request)
