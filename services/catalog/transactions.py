"""catalog's writes."""

from dataclasses import replace

from eventhub.catalog.v1.catalog_events_pb2 import EventPublished, EventRescheduled
from eventhub.refusals import EventNotFound, IdInUse, PlanNotFound, VenueNotFound
from services.catalog import events, plan_store, store
from services.catalog.convert import event_pb
from services.catalog.events import Event, TicketType, Venue
from services.catalog.plan_store import Kept
from services.catalog.plans import Plan
from services.kit.db import Tx


async def create_venue(tx: Tx, venue: Venue, content_hash: str) -> Venue:
    """Makes a venue; a repeat answers it. Raises IdInUse."""
    if not await store.claim_venue(tx, venue, content_hash) and not await store.same_venue(
        tx, venue.venue_id, venue.organizer_id, content_hash
    ):
        raise IdInUse
    return venue


async def keep_plan(tx: Tx, kept: Kept, plan: Plan) -> Kept:
    """Makes an import a plan; a repeat answers the first. Raises IdInUse."""
    if await plan_store.claim(tx, kept, plan):
        return kept
    known = await plan_store.find(tx, kept.plan_id)
    if known is None or (known.organizer_id, known.venue_id, known.content_hash) != (
        kept.organizer_id,
        kept.venue_id,
        kept.content_hash,
    ):
        raise IdInUse
    return known


async def own_venue(tx: Tx, venue_id: str, organizer_id: str) -> Venue:
    """An organizer's venue. Raises VenueNotFound."""
    venue = await store.venue(tx, venue_id, organizer_id)
    if venue is None:
        raise VenueNotFound
    return venue


async def own_plan(tx: Tx, plan_id: str, organizer_id: str) -> Kept:
    """An organizer's plan. Raises PlanNotFound."""
    plan = await plan_store.find(tx, plan_id)
    if plan is None or plan.organizer_id != organizer_id:
        raise PlanNotFound
    return plan


async def create_event(tx: Tx, event: Event, content_hash: str) -> Event:
    """Makes a draft; a repeat answers the event as it is. Raises IdInUse."""
    if await store.claim_event(tx, event, content_hash):
        return event
    if await store.event_hash(tx, event.event_id, event.organizer_id) != content_hash:
        raise IdInUse
    return await own_event(tx, event.event_id, event.organizer_id)


async def own_event(tx: Tx, event_id: str, organizer_id: str) -> Event:
    """An organizer's event, locked. Raises EventNotFound."""
    event = await store.lock_event(tx, event_id, organizer_id)
    if event is None:
        raise EventNotFound
    return event


async def add_type(
    tx: Tx, event_id: str, organizer_id: str, wanted: TicketType, content_hash: str, *, currency: str, has_price: bool
) -> Event:
    """Adds a ticket type to a draft; a repeat answers the event as it is. Raises IdInUse, and as events.priced."""
    event = await own_event(tx, event_id, organizer_id)
    same = await store.same_type(tx, wanted.ticket_type_id, event_id, content_hash)
    if same is not None:
        if not same:
            raise IdInUse
        return event
    kind = events.priced(event, wanted, currency=currency, has_price=has_price)
    await check_categories(tx, event, kind)
    if not await store.claim_type(tx, event_id, len(event.types), kind, content_hash):
        raise IdInUse
    event = replace(event, types=(*event.types, kind), version=event.version + 1)
    await store.save_event(tx, event)
    return event


async def check_categories(tx: Tx, event: Event, kind: TicketType) -> None:
    """Raises InvalidRequest for seat categories that the event's plan does not have."""
    known: list[str] = []
    if event.admission == events.SEATED:
        plan = await own_plan(tx, event.plan_id, event.organizer_id)
        known = [name for name, _, _ in await plan_store.categories(tx, plan.import_id)]
    events.check_fields(events.unknown_categories(kind.categories, known))


async def publish(tx: Tx, event_id: str, organizer_id: str, *, now_us: int) -> Event:
    """Notes that an event whose stock is open is published."""
    event = await own_event(tx, event_id, organizer_id)
    if event.state == events.PUBLISHED:
        return event
    event = replace(event, state=events.PUBLISHED, version=event.version + 1)
    await store.save_event(tx, event)
    fact = EventPublished(event=event_pb(event, await store.venue(tx, event.venue_id)))
    await tx.announce(fact, about=event_id, organizer_id=organizer_id, at_us=now_us)
    return event


async def reschedule(tx: Tx, before: Event, after: Event, *, now_us: int) -> Event:
    """Moves an event, if it is still where it was when the move was decided; else answers it as it is."""
    event = await own_event(tx, before.event_id, before.organizer_id)
    if event.version != before.version:
        return event
    await store.save_event(tx, after)
    if after.state == events.PUBLISHED:
        fact = EventRescheduled(
            event=event_pb(after, await store.venue(tx, after.venue_id)),
            previous_starts_local=before.starts_local,
            previous_time_zone=before.time_zone,
        )
        await tx.announce(fact, about=after.event_id, organizer_id=after.organizer_id, at_us=now_us)
    return after
