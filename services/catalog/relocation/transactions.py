"""The transactions of relocations. Those that change the event lock it before the relocation.

Several processes may work on one relocation. Each goes on from the step that it finds; a step that another one has
ended stays as it is.
"""

from dataclasses import replace

from eventhub.refusals import EventMoving, IdInUse, PassKeepsPlan, PlanNotFound, RelocationNotFound
from services.catalog import (
    change_store,
    change_transactions,
    event_store,
    transactions,
    venue_transactions,
    violations,
)
from services.catalog.change_transactions import COMPLETE_AFTER_US, Decide
from services.catalog.events import TICKETED, Admission, Event
from services.catalog.passes import store as pass_store
from services.catalog.plans import store as plan_store
from services.catalog.plans import transactions as plans
from services.catalog.relocation import relocation as rules
from services.catalog.relocation import store
from services.catalog.relocation.relocation import ENDED, Refused, Relocation, Step, Target
from services.kit.db import Tx


async def own_relocation(tx: Tx, relocation_id: str, organizer_id: str) -> Relocation:
    """An organizer's relocation. Raises RelocationNotFound."""
    found = await store.find(tx, relocation_id)
    if found is None or found.organizer_id != organizer_id:
        raise RelocationNotFound
    return found


async def repeated(tx: Tx, relocation_id: str, organizer_id: str, content_hash: str) -> Relocation | None:
    """The relocation that an earlier request with the same content began; None if the id is new. Raises IdInUse if the
    content or the organizer differs."""
    known = await store.hash_of(tx, relocation_id)
    if known is None:
        return None
    if known != (organizer_id, content_hash):
        raise IdInUse
    return await store.find(tx, relocation_id)


async def moved_event(tx: Tx, event: Event, target: Target) -> Event:
    """The event as it is after a relocation. Raises VenueNotFound, PlanNotFound, PassKeepsPlan, and as
    relocation.relocated."""
    rules.check_shape(event, target)
    if target.plan_id != event.plan_id and event.series_id:
        await check_passes(tx, event)
    venue = await venue_transactions.own_venue(tx, target.venue_id, event.organizer_id)
    before = await transactions.seat_counts(tx, event)
    after: dict[str, int] = {}
    if target.plan_id:
        plan = await plans.own_plan(tx, target.plan_id, event.organizer_id)
        if plan.venue_id != venue.venue_id:
            raise PlanNotFound
        after = {category.name: category.seat_count for category in plan.categories}
    return rules.relocated(event, target, venue, list(before), after)


async def check_passes(tx: Tx, night: Event) -> None:
    """Raises PassKeepsPlan if a pass on sale has the same numbered seat in a night and in others."""
    seated = {kind.ticket_type_id for kind in night.types if not kind.area_id}
    for one in await pass_store.passes_of(tx, night.series_id):
        if not one.ticket_type.archived and any(each.ticket_type_id in seated for each in one.nights):
            raise PassKeepsPlan(ticket_type_id=one.ticket_type.ticket_type_id)


async def checked(tx: Tx, target: Target, organizer_id: str, *, now_us: int) -> Event:
    """The event, as it is now, of a relocation that may begin as far as catalog knows. It reads all seats of both plans
    if single ones are given. Raises EventNotFound, EventMoving, EventState, EventInPast, and as moved_event and
    check_seats."""
    event = await transactions.own_event(tx, target.event_id, organizer_id)
    if await store.is_moving(tx, event.event_id):
        raise EventMoving(event_id=event.event_id)
    rules.check_movable(event, now_us)
    await moved_event(tx, event, target)
    if target.seats:
        await check_seats(tx, event.plan_id, [seat_id for seat_id, _ in target.seats])
        await check_seats(tx, target.plan_id, [seat_id for _, seat_id in target.seats])
    return event


async def check_seats(tx: Tx, plan_id: str, seat_ids: list[str]) -> None:
    """Raises InvalidRequest if a plan has not all of some seats."""
    plan = await plan_store.find_plan(tx, plan_id)
    assert plan is not None, "an event or a target has it"
    known = await plan_store.known_seats(tx, plan.import_id, seat_ids)
    missing = [seat_id for seat_id in seat_ids if seat_id not in known]
    violations.refuse({"target.seats": violations.unknown_seat(missing[0])} if missing else {})


def moving(new: Relocation, content_hash: str, *, now_us: int) -> Decide:
    """To begin a relocation, whose request is checked. An event whose seats are not for sale moves at once, and its
    relocation has ended then; a repeat changes nothing. Raises IdInUse, and as checked without its seats."""

    async def decide(tx: Tx, event: Event) -> Event | None:
        if await repeated(tx, new.relocation_id, new.organizer_id, content_hash) is not None:
            return None
        rules.check_movable(event, now_us)
        after = await moved_event(tx, event, new.target)
        at_once = event.state not in TICKETED or event.admission != Admission.SEATED
        begun = replace(new, step=Step.DONE, ended_us=now_us) if at_once else new
        if not await store.claim(tx, begun, content_hash, due_us=now_us + COMPLETE_AFTER_US):
            raise IdInUse
        return after if at_once and after != event else None

    return decide


async def take(tx: Tx, relocation_id: str, *, now_us: int) -> Relocation:
    """Takes a relocation over, to go on with it. Other processes leave it alone for a while."""
    now = await store.lock(tx, relocation_id)
    await store.save(tx, now, due_us=now_us + COMPLETE_AFTER_US)
    return now


async def put_off(tx: Tx, relocation_id: str, *, due_us: int) -> Relocation:
    """Leaves a relocation to a later attempt. Returns it as it is now."""
    now = await store.lock(tx, relocation_id)
    await store.save(tx, now, due_us=due_us)
    return now


async def numbered(tx: Tx, relocation: Relocation) -> tuple[Event, int] | None:
    """What inventory is to sell after a relocation, and the number of the provision that tells it; None if it is not
    CHECKING any more. Raises as moved_event."""
    event = await event_store.lock_any(tx, relocation.target.event_id)
    assert event is not None, "an event that moves stays"
    now = await store.lock(tx, relocation.relocation_id)
    if now.step != Step.CHECKING:
        return None
    return await moved_event(tx, event, now.target), await change_store.next_number(tx, event.event_id)


async def step_on(tx: Tx, relocation: Relocation, after: Relocation, *, now_us: int) -> Relocation:
    """Ends a step of a relocation, unless another process has done so. Returns it as it is then, due at once."""
    now = await store.lock(tx, relocation.relocation_id)
    if now.step != relocation.step:
        return now
    await store.save(tx, after, due_us=now_us)
    return after


async def refuse(tx: Tx, relocation: Relocation, refused: Refused, *, now_us: int) -> Relocation:
    """Decides that the event does not move, unless another process has decided."""
    return await step_on(tx, relocation, replace(relocation, step=Step.THAWING, refused=refused), now_us=now_us)


async def accept(tx: Tx, relocation: Relocation, seats: int, *, now_us: int) -> Relocation:
    """Decides that the event moves, unless another process has decided. seats: how many taken ones move."""
    return await step_on(tx, relocation, replace(relocation, step=Step.STAGING, seats=seats), now_us=now_us)


async def end_thawing(tx: Tx, relocation: Relocation, *, now_us: int) -> Relocation:
    """Ends a refused relocation, whose event sells again."""
    return await step_on(tx, relocation, replace(relocation, step=Step.REFUSED, ended_us=now_us), now_us=now_us)


async def end_staging(tx: Tx, relocation: Relocation, *, now_us: int) -> Relocation:
    """Notes that inventory has all seats of the new plan."""
    return await step_on(tx, relocation, replace(relocation, step=Step.MOVING), now_us=now_us)


async def note_moved(tx: Tx, relocation_id: str, moved: int, *, now_us: int) -> Relocation:
    """Notes how many seats have moved. Returns the relocation as it is now."""
    now = await store.lock(tx, relocation_id)
    if now.step == Step.MOVING and moved > now.moved:
        now = replace(now, moved=moved)
    await store.save(tx, now, due_us=now_us + COMPLETE_AFTER_US)
    return now


async def finish(tx: Tx, relocation: Relocation, *, now_us: int) -> Relocation:
    """Saves and announces an event whose seats have moved, unless another process has done so."""
    event = await event_store.lock_any(tx, relocation.target.event_id)
    assert event is not None, "an event that moves stays"
    now = await store.lock(tx, relocation.relocation_id)
    if now.step in ENDED:
        return now
    after = replace(await moved_event(tx, event, now.target), version=event.version + 1)
    await change_transactions.save(tx, event, after, now_us=now_us)
    ended = replace(now, step=Step.DONE, moved=now.seats, ended_us=now_us)
    await store.save(tx, ended, due_us=now_us)
    return ended
