"""The transactions of changes of events.

A change of what inventory sells is written down first, then told to inventory, then saved: if the process dies, another
one completes it, and buyers never see a change that inventory has not made.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.inventory.v1.inventory_service_pb2 import ProvisionRequest
from eventhub.refusals import EventMoving
from services.catalog import change_store, convert, event_store, transactions, type_store
from services.catalog.attempts import Begun
from services.catalog.changing import Change
from services.catalog.differences import differences
from services.catalog.events import TICKETED, Event, State
from services.catalog.passes import transactions as passes
from services.catalog.relocation import store as relocations
from services.catalog.search import transactions as search
from services.catalog.ticket_types import prices
from services.kit.db import Tx
from services.kit.values import SECOND_US

# Longer than a call may take: when the worker completes a change, the call that began it has ended.
COMPLETE_AFTER_US = 30 * SECOND_US
# From an event as it is to the event as it is wanted; None if it is as wanted. It may read more, and raises the reasons
# for which a change is refused.
Decide = Callable[[Tx, Event], Awaitable[Event | None]]
# What inventory has to know of an event. The mapping: seats of each category.
Terms = Callable[[Event, Mapping[str, int]], ProvisionRequest]


async def begin_change(
    tx: Tx, event_id: str, organizer_id: str, decide: Decide, terms: Terms, *, now_us: int
) -> Event | Begun[Change]:
    """Decides a change. Returns the event if that is all: nothing changes, or inventory need not know and the change is
    saved. Otherwise returns the change that is to be completed: this one, or an earlier one that must be completed
    first. Raises EventNotFound, EventMoving, and what decide raises."""
    event = await transactions.locked_event(tx, event_id, organizer_id)
    if await relocations.is_moving(tx, event_id):
        raise EventMoving(event_id=event_id)
    earlier = await change_store.find_change(tx, event_id)
    if earlier is not None:
        return Begun(await numbered(tx, earlier.wanted, now_us=now_us), own=False)
    wanted = await decide(tx, event)
    if wanted is None:
        return event
    wanted = replace(wanted, version=event.version + 1)
    seats = await transactions.seat_counts(tx, event)
    if event.state in TICKETED and terms(event, seats) != terms(wanted, seats):
        return Begun(await numbered(tx, wanted, now_us=now_us), own=True)
    return await save(tx, event, wanted, now_us=now_us)


async def renew_change(tx: Tx, event_id: str, *, now_us: int) -> Change | None:
    """Takes over an event's change, to complete it; None if there is none."""
    if await event_store.lock_any(tx, event_id) is None:
        return None
    known = await change_store.find_change(tx, event_id)
    return await numbered(tx, known.wanted, now_us=now_us) if known else None


async def numbered(tx: Tx, wanted: Event, *, now_us: int) -> Change:
    """Writes a change with a number of its own. Each attempt to complete it has a higher one, so that inventory does
    not take a late attempt for a newer change."""
    change = Change(await change_store.next_number(tx, wanted.event_id), wanted)
    await change_store.save_change(tx, change, due_us=now_us + COMPLETE_AFTER_US)
    return change


async def finish_change(tx: Tx, change: Change, *, now_us: int) -> Event:
    """Saves and announces a change that inventory has made, unless another attempt has done so. Returns the event as it
    is now. If it has become a night of a series meanwhile, it stays one."""
    event = await event_store.lock_any(tx, change.wanted.event_id)
    assert event is not None, "an event with a change stays"
    known = await change_store.find_change(tx, change.wanted.event_id)
    if known is None or known.wanted != change.wanted:
        return event
    await change_store.delete_change(tx, known)
    wanted = replace(change.wanted, series_id=event.series_id, version=max(change.wanted.version, event.version + 1))
    return await save(tx, event, wanted, now_us=now_us)


async def drop_change(tx: Tx, change: Change) -> bool:
    """Forgets a change that inventory has refused. False if another attempt has taken it over or has ended it."""
    await event_store.lock_any(tx, change.wanted.event_id)
    if not await change_store.delete_change(tx, change):
        return False
    await type_store.forget_claims(tx, change.wanted.event_id)
    return True


async def save(tx: Tx, before: Event, after: Event, *, now_us: int) -> Event:
    """Saves a locked event after a change, and announces the change if the event may have tickets. Returns the event as
    it is saved: only now it is known from when new prices are in force."""
    if before.state != State.DRAFT:
        after = replace(after, types=prices.dated(before.types, after.types, now_us))
    await event_store.save_event(tx, after, known_version=before.version)
    await type_store.save_types(tx, before.types, after.types)
    await search.follow(tx, after)
    if after.state in TICKETED:
        changes = differences(before, after)
        fact = EventChanged(event=convert.announced_pb(after), changes=changes)
        await tx.announce(fact, aggregate_id=after.event_id, organizer_id=after.organizer_id, at_us=now_us)
        await passes.announce_night(tx, after, changes, now_us=now_us)
    return after
