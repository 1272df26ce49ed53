"""What ticketing asks catalog about events, remembered for a few seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventhub.catalog.v1.catalog_pb2 import ADMISSION_ONLINE
from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest, GetOnlineAccessRequest
from eventhub.refusals import DeadlinePassed, Draining, EventNotFound, LinkInvalid, NotOnline, Overloaded, Unavailable
from services.kit.db import batches
from services.kit.values import Clock, from_timestamp

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

KEPT_S = 5.0
KEPT_MAX = 10_000
ASKED_AT_ONCE_MAX = 100
WAIT_S = 1.0
AWAY = (DeadlinePassed, Draining, Overloaded, Unavailable)


@dataclass(frozen=True, slots=True)
class EventNow:
    """An event as catalog knows it."""

    organizer_id: str
    title: str
    online: bool
    starts_us: int
    ends_us: int
    time_zone: str


class Events:
    """Asks catalog. What it said is kept KEPT_S; while catalog is away, older answers serve: how one takes part in a
    published event does not change."""

    def __init__(self, catalog: "CatalogMeshAsyncStub", clock: Clock) -> None:
        """Nothing is known yet."""
        self._catalog = catalog
        self._clock = clock
        self._kept: dict[str, tuple[float, EventNow]] = {}

    async def find(self, event_ids: Iterable[str]) -> dict[str, EventNow]:
        """The published ones of some events. Raises what catalog refuses with, where nothing older helps."""
        wanted = sorted(set(event_ids))
        now = self._clock.monotonic()
        due = [event_id for event_id in wanted if self._kept.get(event_id, (0.0, None))[0] <= now]
        try:
            for some in batches(due, ASKED_AT_ONCE_MAX):
                await self._ask(some, until=now + KEPT_S)
        except AWAY:
            if any(event_id not in self._kept for event_id in due):
                raise
        return {event_id: self._kept[event_id][1] for event_id in wanted if event_id in self._kept}

    async def online(self, event_id: str) -> bool:
        """Whether an event is held online. Raises what catalog refuses with."""
        found = (await self.find([event_id])).get(event_id)
        return found is not None and found.online

    async def known(self, event_id: str) -> EventNow | None:
        """An event, for answers that must not fail because catalog is away: then None, if it was not asked before."""
        try:
            return (await self.find([event_id])).get(event_id)
        except AWAY:
            return None

    async def again(self, event_id: str) -> EventNow | None:
        """An event as catalog knows it now, not as it said a moment ago; as it was known if catalog is away."""
        kept = self._kept.get(event_id)
        if kept is not None:
            self._kept[event_id] = 0.0, kept[1]
        return await self.known(event_id)

    async def url(self, event_id: str) -> str:
        """Where an online event is held. Raises LinkInvalid where it is not."""
        try:
            return (await self._catalog.GetOnlineAccess(GetOnlineAccessRequest(event_id=event_id))).online_url
        except (EventNotFound, NotOnline):
            raise LinkInvalid from None

    async def _ask(self, event_ids: list[str], *, until: float) -> None:
        answer = await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=event_ids), timeout=WAIT_S)
        for event in answer.events:
            self._kept.pop(event.event_id, None)
            now = EventNow(
                organizer_id=event.organizer_id,
                title=event.title,
                online=event.admission == ADMISSION_ONLINE,
                starts_us=from_timestamp(event.starts_at),
                ends_us=from_timestamp(event.ends_at),
                time_zone=event.time_zone,
            )
            self._kept[event.event_id] = until, now
        while len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
