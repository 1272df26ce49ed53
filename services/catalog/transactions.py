"""The transactions of events. Each claims an id or locks the rows that it decides on, then saves all
its changes and facts, or none."""

from dataclasses import replace

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventPublished
from eventhub.refusals import EventNotFound, IdInUse, PlanNotFound
from services.catalog import (
    areas,
    change_store,
    changing,
    convert,
    event_store,
    events,
    half_price_reserve,
    venue_transactions,
    violations,
    walltime,
)
from services.catalog.events import TICKETED, Admission, Event, State, Venue
from services.catalog.plans import transactions as plans
from services.catalog.search import transactions as search
from services.kit.db import Tx


async def own_event(tx: Tx, event_id: str, organizer_id: str) -> Event:
    """An organizer's event. Raises EventNotFound."""
    event = await event_store.find_event(tx, event_id, organizer_id)
    if event is None:
        raise EventNotFound
    return event


async def repeated_event(tx: Tx, event_id: str, organizer_id: str, content_hash: str) -> Event | None:
    """The event that an earlier request with the same content created; None if the id is new. Raises IdInUse if the
    content or the organizer differs."""
    known = await event_store.event_hash(tx, event_id)
    if known is None:
        return None
    if known != (organizer_id, content_hash):
        raise IdInUse
    return await event_store.find_event(tx, event_id, organizer_id)


async def draft_of(tx: Tx, request: pb.CreateEventRequest, organizer_id: str) -> Event:
    """The draft that a request describes, not saved yet. Raises VenueNotFound, PlanNotFound, TimeZoneUnknown, and
    InvalidRequest if the plan has another number of seats, or sales end before they begin."""
    venue, capacity = await venue_and_capacity(tx, request, organizer_id)
    time_zone = request.time_zone or (venue.time_zone if venue else "")
    starts_us = walltime.instant_us(request.starts_local, time_zone)
    draft = convert.event_of(
        request, organizer_id, venue=venue, time_zone=time_zone, starts_us=starts_us, capacity=capacity
    )
    violations.refuse(changing.details_problems(draft))
    return draft


async def venue_and_capacity(tx: Tx, request: pb.CreateEventRequest, organizer_id: str) -> tuple[Venue | None, int]:
    """The venue of a new event (None if online) and its number of places. Raises VenueNotFound, PlanNotFound if the
    venue has no such plan, and InvalidRequest if plan and areas have another number of places."""
    admission = Admission(request.admission)
    if admission is Admission.ONLINE:
        return None, request.capacity
    venue = await venue_transactions.own_venue(tx, request.venue_id, organizer_id)
    in_areas = areas.places_in(convert.areas_of(request))
    if admission is not Admission.SEATED:
        return venue, areas.capacity(request.capacity, in_areas) if in_areas else request.capacity
    plan = await plans.own_plan(tx, request.plan_id, organizer_id)
    if plan.venue_id != venue.venue_id:
        raise PlanNotFound
    return venue, areas.capacity(request.capacity, plan.seat_count + in_areas)


async def create_event(tx: Tx, event: Event, content_hash: str) -> Event:
    """Creates a draft; a repeat returns the event's current state. Raises IdInUse."""
    if await event_store.claim_event(tx, event, content_hash):
        return event
    known = await repeated_event(tx, event.event_id, event.organizer_id, content_hash)
    assert known is not None, "its id is taken"
    return known


async def locked_event(tx: Tx, event_id: str, organizer_id: str) -> Event:
    """An organizer's event, locked until the end of the transaction. Raises EventNotFound."""
    event = await event_store.lock_event(tx, event_id, organizer_id)
    if event is None:
        raise EventNotFound
    return event


async def seat_counts(tx: Tx, event: Event) -> dict[str, int]:
    """The number of seats in each category of an event's plan; empty if it has no plan."""
    if not event.plan_id:
        return {}
    plan = await plans.own_plan(tx, event.plan_id, event.organizer_id)
    return {category.name: category.seat_count for category in plan.categories}


async def begin_publishing(tx: Tx, event_id: str, organizer_id: str, *, now_us: int) -> tuple[Event, int]:
    """Marks a draft of which inventory is being told. Returns the event, and the number of the provision that tells
    inventory; 0 if the event was published before. Raises EventNotFound, EventIncomplete,
    EventInPast, HalfPriceLotTooSmall."""
    event = await locked_event(tx, event_id, organizer_id)
    if event.state in TICKETED:
        return event, 0
    events.check_publishable(event, now_us)
    half_price_reserve.check_reserve(event, await seat_counts(tx, event))
    number = await change_store.next_number(tx, event_id)
    if event.state == State.DRAFT:
        event = replace(event, state=State.PUBLISHING)
        await event_store.save_event(tx, event, known_version=event.version)
    return event, number


async def publish(tx: Tx, event: Event, *, now_us: int) -> Event | None:
    """Publishes an event that inventory has all places of, and announces it. None if the event has changed since it was
    read."""
    published = replace(event, state=State.PUBLISHED, version=event.version + 1)
    if not await event_store.save_event(tx, published, known_version=event.version):
        return None
    await search.index(tx, published)
    fact = EventPublished(event=convert.announced_pb(published))
    await tx.announce(fact, aggregate_id=event.event_id, organizer_id=event.organizer_id, at_us=now_us)
    return published
