"""catalog's RPCs for organizers and buyers."""

from collections.abc import Sequence

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import AccessCodeWrong, EventNotFound
from services.catalog import check, event_store, events, transactions
from services.catalog.changes import Changer
from services.catalog.events import Event, State
from services.catalog.neighbours import Organizers
from services.catalog.passes import convert as pass_convert
from services.catalog.passes import transactions as pass_transactions
from services.catalog.passes.passes import is_series
from services.catalog.passes.selling import PassSeller
from services.catalog.passes.servicer import PassCalls
from services.catalog.plans.servicer import PlanCalls
from services.catalog.publishing import Publisher
from services.catalog.relocation.relocator import Relocator
from services.catalog.relocation.servicer import RelocationCalls
from services.catalog.search.servicer import SearchCalls
from services.catalog.search.shown import ShownEvents
from services.catalog.series.publishing import SeriesPublisher
from services.catalog.series.servicer import SeriesCalls
from services.catalog.series.updating import SeriesUpdater
from services.catalog.shown_events import is_own, shown_to
from services.catalog.ticket_types import showing
from services.catalog.ticket_types.servicer import TypeCalls
from services.kit.db import Database
from services.kit.rpc import Call, Guesses, Page, fitting, page_of
from services.kit.values import Clock, fingerprint


class CatalogService(PlanCalls, SearchCalls, TypeCalls, SeriesCalls, PassCalls, RelocationCalls):
    """Serves CatalogService, the RPCs that organizers and buyers call."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        publisher: Publisher,
        changer: Changer,
        organizers: Organizers,
        *,
        pass_seller: PassSeller,
        series_updater: SeriesUpdater,
        relocator: Relocator,
    ) -> None:
        self.database = database
        self.clock = clock
        self.publisher = publisher
        self.series_publisher = SeriesPublisher(database, clock, publisher)
        self.series_updater = series_updater
        self.pass_seller = pass_seller
        self.changer = changer
        self.organizers = organizers
        self.relocator = relocator
        self.shown_events = ShownEvents()
        self._guesses = Guesses(clock)

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

    async def GetEvent(self, request: pb.GetEventRequest, call: Call) -> pb.GetEventResponse:
        if is_series(request.event_id):
            return pb.GetEventResponse(event=await self._series(request.event_id, call))
        event = await self.database.read(event_store.find_event, request.event_id)
        if event is None or not (event.state == State.PUBLISHED or is_own(event, call.caller)):
            raise EventNotFound
        opened = await self._opened(event, request.access_code, call) if request.access_code else frozenset()
        shown = shown_to(event, call.caller, opened)
        await self.organizers.introduce([shown], whole=True)
        return pb.GetEventResponse(event=shown)

    async def _opened(self, event: Event, access_code: str, call: Call) -> frozenset[str]:
        """The ids of the ticket types that an access code opens. Raises AccessCodeWrong if there are none, and
        TooManyRequests after too many wrong codes."""

        async def find() -> frozenset[str] | None:
            return showing.opened_by(event, access_code) or None

        tried_by = call.caller.subject_id or call.address
        opened = await self._guesses.look_up(
            event.event_id, find, counted_by=call.counted_by or tried_by, tried_by=tried_by
        )
        if opened is None:
            raise AccessCodeWrong
        return opened

    async def _series(self, series_id: str, call: Call) -> nouns.Event:
        """A series with its passes; its organizer also sees those that buyers do not. Raises EventNotFound."""
        offer = await self.database.read(pass_transactions.find_offer, series_id)
        if offer is None:
            raise EventNotFound
        shown = pass_convert.event_pb(offer, for_buyers=not is_own(offer.series, call.caller))
        await self.organizers.introduce([shown], whole=True)
        return shown

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
