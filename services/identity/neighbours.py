"""identity's questions to other contexts: an event's organizer from catalog, buyers from orders."""

from collections.abc import Sequence

import grpc

from eventhub.catalog.v1.catalog_service_pb2 import GetEventOrganizerRequest
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.orders.v1.orders_service_pb2 import FindBuyersRequest
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from eventhub.refusals import EventNotFound


class Events:
    """Asks catalog about events."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to catalog."""
        self._catalog = CatalogMeshStub(channel)

    async def check_own(self, event_id: str, organizer_id: str) -> None:
        """Raises EventNotFound if an event does not exist or is of another organizer."""
        event = await self._catalog.GetEventOrganizer(GetEventOrganizerRequest(event_id=event_id))
        if event.organizer_id != organizer_id:
            raise EventNotFound


class Buyers:
    """Asks orders about buyers."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to orders."""
        self._orders = OrdersMeshStub(channel)

    async def among(self, subject_ids: Sequence[str]) -> set[str]:
        """Those of some subjects that have an order. Raises TransientRefusal."""
        return set((await self._orders.FindBuyers(FindBuyersRequest(subject_ids=subject_ids))).subject_ids)
