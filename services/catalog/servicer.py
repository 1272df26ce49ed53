"""catalog's public RPCs."""

import hashlib
from collections.abc import AsyncIterator, Sequence

from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusal import Violation
from eventhub.refusals import EventNotFound, PlanNotFound
from services.catalog import check, convert, events, importing, store, transactions, walltime
from services.catalog.events import ONLINE, PUBLISHED, SEATED, Event, Venue
from services.catalog.organizers import Organizers
from services.catalog.publishing import Publisher
from services.kit.db import Database, Tx
from services.kit.rpc import Call, Page, fitting, page_of
from services.kit.values import Clock


class Catalog:
    """Serves CatalogService."""

    def __init__(self, database: Database, clock: Clock, publisher: Publisher, organizers: Organizers) -> None:
        """database: catalog's own. publisher: puts on sale and moves. organizers: names them."""
        self.database = database
        self.clock = clock
        self.publisher = publisher
        self._organizers = organizers

    async def CreateVenue(self, request: pb.CreateVenueRequest, call: Call) -> pb.CreateVenueResponse:
        """Creates a venue."""
        walltime.zone(request.time_zone)
        wanted = convert.venue_of(request, call.caller.organizer_id)
        venue = await self.database.write(transactions.create_venue, wanted, content_hash(request))
        return pb.CreateVenueResponse(venue=convert.venue_pb(venue))

    async def ListVenues(self, request: pb.ListVenuesRequest, call: Call) -> pb.ListVenuesResponse:
        """The caller's venues."""
        page = page_of(request, request.page, caller=call.caller.organizer_id, key=(str,))
        after = str(page.after[0]) if page.after else ""
        found = await self.database.read(store.venues_after, call.caller.organizer_id, after, page.size)
        last = (found[-1].venue_id,) if found else ()
        return pb.ListVenuesResponse(
            venues=[convert.venue_pb(venue) for venue in found], next_page_token=page.token(found, last)
        )

    async def ImportSeatingPlan(
        self, requests: AsyncIterator[pb.ImportSeatingPlanRequest], call: Call
    ) -> pb.ImportSeatingPlanResponse:
        """Imports a plan."""
        plan = await importing.take(self.database, requests, call.caller.organizer_id)
        return pb.ImportSeatingPlanResponse(plan=convert.plan_pb(plan))

    async def ExportSeatingPlan(
        self, request: pb.ExportSeatingPlanRequest, call: Call
    ) -> AsyncIterator[pb.ExportSeatingPlanResponse]:
        """Exports a plan."""
        plan = await self.database.read(transactions.own_plan, request.plan_id, call.caller.organizer_id)
        async for chunk in importing.give(self.database, plan):
            yield pb.ExportSeatingPlanResponse(chunk=chunk)

    async def CreateEvent(self, request: pb.CreateEventRequest, call: Call) -> pb.CreateEventResponse:
        """Creates a draft."""
        organizer_id, content = call.caller.organizer_id, content_hash(request)
        event = await self.database.read(transactions.repeated_event, request.event_id, organizer_id, content)
        if event is None:
            # Only a new event has to fit today: a repeat answers whatever has passed since.
            check.fields(misfits(request))
            venue, capacity = await self.database.read(venue_and_capacity, request, organizer_id)
            time_zone = request.time_zone or (venue.time_zone if venue else "")
            starts_us = walltime.instant_us(request.starts_local, time_zone)
            events.check_future(starts_us, self.clock.now_us())
            wanted = convert.event_of(
                request, organizer_id, venue=venue, time_zone=time_zone, starts_us=starts_us, capacity=capacity
            )
            event = await self.database.write(transactions.create_event, wanted, content)
        return pb.CreateEventResponse(event=await self._shown(event))

    async def AddTicketType(self, request: pb.AddTicketTypeRequest, call: Call) -> pb.AddTicketTypeResponse:
        """Adds a ticket type."""
        event = await self.database.write(
            transactions.add_type,
            request.event_id,
            call.caller.organizer_id,
            convert.type_of(request),
            content_hash(request),
            currency=request.price.currency if request.HasField("price") else None,
        )
        return pb.AddTicketTypeResponse(event=await self._shown(event))

    async def PublishEvent(self, request: pb.PublishEventRequest, call: Call) -> pb.PublishEventResponse:
        """Puts an event on sale."""
        event = await self.publisher.publish(request.event_id, call.caller.organizer_id)
        return pb.PublishEventResponse(event=await self._shown(event))

    async def RescheduleEvent(self, request: pb.RescheduleEventRequest, call: Call) -> pb.RescheduleEventResponse:
        """Moves an event."""
        duration_us = convert.duration_us(request.duration) if request.HasField("duration") else None
        event = await self.publisher.move(request.event_id, call.caller.organizer_id, request.starts_local, duration_us)
        return pb.RescheduleEventResponse(event=await self._shown(event))

    async def GetEvent(self, request: pb.GetEventRequest, call: Call) -> pb.GetEventResponse:
        """One event."""
        event = await self.database.read(store.find_event, request.event_id)
        caller = call.caller
        if event is None:
            raise EventNotFound
        if event.state != PUBLISHED and not (caller.is_member and caller.organizer_id == event.organizer_id):
            raise EventNotFound
        return pb.GetEventResponse(event=await self._shown(event))

    async def SearchEvents(self, request: pb.SearchEventsRequest, call: Call) -> pb.SearchEventsResponse:
        """What is on."""
        page = page_of(request, request.page, caller="", key=(int, str))
        # Words are sought in title after title, which takes its time: not on the event loop.
        read = self.database.read_long if request.text else self.database.read
        found = await read(
            store.search, request.text, request.city, place_of(page), page.size, now_us=self.clock.now_us()
        )
        shown = fitting(await self._named(found))
        return pb.SearchEventsResponse(
            events=shown,
            next_page_token=page.token(shown, last_place(found[: len(shown)]), cut=len(shown) < len(found)),
        )

    async def ListEvents(self, request: pb.ListEventsRequest, call: Call) -> pb.ListEventsResponse:
        """The caller's events."""
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id, key=(int, str))
        found = await self.database.read(store.events_after, organizer_id, place_of(page), page.size)
        shown = fitting(await self._named(found))
        return pb.ListEventsResponse(
            events=shown,
            next_page_token=page.token(shown, last_place(found[: len(shown)]), cut=len(shown) < len(found)),
        )

    async def _shown(self, event: Event) -> nouns.Event:
        (shown,) = await self._named([event])
        return shown

    async def _named(self, found: Sequence[Event]) -> list[nouns.Event]:
        """Events with what their organizers are called."""
        shown = [convert.event_pb(event) for event in found]
        await self._organizers.name(shown)
        return shown


def content_hash(request: Message) -> str:
    """What tells two requests of one id apart."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()


def place_of(page: Page) -> store.Place:
    """Where a page of events goes on."""
    return (int(page.after[0]), str(page.after[1])) if page.after else store.FIRST


def last_place(found: Sequence[Event]) -> tuple[int | str, ...]:
    """Where the page after these events goes on."""
    return (found[-1].starts_us, found[-1].event_id) if found else ()


def misfits(request: pb.CreateEventRequest) -> dict[str, Violation]:
    """Which fields of a request do not fit each other."""
    return check.misfits(
        seated=request.admission == SEATED,
        online=request.admission == ONLINE,
        venue=bool(request.venue_id),
        plan=bool(request.plan_id),
        time_zone=bool(request.time_zone),
        capacity=request.capacity,
        online_url=bool(request.online_url),
        currency=request.currency,
    )


async def venue_and_capacity(tx: Tx, request: pb.CreateEventRequest, organizer_id: str) -> tuple[Venue | None, int]:
    """Where an event is held and how many people it holds. Raises VenueNotFound, PlanNotFound where the venue has no
    such plan, InvalidRequest where the plan has another number of seats."""
    if request.admission == ONLINE:
        return None, request.capacity
    venue = await transactions.own_venue(tx, request.venue_id, organizer_id)
    if request.admission != SEATED:
        return venue, request.capacity
    plan = await transactions.own_plan(tx, request.plan_id, organizer_id)
    if plan.venue_id != venue.venue_id:
        raise PlanNotFound
    return venue, events.seated_capacity(request.capacity, plan.seat_count)
