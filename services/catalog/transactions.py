"""catalog's transactions: each claims its id or locks what it decides on, saves, tells, or changes nothing."""

from dataclasses import replace

from eventhub.catalog.v1.catalog_events_pb2 import EventPublished, EventRescheduled
from eventhub.refusals import EventNotFound, IdInUse, PlanNotFound, VenueNotFound
from services.catalog import events, plan_store, pools, store
from services.catalog.convert import event_pb
from services.catalog.events import Event, TicketType, Venue
from services.catalog.plan_store import Kept
from services.catalog.plans import Seat
from services.kit.db import Tx

ROWS_AT_ONCE = 1_000


async def create_venue(tx: Tx, venue: Venue, content_hash: str) -> Venue:
    """Makes a venue; a repeat answers it. Raises IdInUse."""
    if await store.claim_venue(tx, venue, content_hash):
        return venue
    if await store.venue_hash(tx, venue.venue_id, venue.organizer_id) != content_hash:
        raise IdInUse
    return venue


async def own_venue(tx: Tx, venue_id: str, organizer_id: str) -> Venue:
    """An organizer's venue. Raises VenueNotFound."""
    venue = await store.find_venue(tx, venue_id, organizer_id)
    if venue is None:
        raise VenueNotFound
    return venue


async def own_plan(tx: Tx, plan_id: str, organizer_id: str) -> Kept:
    """An organizer's plan. Raises PlanNotFound."""
    plan = await plan_store.find_plan(tx, plan_id)
    if plan is None or plan.organizer_id != organizer_id:
        raise PlanNotFound
    return plan


async def own_event(tx: Tx, event_id: str, organizer_id: str) -> Event:
    """An organizer's event. Raises EventNotFound."""
    event = await store.find_event(tx, event_id, organizer_id)
    if event is None:
        raise EventNotFound
    return event


async def repeated_plan(tx: Tx, plan_id: str, import_id: str) -> Kept | None:
    """The plan that a repeated import made, None if its id is new. Raises IdInUse where it is another's."""
    known = await plan_store.find_plan(tx, plan_id)
    if known is not None and known.import_id != import_id:
        raise IdInUse
    return known


async def begin_import(tx: Tx, plan_id: str, organizer_id: str, import_id: str) -> bool:
    """Lets an import write and no other. False: something older is to be deleted first; begin again. Raises IdInUse
    where another import has become the plan."""
    writing, leftover = await plan_store.claim_import(tx, plan_id, organizer_id, import_id)
    await repeated_plan(tx, plan_id, import_id)
    if writing == import_id:
        return True
    if leftover:
        await forget_some(tx, plan_id, leftover)
        return False
    await plan_store.turn_import(tx, plan_id, organizer_id, import_id)
    return True


async def make_room(tx: Tx, plan_id: str, import_id: str) -> bool:
    """Deletes some of what an interrupted import has left. False: there is more. Raises IdInUse where another one has
    taken over."""
    await check_writing(tx, plan_id, import_id)
    _, leftover = await plan_store.writing_import(tx, plan_id)
    if leftover:
        await forget_some(tx, plan_id, leftover)
    return not leftover


async def forget_some(tx: Tx, plan_id: str, leftover_id: str) -> None:
    """Deletes some of what an import has left."""
    if not await plan_store.forget(tx, leftover_id, ROWS_AT_ONCE):
        await plan_store.end_leftover(tx, plan_id)


async def add_part(tx: Tx, plan_id: str, import_id: str, n: int, part: str) -> None:
    """Writes a part of an import's bytes. Raises IdInUse where another import has taken over."""
    await check_writing(tx, plan_id, import_id)
    await plan_store.add_part(tx, import_id, n, part)


async def add_seats(tx: Tx, plan_id: str, import_id: str, first: int, seats: list[Seat]) -> None:
    """Writes seats of an import. Raises IdInUse where another import has taken over."""
    await check_writing(tx, plan_id, import_id)
    await plan_store.add_seats(tx, import_id, first, seats)


async def keep_plan(tx: Tx, kept: Kept) -> Kept:
    """Makes an import whose bytes and seats are written a plan; a repeat answers it. Raises IdInUse."""
    if await plan_store.claim_plan(tx, kept):
        await check_writing(tx, kept.plan_id, kept.import_id)
        return kept
    known = await repeated_plan(tx, kept.plan_id, kept.import_id)
    assert known is not None, "its id is taken"
    return known


async def check_writing(tx: Tx, plan_id: str, import_id: str) -> None:
    """Raises IdInUse where another import of the same plan has taken over."""
    writing, _ = await plan_store.writing_import(tx, plan_id)
    if writing != import_id:
        raise IdInUse


async def repeated_event(tx: Tx, event_id: str, organizer_id: str, content_hash: str) -> Event | None:
    """The event that a repeat asks for, None if its id is new. Raises IdInUse where it is another, or another's."""
    known = await store.event_hash(tx, event_id)
    if known is None:
        return None
    if known != (organizer_id, content_hash):
        raise IdInUse
    return await store.find_event(tx, event_id, organizer_id)


async def create_event(tx: Tx, event: Event, content_hash: str) -> Event:
    """Makes a draft; a repeat answers the event as it is. Raises IdInUse."""
    if await store.claim_event(tx, event, content_hash):
        return event
    known = await repeated_event(tx, event.event_id, event.organizer_id, content_hash)
    assert known is not None, "its id is taken"
    return known


async def locked_event(tx: Tx, event_id: str, organizer_id: str) -> Event:
    """An organizer's event, locked until the transaction ends. Raises EventNotFound."""
    event = await store.lock_event(tx, event_id, organizer_id)
    if event is None:
        raise EventNotFound
    return event


async def add_type(
    tx: Tx, event_id: str, organizer_id: str, wanted: TicketType, content_hash: str, *, currency: str | None
) -> Event:
    """Adds a ticket type to a draft; a repeat answers the event as it is. Raises IdInUse, and as events.priced."""
    event = await locked_event(tx, event_id, organizer_id)
    known = await store.type_hash(tx, wanted.ticket_type_id)
    if known:
        if known != content_hash:
            raise IdInUse
        return event
    kind = events.priced(event, wanted, currency=currency, seats=await seats_of(tx, event))
    if not await store.claim_type(tx, event, kind, content_hash):
        raise IdInUse
    changed = replace(event, types=(*event.types, kind), version=event.version + 1)
    await store.save_event(tx, changed, known_version=event.version)
    return changed


async def seats_of(tx: Tx, event: Event) -> dict[str, int]:
    """How many seats of each category an event has; none without a plan."""
    if not event.plan_id:
        return {}
    plan = await own_plan(tx, event.plan_id, event.organizer_id)
    return {category.name: category.seat_count for category in plan.categories}


async def begin_publishing(tx: Tx, event_id: str, organizer_id: str, *, now_us: int) -> Event:
    """Notes that inventory is about to be told what there is to sell: from now on that does not change. Raises
    EventNotFound, EventIncomplete, EventInPast, HalfPriceLotTooSmall."""
    event = await locked_event(tx, event_id, organizer_id)
    if event.state == events.PUBLISHED:
        return event
    events.check_publishable(event, now_us)
    pools.check_reserve(event, await seats_of(tx, event))
    if event.state == events.DRAFT:
        begun = replace(event, state=events.PUBLISHING)
        await store.save_event(tx, begun, known_version=event.version)
        return begun
    return event


async def publish(tx: Tx, event: Event, *, now_us: int) -> Event | None:
    """Publishes an event of which everything is in stock, and tells so. None if it has changed meanwhile."""
    published = replace(event, state=events.PUBLISHED, version=event.version + 1)
    if not await store.save_event(tx, published, known_version=event.version):
        return None
    fact = EventPublished(event=event_pb(published))
    await tx.announce(fact, aggregate_id=event.event_id, organizer_id=event.organizer_id, at_us=now_us)
    return published


async def reschedule(tx: Tx, before: Event, after: Event, *, now_us: int) -> Event | None:
    """Moves an event, and tells so if it is published. None if it has changed meanwhile."""
    if not await store.save_event(tx, after, known_version=before.version):
        return None
    if after.state == events.PUBLISHED:
        fact = EventRescheduled(
            event=event_pb(after),
            previous_starts_local=before.starts_local,
            previous_time_zone=before.time_zone,
        )
        await tx.announce(fact, aggregate_id=after.event_id, organizer_id=after.organizer_id, at_us=now_us)
    return after
