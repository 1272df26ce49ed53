"""catalog's RPCs for organizers and buyers."""

from collections.abc import Sequence

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import EventNotFound
from services.catalog import check, convert, event_store, events, lots, transactions
from services.catalog.changes import Changer
from services.catalog.events import Event, State
from services.catalog.neighbours import Organizers
from services.catalog.plans.servicer import PlanCalls
from services.catalog.publishing import Publisher
from services.catalog.search import store as search_store
from services.kit.db import Database, Tx
from services.kit.rpc import Call, Page, fitting, page_of
from services.kit.values import Clock, fingerprint


class CatalogService(PlanCalls):
    """Serves CatalogService, the RPCs that organizers and buyers call."""

    def __init__(
        self, database: Database, clock: Clock, publisher: Publisher, changer: Changer, organizers: Organizers
    ) -> None:
        self.database = database
        self.clock = clock
        self.publisher = publisher
        self.changer = changer
        self._organizers = organizers

    async def CreateEvent(self, request: pb.CreateEventRequest, call: Call) -> pb.CreateEventResponse:
        organizer_id, content = call.caller.organizer_id, fingerprint(request)
        event = await self.database.read(transactions.repeated_event, request.event_id, organizer_id, content)
        if event is None:
            # A repeat skips these checks: it must succeed even after the event's start.
            check.event(request)
            draft = await self.database.read(transactions.draft_of, request, organizer_id)
            events.check_future(draft.starts_us, self.clock.now_us())
            event = await self.database.write(transactions.create_event, draft, content)
        return pb.CreateEventResponse(event=await self._shown(event))

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
        return pb.AddTicketTypeResponse(event=await self._shown(event))

    async def SetLots(self, request: pb.SetLotsRequest, call: Call) -> pb.SetLotsResponse:
        check.lots(request.lots)
        wanted = tuple(convert.lot(lot) for lot in request.lots)

        async def decide(tx: Tx, event: Event) -> Event | None:
            return lots.with_lots(
                event,
                request.ticket_type_id,
                wanted,
                currency=request.lots[0].price.currency if request.lots else event.currency,
                seat_counts=await transactions.seat_counts(tx, event),
                now_us=self.clock.now_us(),
            )

        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.SetLotsResponse(event=await self._shown(event))

    async def PublishEvent(self, request: pb.PublishEventRequest, call: Call) -> pb.PublishEventResponse:
        event = await self.publisher.publish(request.event_id, call.caller.organizer_id)
        return pb.PublishEventResponse(event=await self._shown(event))

    async def RescheduleEvent(self, request: pb.RescheduleEventRequest, call: Call) -> pb.RescheduleEventResponse:
        duration_us = convert.duration_us(request.duration) if request.HasField("duration") else None

        async def decide(tx: Tx, event: Event) -> Event | None:
            return events.rescheduled(event, request.starts_local, duration_us, self.clock.now_us())

        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.RescheduleEventResponse(event=await self._shown(event))

    async def GetEvent(self, request: pb.GetEventRequest, call: Call) -> pb.GetEventResponse:
        event = await self.database.read(event_store.find_event, request.event_id)
        caller = call.caller
        if event is None:
            raise EventNotFound
        if event.state != State.PUBLISHED and not (caller.is_member and caller.organizer_id == event.organizer_id):
            raise EventNotFound
        return pb.GetEventResponse(event=await self._shown(event))

    async def SearchEvents(self, request: pb.SearchEventsRequest, call: Call) -> pb.SearchEventsResponse:
        page = page_of(request, request.page, caller="", key=(int, str))
        # A buyer changes nothing in catalog, so a list that is some seconds old contradicts nothing that the buyer did.
        # A member may look for the event that the member has just published. A text search scans titles one by one:
        # the long reads keep that off the event loop.
        if call.caller.is_member:
            read = self.database.read_long if request.text else self.database.read
        else:
            read = self.database.read_behind_long if request.text else self.database.read_behind
        found = await read(
            search_store.search, request.text, request.city, key_before(page), page.size, now_us=self.clock.now_us()
        )
        shown = fitting(await self._named(found))
        return pb.SearchEventsResponse(
            events=shown,
            next_page_token=page.token(shown, last_key(found[: len(shown)]), cut=len(shown) < len(found)),
        )

    async def ListEvents(self, request: pb.ListEventsRequest, call: Call) -> pb.ListEventsResponse:
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id, key=(int, str))
        found = await self.database.read(event_store.events_after, organizer_id, key_before(page), page.size)
        shown = fitting(await self._named(found))
        return pb.ListEventsResponse(
            events=shown,
            next_page_token=page.token(shown, last_key(found[: len(shown)]), cut=len(shown) < len(found)),
        )

    async def _shown(self, event: Event) -> nouns.Event:
        (shown,) = await self._named([event])
        return shown

    async def _named(self, found: Sequence[Event]) -> list[nouns.Event]:
        """The contract's messages of events, with their organizers' names."""
        shown = [convert.event_pb(event) for event in found]
        await self._organizers.name(shown)
        return shown


def key_before(page: Page) -> event_store.EventKey:
    """The key of the last event before a page."""
    return (int(page.after[0]), str(page.after[1])) if page.after else event_store.FIRST_KEY


def last_key(found: Sequence[Event]) -> tuple[int | str, ...]:
    """The key of the last of some events, for the next page's token; empty if there are none."""
    return (found[-1].starts_us, found[-1].event_id) if found else ()
