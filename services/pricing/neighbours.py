"""pricing's questions to other contexts: events from catalog, holds from inventory, participants from identity."""

import grpc

from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest, GetSeriesTermsRequest, GetSeriesTermsResponse
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1.identity_service_pb2 import GetParticipantRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.inventory.v1.inventory_service_pb2 import DescribeHoldRequest
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusals import EventNotFound, HoldNotFound, SeriesNotFound, SubjectNotFound
from services.kit.rpc import KEPT_MAX, Answers
from services.kit.values import Clock, from_timestamp
from services.pricing import convert
from services.pricing.quotes import Event


class Events:
    """Published events from catalog, each cached for five seconds."""

    def __init__(self, channel: grpc.aio.Channel, clock: Clock, kept_max: int = KEPT_MAX) -> None:
        """channel: to catalog. kept_max: the number of events in the cache."""
        self._catalog = CatalogMeshStub(channel)
        self._known = Answers(clock, self._ask, kept_max=kept_max)

    async def get(self, event_id: str) -> Event:
        """A published event, at most five seconds old. Raises EventNotFound."""
        event = await self._known.get(event_id)
        if event is None:
            raise EventNotFound
        return event

    async def own(self, event_id: str, organizer_id: str) -> Event:
        """A published event of this organizer. Raises EventNotFound, also for an event of another organizer."""
        event = await self.get(event_id)
        if event.organizer_id != organizer_id:
            raise EventNotFound
        return event

    async def series(self, series_id: str, organizer_id: str) -> GetSeriesTermsResponse:
        """The terms of an organizer's series, as they are now. Raises SeriesNotFound, also for another organizer's."""
        terms = await self._catalog.GetSeriesTerms(GetSeriesTermsRequest(series_id=series_id))
        if terms.organizer_id != organizer_id:
            raise SeriesNotFound
        return terms

    async def _ask(self, event_ids: list[str]) -> dict[str, Event]:
        found = (await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=event_ids))).events
        return {message.event_id: convert.event(message) for message in found}


class Holds:
    """Buyers' holds, of which inventory knows when they were taken."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to inventory."""
        self._inventory = InventoryMeshStub(channel)

    async def held_us(self, hold_id: str, buyer_id: str, event_id: str) -> int:
        """When a buyer took a hold of an event. Raises HoldNotFound, HoldExpired."""
        hold = (await self._inventory.DescribeHold(DescribeHoldRequest(hold_id=hold_id, buyer_id=buyer_id))).hold
        if hold.event_id != event_id:
            raise HoldNotFound
        return from_timestamp(hold.held_at)


class Participants:
    """The keys by which identity tells people apart."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._identity = IdentityMeshStub(channel)

    async def keys(self, subject_id: str) -> tuple[str, ...]:
        """The sorted keys by which a person's uses of a coupon are counted, such as a proven e-mail address. Empty if
        the person has proven nothing."""
        try:
            answer = await self._identity.GetParticipant(GetParticipantRequest(subject_id=subject_id))
        except SubjectNotFound:
            return ()
        return tuple(sorted(set(answer.participant_keys)))
