"""catalog's RPCs."""

import hashlib
from collections.abc import AsyncIterator, Sequence

import grpc
from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import EventNotFound, InvalidRequest, NotOnline
from services.catalog import convert, events, plan_store, store, transactions
from services.catalog.events import ONLINE, PUBLISHED, SEATED, Event
from services.catalog.importer import Importer
from services.catalog.stocker import Stocker
from services.kit import feed
from services.kit.call import Call
from services.kit.clock import Clock
from services.kit.db import Database, Tx
from services.kit.ids import Ids
from services.kit.pages import Page, page_of


class Catalog:
    """Serves CatalogService."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, channel: grpc.aio.Channel) -> None:
        """channel: to the other contexts, as catalog."""
        self.database = database
        self.clock = clock
        self.importer = Importer(database, ids)
        self._stocker = Stocker(database, channel)

    async def CreateVenue(self, request: pb.CreateVenueRequest, call: Call) -> pb.CreateVenueResponse:
        """Creates a venue."""
        events.zone(request.time_zone)
        venue = convert.venue_of(request, call.caller.organizer_id)
        venue = await self.database.write(transactions.create_venue, venue, content_hash(request))
        return pb.CreateVenueResponse(venue=convert.venue_pb(venue))

    async def ListVenues(self, request: pb.ListVenuesRequest, call: Call) -> pb.ListVenuesResponse:
        """The caller's venues."""
        page = page_of(request, request.page, caller=call.caller.organizer_id)
        after = (str(page.after[0]), str(page.after[1])) if page.after else ("", "")
        found = await self.database.read(store.venues, call.caller.organizer_id, after, page.size)
        last = (found[-1].name, found[-1].venue_id) if found else ()
        return pb.ListVenuesResponse(
            venues=[convert.venue_pb(venue) for venue in found], next_page_token=page.token(found, last)
        )

    async def ImportSeatingPlan(
        self, requests: AsyncIterator[pb.ImportSeatingPlanRequest], call: Call
    ) -> pb.ImportSeatingPlanResponse:
        """Imports a plan."""
        plan = await self.importer.take(requests, call.caller.organizer_id)
        categories = await self.database.read(plan_store.categories, plan.import_id)
        return pb.ImportSeatingPlanResponse(plan=convert.plan_pb(plan, categories))

    async def ExportSeatingPlan(
        self, request: pb.ExportSeatingPlanRequest, call: Call
    ) -> AsyncIterator[pb.ExportSeatingPlanResponse]:
        """Exports a plan."""
        plan = await self.database.read(transactions.own_plan, request.plan_id, call.caller.organizer_id)
        async for chunk in self.importer.give(plan.import_id):
            yield pb.ExportSeatingPlanResponse(chunk=chunk)

    async def CreateEvent(self, request: pb.CreateEventRequest, call: Call) -> pb.CreateEventResponse:
        """Creates a draft."""
        wrong = events.misfits(
            admission=request.admission,
            venue=bool(request.venue_id),
            plan=bool(request.plan_id),
            time_zone=bool(request.time_zone),
            capacity=request.capacity,
            online_url=bool(request.online_url),
        )
        events.check_fields(wrong)
        organizer_id = call.caller.organizer_id
        time_zone, capacity = await self.database.read(place_of, request, organizer_id)
        starts_us = events.instant_us(request.starts_local, time_zone)
        event = convert.event_of(
            request,
            organizer_id,
            starts_us=starts_us,
            time_zone=time_zone,
            capacity=capacity,
            most=request.tickets_per_order_max or events.DEFAULT_TICKETS_PER_ORDER,
        )
        known = await self.database.read(store.event_hash, request.event_id, organizer_id)
        if known != content_hash(request):
            events.check_future(starts_us, self.clock.now_us())
        event = await self.database.write(transactions.create_event, event, content_hash(request))
        return pb.CreateEventResponse(event=await self._shown(event))

    async def AddTicketType(self, request: pb.AddTicketTypeRequest, call: Call) -> pb.AddTicketTypeResponse:
        """Adds a ticket type."""
        event = await self.database.write(
            transactions.add_type,
            request.event_id,
            call.caller.organizer_id,
            convert.type_of(request),
            content_hash(request),
            currency=request.price.currency,
            has_price=request.HasField("price"),
        )
        return pb.AddTicketTypeResponse(event=await self._shown(event))

    async def PublishEvent(self, request: pb.PublishEventRequest, call: Call) -> pb.PublishEventResponse:
        """Puts an event on sale."""
        organizer_id = call.caller.organizer_id
        event = await self.database.read(transactions.own_event, request.event_id, organizer_id)
        if event.state != PUBLISHED:
            now_us = self.clock.now_us()
            events.check_publishable(event, now_us)
            await self._stocker.stock(event)
            event = await self.database.write(transactions.publish, event.event_id, organizer_id, now_us=now_us)
        return pb.PublishEventResponse(event=await self._shown(event))

    async def RescheduleEvent(self, request: pb.RescheduleEventRequest, call: Call) -> pb.RescheduleEventResponse:
        """Moves an event."""
        organizer_id = call.caller.organizer_id
        now_us = self.clock.now_us()
        event = await self.database.read(transactions.own_event, request.event_id, organizer_id)
        length_us = convert.duration_us(request.duration) if request.HasField("duration") else None
        moved = events.moved(event, request.starts_local, length_us, now_us)
        if moved is not None:
            if moved.state == PUBLISHED:
                await self._stocker.set_sales_end(moved)
            event = await self.database.write(transactions.reschedule, event, moved, now_us=now_us)
        return pb.RescheduleEventResponse(event=await self._shown(event))

    async def GetEvent(self, request: pb.GetEventRequest, call: Call) -> pb.GetEventResponse:
        """One event."""
        event = await self.database.read(store.event, request.event_id)
        theirs = event is not None and event.organizer_id == call.caller.organizer_id
        if event is None or not (event.state == PUBLISHED or theirs):
            raise EventNotFound
        return pb.GetEventResponse(event=await self._shown(event))

    async def SearchEvents(self, request: pb.SearchEventsRequest, call: Call) -> pb.SearchEventsResponse:
        """What is on."""
        page = page_of(request, request.page, caller="")
        found = await self.database.read(
            store.search,
            request.text.casefold(),
            request.city.casefold(),
            place_in_list(page),
            page.size,
            now_us=self.clock.now_us(),
        )
        return pb.SearchEventsResponse(
            events=await self._all_shown(found), next_page_token=page.token(found, place_of_last(found))
        )

    async def ListEvents(self, request: pb.ListEventsRequest, call: Call) -> pb.ListEventsResponse:
        """The caller's events."""
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id)
        found = await self.database.read(store.events_of, organizer_id, place_in_list(page), page.size)
        return pb.ListEventsResponse(
            events=await self._all_shown(found), next_page_token=page.token(found, place_of_last(found))
        )

    async def _shown(self, event: Event) -> nouns.Event:
        return (await self._all_shown([event]))[0]

    async def _all_shown(self, found: Sequence[Event]) -> list[nouns.Event]:
        return await self.database.read(shown, found)


class Mesh:
    """Serves CatalogMesh."""

    def __init__(self, database: Database) -> None:
        """database: catalog's own."""
        self.database = database

    async def BatchGetEvents(self, request: pb.BatchGetEventsRequest, call: Call) -> pb.BatchGetEventsResponse:
        """Published events."""
        found = await self.database.read(store.published, list(request.event_ids))
        return pb.BatchGetEventsResponse(events=await self.database.read(shown, found))

    async def GetOnlineAccess(self, request: pb.GetOnlineAccessRequest, call: Call) -> pb.GetOnlineAccessResponse:
        """Where an online event is held."""
        event = await self.database.read(store.event, request.event_id)
        if event is None or event.state != PUBLISHED:
            raise EventNotFound
        if event.admission != ONLINE:
            raise NotOnline
        return pb.GetOnlineAccessResponse(online_url=event.online_url)

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        """Catalog's facts."""
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)


def content_hash(request: Message) -> str:
    """What tells two requests of one id apart."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()


def place_in_list(page: Page) -> tuple[int, str]:
    """Where a page of events goes on."""
    return (int(page.after[0]), str(page.after[1])) if page.after else store.FIRST


def place_of_last(found: Sequence[Event]) -> tuple[int | str, ...]:
    """Where the next page of events goes on."""
    return (found[-1].starts_us, found[-1].event_id) if found else ()


async def place_of(tx: Tx, request: pb.CreateEventRequest, organizer_id: str) -> tuple[str, int]:
    """An event's time zone and how many people it holds, from its venue and plan. Raises VenueNotFound, PlanNotFound,
    InvalidRequest where the plan is another hall's or has another number of seats."""
    if request.admission == ONLINE:
        return request.time_zone, request.capacity
    venue = await transactions.own_venue(tx, request.venue_id, organizer_id)
    if request.admission != SEATED:
        return request.time_zone or venue.time_zone, request.capacity
    plan = await transactions.own_plan(tx, request.plan_id, organizer_id)
    if plan.venue_id != venue.venue_id:
        raise InvalidRequest("The plan is another hall's.", fields={"plan_id": "is another hall's"})
    if request.capacity not in (0, plan.seat_count):
        raise InvalidRequest("The plan says how many.", fields={"capacity": f"the plan has {plan.seat_count} seats"})
    return request.time_zone or venue.time_zone, plan.seat_count


async def shown(tx: Tx, found: Sequence[Event]) -> list[nouns.Event]:
    """Events as they are shown, with their venues."""
    return [convert.event_pb(event, await store.venue(tx, event.venue_id)) for event in found]
