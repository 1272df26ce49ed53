"""catalog's RPCs for other contexts."""

from collections.abc import AsyncIterator

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import EventNotFound, NotOnline
from services.catalog import convert, event_store
from services.catalog.events import TICKETED, Admission
from services.catalog.neighbours import Organizers
from services.catalog.passes import convert as pass_convert
from services.catalog.passes import transactions as passes
from services.catalog.passes.passes import is_series
from services.catalog.series import transactions as series
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call


class CatalogMesh:
    """Serves CatalogMesh, the RPCs that other contexts call."""

    def __init__(self, database: Database, organizers: Organizers) -> None:
        self.database = database
        self._organizers = organizers

    async def BatchGetEvents(self, request: pb.BatchGetEventsRequest, call: Call) -> pb.BatchGetEventsResponse:
        events = await self.database.read(event_store.published_events, request.event_ids)
        found = {event.event_id: convert.event_pb(event) for event in events}
        for series_id in filter(is_series, request.event_ids):
            offer = await self.database.read(passes.find_offer, series_id)
            if offer is not None:
                found[series_id] = pass_convert.event_pb(offer)
        await self._organizers.introduce(list(found.values()), whole=False)
        return pb.BatchGetEventsResponse(
            events=[found[event_id] for event_id in request.event_ids if event_id in found]
        )

    async def GetSeriesTerms(self, request: pb.GetSeriesTermsRequest, call: Call) -> pb.GetSeriesTermsResponse:
        organizer_id, currency, names = await self.database.read(series.terms, request.series_id)
        return pb.GetSeriesTermsResponse(organizer_id=organizer_id, currency=currency, ticket_type_names=names)

    async def GetEventOrganizer(self, request: pb.GetEventOrganizerRequest, call: Call) -> pb.GetEventOrganizerResponse:
        event = await self.database.read(event_store.find_event, request.event_id)
        if event is None:
            raise EventNotFound
        return pb.GetEventOrganizerResponse(organizer_id=event.organizer_id)

    async def GetOnlineAccess(self, request: pb.GetOnlineAccessRequest, call: Call) -> pb.GetOnlineAccessResponse:
        event = await self.database.read(event_store.find_event, request.event_id)
        if event is None or event.state not in TICKETED:
            raise EventNotFound
        if event.admission != Admission.ONLINE:
            raise NotOnline
        return pb.GetOnlineAccessResponse(online_url=event.online_url)

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)
