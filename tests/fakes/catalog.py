"""The catalog that other contexts see: events, drafts among them, and links of online events."""

from dataclasses import dataclass, field

from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.catalog.v1.catalog_pb2 import ADMISSION_ONLINE, EVENT_STATE_DRAFT, Event, FieldChange
from eventhub.refusals import EventNotFound, NotOnline, SeriesNotFound
from services.kit.rpc.call import Call
from tests.fakes.feed import FakeFeed


@dataclass(slots=True, kw_only=True)
class FakeCatalog(FakeFeed):
    """events: all events by id; those that are not drafts are published. online_url: the link of every online event."""

    response = pb.FeedResponse
    events: dict[str, Event] = field(default_factory=dict)
    online_url: str = "https://meet.example/room"

    def about(self, fact: Message) -> tuple[str, str]:
        assert isinstance(fact, EventPublished | EventChanged)
        return fact.event.event_id, fact.event.organizer_id

    def reschedule(self, event_id: str, starts_local: str, *, version: int) -> EventChanged:
        """Moves an event to another time. Returns the fact, which is not announced yet."""
        event = self.events[event_id]
        before = event.starts_local
        event.starts_local, event.version = starts_local, version
        moved = FieldChange(field="starts_local", old_value=before, new_value=starts_local)
        return EventChanged(event=event, changes=[moved])

    def change(self, event_id: str, *changes: FieldChange, version: int) -> EventChanged:
        """Changes fields of an event, also unknown ones. Returns the fact, which is not announced yet."""
        event = self.events[event_id]
        event.version = version
        for change in changes:
            if isinstance(getattr(event, change.field, None), str):
                setattr(event, change.field, change.new_value)
        return EventChanged(event=event, changes=changes)

    async def BatchGetEvents(self, request: pb.BatchGetEventsRequest, call: Call) -> pb.BatchGetEventsResponse:
        await self.called("BatchGetEvents")
        found = [self._published(event_id) for event_id in request.event_ids]
        return pb.BatchGetEventsResponse(events=[event for event in found if event is not None])

    async def GetSeriesTerms(self, request: pb.GetSeriesTermsRequest, call: Call) -> pb.GetSeriesTermsResponse:
        await self.called("GetSeriesTerms")
        nights = [event for event in self.events.values() if event.series_id == request.series_id]
        if not nights:
            raise SeriesNotFound
        names = sorted({ticket_type.name for night in nights for ticket_type in night.ticket_types})
        return pb.GetSeriesTermsResponse(
            organizer_id=nights[0].organizer_id, currency=nights[0].currency, ticket_type_names=names
        )

    async def GetEventOrganizer(self, request: pb.GetEventOrganizerRequest, call: Call) -> pb.GetEventOrganizerResponse:
        await self.called("GetEventOrganizer")
        if request.event_id not in self.events:
            raise EventNotFound
        return pb.GetEventOrganizerResponse(organizer_id=self.events[request.event_id].organizer_id)

    async def GetOnlineAccess(self, request: pb.GetOnlineAccessRequest, call: Call) -> pb.GetOnlineAccessResponse:
        await self.called("GetOnlineAccess")
        event = self._published(request.event_id)
        if event is None:
            raise EventNotFound
        if event.admission != ADMISSION_ONLINE:
            raise NotOnline
        return pb.GetOnlineAccessResponse(online_url=self.online_url)

    def _published(self, event_id: str) -> Event | None:
        event = self.events.get(event_id)
        return None if event is None or event.state == EVENT_STATE_DRAFT else event
