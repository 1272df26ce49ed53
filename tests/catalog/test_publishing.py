"""Events go on sale and are announced."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import (
    EventIncomplete,
    EventInPast,
    EventNotFound,
    Internal,
    RevisionUnknown,
    Unavailable,
)
from scripts.make_hall import plain_hall, written
from services.kit.values import failpoints
from tests.catalog.requests import (
    EVENT,
    HOUR_S,
    LATER,
    STARTS_S,
    TYPE,
    VIP,
    an_id,
    general,
    half,
    online,
    seated,
    ticket,
)
from tests.catalog.world import open_world
from tests.facts import settled
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub


async def test_a_seated_event_goes_on_sale_with_all_its_seats(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    plan = await world.plan()
    await world.event(seated(tickets_per_order_max=6))
    await world.type(ticket(seat_categories=["Plateia", "Balcão"]))
    await world.type(ticket(an_id("tkt", 2), kind=VIP, seat_categories=["Plateia VIP"], capacity=8))
    await world.type(half(an_id("tkt", 3), seat_categories=["Plateia", "Balcão"]))
    event = await world.publish()
    assert event.state == nouns.EVENT_STATE_PUBLISHED
    assert event.capacity == plan.seat_count

    provision, *seats, opening = world.inventory.requests
    assert isinstance(provision, inventory.ProvisionRequest)
    assert (provision.event_id, provision.organizer_id) == (EVENT, "org_casa")
    assert (provision.sales_end_at.seconds, provision.tickets_per_order_max) == (STARTS_S, 6)
    offered = sum(one.seat_count for one in plan.categories if one.name in ("Plateia", "Balcão", "Plateia VIP"))
    reserve = -(-offered * 40 // 100)
    assert {(pool.pool_id, pool.name, pool.capacity, pool.released_capacity) for pool in provision.pools} == {
        (f"{EVENT}.half", "half", offered, offered),
        (f"{EVENT}.public", "public", offered - reserve, offered),
        (f"{an_id('tkt', 2)}.lot", an_id("tkt", 2), 8, 8),
    }
    assert provision.reserve_until.seconds == STARTS_S - 48 * HOUR_S
    assert [(each.ticket_type_id, each.seated, list(each.pool_ids)) for each in provision.types] == [
        (TYPE, True, [f"{EVENT}.public"]),
        (an_id("tkt", 2), True, [f"{an_id('tkt', 2)}.lot", f"{EVENT}.public"]),
        (an_id("tkt", 3), True, [f"{EVENT}.half"]),
    ]
    assert list(provision.types[0].seat_categories) == ["Plateia", "Balcão"]
    brought = [seat for page in seats if isinstance(page, inventory.ProvisionSeatsRequest) for seat in page.seats]
    assert [len(page.seats) for page in seats if isinstance(page, inventory.ProvisionSeatsRequest)][:-1] == [400, 400]
    assert len({seat.seat_id for seat in brought}) == len(brought) == plan.seat_count
    first = next(seat for seat in brought if seat.seat_id == "PL-A-1")
    assert (first.zone, first.row, first.number, first.category) == ("Plateia", "A", "1", "Plateia VIP")
    assert first.distance > 0
    assert opening == inventory.OpenSalesRequest(event_id=EVENT, seat_count=plan.seat_count)


async def test_an_online_event_sells_until_it_ends(stage: Stage) -> None:
    world = await open_world(stage)
    await world.event(online())
    await world.type(ticket())
    await world.publish()
    provision, opening = world.inventory.requests
    assert isinstance(provision, inventory.ProvisionRequest)
    assert provision.sales_end_at.seconds == STARTS_S + 2 * HOUR_S
    assert [(pool.name, pool.capacity) for pool in provision.pools] == [("places", 50)]
    assert not provision.types[0].seated
    assert opening == inventory.OpenSalesRequest(event_id=EVENT, seat_count=0)


async def test_a_published_event_is_visible_to_all_and_announced_once(stage: Stage) -> None:
    world = await open_world(stage)
    draft = await world.draft()
    event = await world.publish()
    assert await world.publish() == event
    assert event.version == draft.version + 1
    assert world.inventory.names() == ["Provision", "OpenSales"]
    world.hub = stage.anyone()
    assert await world.get() == event
    (fact,) = await world.facts(1)
    assert (fact.aggregate_id, fact.organizer_id) == (EVENT, "org_casa")
    assert EventPublished.FromString(fact.payload).event == event


@pytest.mark.parametrize("step", ["Provision", "ProvisionSeats", "OpenSales"])
async def test_a_publication_that_was_interrupted_is_finished_by_a_repeat(stage: Stage, step: str) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan()
    await world.event(seated())
    await world.type(ticket())
    world.inventory.refuses[step] = Unavailable()
    with pytest.raises(Unavailable):
        await world.publish()
    assert (await world.get()).state == nouns.EVENT_STATE_DRAFT
    with pytest.raises(EventNotFound):
        await stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=EVENT))
    await world.type(ticket(an_id("tkt", 2)))
    world.inventory.refuses.clear()
    assert (await world.publish()).state == nouns.EVENT_STATE_PUBLISHED
    assert len(world.inventory.of(inventory.ProvisionRequest)[-1].types) == 2
    assert len(await world.facts(1)) == 1


async def test_an_event_moved_while_it_is_published_sells_until_its_new_time(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    world.inventory.before["OpenSales"] = world.move
    event = await world.publish()
    assert (event.starts_local, event.state) == (LATER, nouns.EVENT_STATE_PUBLISHED)
    assert world.inventory.sales_ends()[-1] == event.starts_at
    assert len(await world.facts(1)) == 1


async def test_sales_opened_before_an_interruption_get_the_new_end(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    failpoints.arm("catalog.publish.before=raise")
    with pytest.raises(Internal):
        await world.publish()
    await world.move()
    world.inventory.requests.clear()
    event = await world.publish()
    assert event.state == nouns.EVENT_STATE_PUBLISHED
    assert world.inventory.names() == ["Provision", "OpenSales"]
    assert world.inventory.sales_ends() == [event.starts_at]


async def test_sixteen_publish_at_once_and_it_is_told_once(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    events = await asyncio.gather(*(world.publish() for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert len(await world.facts(1)) == 1


async def test_an_incomplete_or_past_event_is_not_published(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    with pytest.raises(EventNotFound):
        await world.publish()
    await world.event(general())
    with pytest.raises(EventIncomplete) as refused:
        await world.publish()
    assert refused.value.missing == "ticket_types"
    await world.type(ticket())
    stage.clock.advance(STARTS_S - stage.clock.now_us() // 1_000_000)
    world.hub = stage.member()
    with pytest.raises(EventInPast):
        await world.publish()
    world.hub = stage.member("org_other")
    with pytest.raises(EventNotFound):
        await world.publish()
    assert world.inventory.requests == []


async def test_the_feed_continues_after_the_reader_s_position(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    await world.move()
    await settled(world.database)
    mesh: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("notifications"))
    async for answer in mesh.Feed(pb.FeedRequest(consumer="notifications")):
        epoch, first = answer.batch.epoch, answer.batch.facts[0]
        break
    after = Revision(epoch=epoch, position=first.position)
    async for answer in mesh.Feed(pb.FeedRequest(consumer="notifications", after=after)):
        assert [fact.type for fact in answer.batch.facts] == [EventChanged.DESCRIPTOR.full_name]
        break
    with pytest.raises(RevisionUnknown):
        async for _ in mesh.Feed(
            pb.FeedRequest(consumer="notifications", after=Revision(epoch="epo_other", position=1))
        ):
            pass


async def test_a_small_hall_brings_its_seats_in_the_plans_order(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(written(plain_hall(2, 3)))
    await world.event(seated())
    await world.type(ticket())
    await world.publish()
    (page,) = world.inventory.of(inventory.ProvisionSeatsRequest)
    assert isinstance(page, inventory.ProvisionSeatsRequest)
    assert [(seat.seat_id, seat.row_index, seat.seat_index) for seat in page.seats] == [
        ("1-1", 0, 0),
        ("1-2", 0, 1),
        ("1-3", 0, 2),
        ("2-1", 1, 0),
        ("2-2", 1, 1),
        ("2-3", 1, 2),
    ]
