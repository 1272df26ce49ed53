"""catalog's RPCs for organizers and buyers."""

from collections.abc import Sequence

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import EventNotFound
from services.catalog import check, convert, event_store, events, transactions
from services.catalog.change_servicer import ChangeCalls
from services.catalog.changes import Changer
from services.catalog.events import Event, State
from services.catalog.neighbours import Organizers
from services.catalog.plans.servicer import PlanCalls
from services.catalog.publishing import Publisher
from services.catalog.search.servicer import SearchCalls
from services.catalog.series.publishing import SeriesPublisher
from services.catalog.series.servicer import SeriesCalls
from services.catalog.series.updating import SeriesUpdater
from services.kit.db import Database
from services.kit.rpc import Call, Page, fitting, page_of
from services.kit.values import Clock, fingerprint


class CatalogService(PlanCalls, SearchCalls, ChangeCalls, SeriesCalls):
    """Serves CatalogService, the RPCs that organizers and buyers call."""

    def __init__(
        self, database: Database, clock: Clock, publisher: Publisher, changer: Changer, organizers: Organizers
    ) -> None:
        self.database = database
        self.clock = clock
        self.publisher = publisher
        self.series_publisher = SeriesPublisher(database, clock, publisher)
        self.series_updater = SeriesUpdater(database, changer)
        self.changer = changer
        self.organizers = organizers

    async def CreateEvent(self, request: pb.CreateEventRequest, call: Call) -> pb.CreateEventResponse:
        organizer_id, content = call.caller.organizer_id, fingerprint(request)
        event = await self.database.read(transactions.repeated_event, request.event_id, organizer_id, content)
        if event is None:
            # A repeat skips these checks: it must succeed even after the event's start.
            check.event(request)
            draft = await self.database.read(transactions.draft_of, request, organizer_id)
            events.check_future(draft.starts_us, self.clock.now_us())
            event = await self.database.write(transactions.create_event, draft, content)
        return pb.CreateEventResponse(event=await self.shown(event))

    async def AddTicketType(self, request: pb.AddTicketTypeRequest, call: Call) -> pb.AddTicketTypeResponse:
        check.ticket_type(request)
        event = await self.database.write(
            transactions.add_type,
            request.event_id,
            call.caller.organizer_id,
            convert.type_of(request),
            fingerprint(request),
            currency=convert.currency_of(request),
        )
        return pb.AddTicketTypeResponse(event=await self.shown(event))

    async def GetEvent(self, request: pb.GetEventRequest, call: Call) -> pb.GetEventResponse:
        event = await self.database.read(event_store.find_event, request.event_id)
        caller = call.caller
        if event is None:
            raise EventNotFound
        if event.state != State.PUBLISHED and not (caller.is_member and caller.organizer_id == event.organizer_id):
            raise EventNotFound
        return pb.GetEventResponse(event=await self.shown(event))

    async def ListEvents(self, request: pb.ListEventsRequest, call: Call) -> pb.ListEventsResponse:
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id, key=(int, str))
        found = await self.database.read(
            event_store.events_after,
            organizer_id,
            key_before(page),
            page.size,
            with_archived=request.with_archived,
        )
        shown = fitting(await self.listed(found))
        return pb.ListEventsResponse(
            events=shown,
            next_page_token=page.token(shown, last_key(found[: len(shown)]), cut=len(shown) < len(found)),
        )


def key_before(page: Page) -> event_store.EventKey:
    """The key of the last event before a page."""
    return (int(page.after[0]), str(page.after[1])) if page.after else event_store.FIRST_KEY


def last_key(found: Sequence[Event]) -> tuple[int | str, ...]:
    """The key of the last of some events, for the next page's token; empty if there are none."""
    return (found[-1].starts_us, found[-1].event_id) if found else ()
