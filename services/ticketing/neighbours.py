"""Questions to catalog about events. Its answers are cached for a few seconds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from eventhub.catalog.v1.catalog_pb2 import ADMISSION_ONLINE
from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest, GetOnlineAccessRequest
from eventhub.refusal import TransientRefusal
from eventhub.refusals import EventNotFound, LinkInvalid, NotOnline
from services.kit.rpc import Answers
from services.kit.values import Clock, from_timestamp
from services.ticketing.hours import Event

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

CACHED_MAX = 10_000
BATCH_MAX = 100
WAIT_S = 1.0


class Events:
    """Asks catalog about events. An answer is fresh for five seconds. While catalog is unreachable, older answers
    serve, because a published event stays online or stays in its venue."""

    def __init__(self, catalog: "CatalogMeshAsyncStub", clock: Clock) -> None:
        """catalog: its RPCs. clock: decides which answers are fresh."""
        self._catalog = catalog
        self._answers = Answers(clock, self._ask, keys_max=BATCH_MAX, kept_max=CACHED_MAX)

    async def find(self, event_ids: Iterable[str]) -> dict[str, Event]:
        """The published events among these, by id. Raises catalog's refusal if an event is not in the cache."""
        wanted = sorted(set(event_ids))
        try:
            return await self._answers.find(wanted)
        except TransientRefusal:
            older = {event_id: event for event_id in wanted if (event := self._answers.latest(event_id)) is not None}
            if len(older) < len(wanted):
                raise
            return older

    async def is_online(self, event_id: str) -> bool:
        """True if an event is held online. Raises catalog's refusals."""
        found = (await self.find([event_id])).get(event_id)
        return found is not None and found.online

    async def known(self, event_id: str) -> Event | None:
        """An event, for answers that must not fail while catalog is unreachable. None if it is not published, or if
        catalog is unreachable and the event is not in the cache."""
        try:
            return (await self.find([event_id])).get(event_id)
        except TransientRefusal:
            return None

    async def refreshed(self, event_id: str) -> Event | None:
        """Like known(), but asks catalog even if the cached answer is fresh."""
        cached = self._answers.latest(event_id)
        if cached is not None:
            self._answers.keep(event_id, cached, fresh_s=0.0)
        return await self.known(event_id)

    async def online_url(self, event_id: str) -> str:
        """The address of an online event. Raises LinkInvalid if the event is not online."""
        try:
            return (await self._catalog.GetOnlineAccess(GetOnlineAccessRequest(event_id=event_id))).online_url
        except (EventNotFound, NotOnline):
            raise LinkInvalid from None

    async def _ask(self, event_ids: list[str]) -> dict[str, Event]:
        answer = await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=event_ids), timeout=WAIT_S)
        return {
            message.event_id: Event(
                organizer_id=message.organizer_id,
                title=message.title,
                online=message.admission == ADMISSION_ONLINE,
                starts_us=from_timestamp(message.starts_at),
                ends_us=from_timestamp(message.ends_at),
                time_zone=message.time_zone,
                doors_open_us=from_timestamp(message.doors_open_at),
                doors_close_us=from_timestamp(message.doors_close_at),
            )
            for message in answer.events
        }
