"""Events are taken out of sale, put away, deleted and copied."""

import asyncio

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import EventInPast, EventNotFound, EventState, Internal, TimeZoneUnknown
from services.kit.values import failpoints
from tests.catalog.requests import (
    EVENT,
    HOUR_S,
    LATER,
    STARTS,
    STARTS_S,
    TYPE,
    URL,
    an_id,
    general,
    half,
    online,
    seated,
    ticket,
)
from tests.catalog.world import World, open_world
from tests.stage import Stage, outcome

COPY = an_id("evt", 2)


async def found(world: World) -> list[str]:
    """Ids of the events that buyers find."""
    answer = await world.stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest())
    return [event.event_id for event in answer.events]


async def known(world: World, event_id: str = EVENT) -> list[nouns.Event]:
    """The event as other contexts get it."""
    mesh = CatalogMeshStub(world.stage.channel("ticketing"))
    return list((await mesh.BatchGetEvents(pb.BatchGetEventsRequest(event_ids=[event_id]))).events)


def sales(world: World) -> list[bool]:
    """Whether the event sells, after each provision."""
    return [request.HasField("sales_end_at") for request in world.inventory.of(inventory.ProvisionRequest)]


async def test_buyers_do_not_find_an_unpublished_event_and_its_holders_are_served(stage: Stage) -> None:
    world = await open_world(stage)
    await world.event(online())
    await world.type(ticket())
    before = await world.publish()

    event = await world.unpublish()

    assert (event.state, event.version) == (nouns.EVENT_STATE_UNPUBLISHED, before.version + 1)
    assert await world.get() == event
    assert await found(world) == []
    assert await outcome(stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=EVENT))) == "EVENT_NOT_FOUND"
    assert [each.state for each in await known(world)] == [nouns.EVENT_STATE_UNPUBLISHED]
    access = pb.GetOnlineAccessRequest(event_id=EVENT)
    assert (await CatalogMeshStub(stage.channel("ticketing")).GetOnlineAccess(access)).online_url == URL
    assert sales(world) == [True, False]
    assert await world.changes() == [{"state": ("PUBLISHED", "UNPUBLISHED")}]


async def test_an_unpublished_event_changes_and_is_put_back_on_sale(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    await world.unpublish()
    moved = await world.move()

    answers = await asyncio.gather(*(world.publish() for _ in range(16)))

    assert all(event == answers[0] for event in answers)
    assert (answers[0].state, answers[0].starts_local) == (nouns.EVENT_STATE_PUBLISHED, LATER)
    assert answers[0].version == moved.version + 1
    assert await found(world) == [EVENT]
    assert sales(world)[-1]
    assert [list(change) for change in await world.changes()][-1] == ["state"]


async def test_a_repeat_unpublishes_once(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()

    answers = await asyncio.gather(*(world.unpublish() for _ in range(16)))

    assert all(event == answers[0] for event in answers)
    assert len(await world.changes()) == 1


async def test_a_draft_cannot_be_unpublished_and_a_past_event_cannot_be_put_back(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    with pytest.raises(EventState):
        await world.unpublish()
    await world.publish()
    event = await world.unpublish()
    stage.clock.advance(STARTS_S - stage.clock.now_us() // 1_000_000)
    world.hub = stage.member()

    with pytest.raises(EventInPast):
        await world.publish()

    assert await world.get() == event
    world.hub = stage.member("org_other")
    for call in (world.unpublish(), world.archive(), world.copy(COPY)):
        assert await outcome(call) == "EVENT_NOT_FOUND"


async def test_an_archived_event_is_left_out_of_the_list(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    await world.event(general(COPY))
    with pytest.raises(EventState) as refused:
        await world.archive()
    assert refused.value.state == "PUBLISHED"
    assert await world.listed() == [EVENT, COPY]

    await world.unpublish()
    answers = await asyncio.gather(*(world.archive() for _ in range(16)), *(world.archive(COPY) for _ in range(16)))

    assert all(event.archived for event in answers)
    assert await world.listed() == []
    assert await world.listed(with_archived=True) == [EVENT, COPY]
    restored = await world.archive(restore=True)
    assert (restored.archived, restored.state) == (False, nouns.EVENT_STATE_UNPUBLISHED)
    assert await world.listed() == [EVENT]


async def test_an_event_that_is_over_is_archived_and_its_tickets_stay(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    stage.clock.advance(STARTS_S + 2 * HOUR_S - stage.clock.now_us() // 1_000_000)
    world.hub = stage.member()

    event = await world.archive()

    assert (event.archived, event.state) == (True, nouns.EVENT_STATE_PUBLISHED)
    assert await world.listed() == []
    assert await known(world) == [event]


async def test_a_draft_is_deleted_with_its_types(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()

    await asyncio.gather(*(world.drop() for _ in range(16)))

    with pytest.raises(EventNotFound):
        await world.get()
    assert await world.database.read(lambda tx: tx.all("SELECT 1 FROM ticket_type")) == []
    again = await world.event(general(title="Another show"))
    assert (again.title, len(again.ticket_types)) == ("Another show", 0)


async def test_only_drafts_of_the_own_organizer_are_deleted(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    own = world.hub
    world.hub = stage.member("org_other")
    await world.drop()
    world.hub = own
    failpoints.arm("catalog.publish.before=raise")
    with pytest.raises(Internal):
        await world.publish()
    failpoints.arm("")
    assert await outcome(world.drop()) == "EVENT_STATE", "inventory sells it already"
    event = await world.publish()

    with pytest.raises(EventState) as refused:
        await world.drop()

    assert refused.value.state == "PUBLISHED"
    assert await world.get() == event


async def test_a_copy_has_all_settings_and_no_state(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    details = nouns.EventDetails(
        tags=["elza"],
        sales_start_at=Timestamp(seconds=STARTS_S - 48 * HOUR_S),
        sales_end_at=Timestamp(seconds=STARTS_S - HOUR_S),
    )
    await world.event(general(details=details, tickets_per_order_max=4, tickets_per_person_max=6))
    await world.type(ticket(capacity=60))
    await world.type(half(an_id("tkt", 2), capacity=40))
    before = await world.publish()

    copy = await world.copy(COPY, title="Elza, de novo")

    assert (copy.event_id, copy.state, copy.version, copy.title) == (COPY, nouns.EVENT_STATE_DRAFT, 1, "Elza, de novo")
    later_s = copy.starts_at.seconds - before.starts_at.seconds
    assert (copy.starts_local, later_s) == (LATER, 25 * HOUR_S + HOUR_S // 2)
    assert copy.details.sales_start_at.seconds - details.sales_start_at.seconds == later_s
    assert copy.details.sales_end_at.seconds - details.sales_end_at.seconds == later_s
    full, reduced = copy.ticket_types
    assert (full.capacity, reduced.capacity, reduced.half_of_ticket_type_id) == (60, 40, full.ticket_type_id)
    assert [kind.name for kind in copy.ticket_types] == [kind.name for kind in before.ticket_types]
    same = ("capacity", "currency", "venue", "tickets_per_order_max", "tickets_per_person_max", "kind", "admission")
    assert [getattr(copy, name) for name in same] == [getattr(before, name) for name in same]
    assert copy.series_id == ""
    assert (await world.publish(COPY)).state == nouns.EVENT_STATE_PUBLISHED
    assert await world.get() == before


async def test_a_repeat_returns_the_same_copy(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()

    copies = await asyncio.gather(*(world.copy(COPY) for _ in range(16)))

    assert all(copy == copies[0] for copy in copies)
    assert await outcome(world.copy(COPY, STARTS)) == "ID_IN_USE"
    assert await outcome(world.copy(EVENT)) == "ID_IN_USE"
    changed = await world.update(event_id=COPY, title="Changed")
    assert await world.copy(COPY) == changed
    assert changed.ticket_types[0].ticket_type_id != TYPE


async def test_a_copy_begins_at_a_time_to_come(stage: Stage) -> None:
    world = await open_world(stage)
    await world.event(online(time_zone="America/New_York"))

    with pytest.raises(EventInPast):
        await world.copy(COPY, "2026-11-01T20:00")
    with pytest.raises(TimeZoneUnknown):
        await world.copy(COPY, "2027-03-14T02:30")
    with pytest.raises(EventNotFound):
        await world.get(COPY)


async def test_a_copy_of_a_seated_event_has_its_plan(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan()
    before = await world.event(seated())
    await world.type(ticket(seat_categories=["Balcão"]))

    copy = await world.copy(COPY)

    assert (copy.plan_id, copy.capacity) == (before.plan_id, before.capacity)
    assert list(copy.ticket_types[0].seat_categories) == ["Balcão"]
