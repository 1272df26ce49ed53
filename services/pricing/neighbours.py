"""What pricing asks of its neighbours: events of catalog, participants of identity."""

from collections import OrderedDict
from typing import TYPE_CHECKING

import grpc

from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1.identity_service_pb2 import GetParticipantRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.refusals import EventNotFound, SubjectNotFound
from services.pricing import convert
from services.pricing.quotes import Event

if TYPE_CHECKING:
    from services.kit.clock import Clock

EVENT_GOOD_US = 5_000_000
EVENTS_MAX = 1_000


class Events:
    """Published events, each asked for at most once in five seconds; the least recently used are forgotten first."""

    def __init__(self, channel: grpc.aio.Channel, clock: "Clock", events_max: int = EVENTS_MAX) -> None:
        """channel: to catalog. events_max: how many are remembered."""
        self._catalog = CatalogMeshStub(channel)
        self._clock = clock
        self._events_max = events_max
        self._known: OrderedDict[str, tuple[int, Event]] = OrderedDict()

    async def get(self, event_id: str) -> Event:
        """A published event, at most five seconds old. Raises EventNotFound."""
        until_us, event = self._known.get(event_id, (0, None))
        if event is not None and self._clock.now_us() < until_us:
            self._known.move_to_end(event_id)
            return event
        # Counted from before the question, so that the answer is never older than promised.
        until_us = self._clock.now_us() + EVENT_GOOD_US
        found = (await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=[event_id]))).events
        if not found:
            self._known.pop(event_id, None)
            raise EventNotFound
        event = convert.event(found[0])
        self._known[event_id] = until_us, event
        self._known.move_to_end(event_id)
        while len(self._known) > self._events_max:
            self._known.popitem(last=False)
        return event

    async def own(self, event_id: str, organizer_id: str) -> Event:
        """A published event of an organizer. Raises EventNotFound, also for somebody else's."""
        event = await self.get(event_id)
        if event.organizer_id != organizer_id:
            raise EventNotFound
        return event


class Participants:
    """People, as far as they can be counted."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to identity."""
        self._identity = IdentityMeshStub(channel)

    async def keys(self, subject_id: str) -> tuple[str, ...]:
        """By which keys a person is counted, in order; none if nothing is proven about them."""
        try:
            answer = await self._identity.GetParticipant(GetParticipantRequest(subject_id=subject_id))
        except SubjectNotFound:
            return ()
        return tuple(sorted(set(answer.participant_keys)))
