"""Events go on sale, and tell so."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventPublished, EventRescheduled
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import (
    EventIncomplete,
    EventInPast,
    EventNotFound,
    EventState,
    RevisionUnknown,
    Unavailable,
)
from scripts.make_hall import plain_hall, written
from tests.catalog.house import (
    EVENT,
    HOUR_S,
    LATER,
    STARTS_S,
    TYPE,
    VIP,
    an_id,
    facts,
    general,
    half,
    move,
    online,
    opened,
    seated,
    taken,
    ticket,
)
from tests.facts import settled
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub


async def test_a_seated_event_goes_on_sale_with_all_its_seats(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    plan = await house.plan()
    await house.event(seated(tickets_per_order_max=6))
    await house.type(ticket(seat_categories=["Plateia", "Balcão"]))
    await house.type(ticket(an_id("tkt", 2), kind=VIP, seat_categories=["Plateia VIP"], capacity=8))
    await house.type(half(an_id("tkt", 3), seat_categories=["Plateia", "Balcão"]))
    event = await house.publish()
    assert event.state == nouns.EVENT_STATE_PUBLISHED
    assert event.capacity == plan.seat_count

    provision, *seats, opening = house.stock.requests
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
    assert [(kind.ticket_type_id, kind.seated, list(kind.pool_ids)) for kind in provision.types] == [
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
    house = await opened(stage)
    await house.event(online())
    await house.type(ticket())
    await house.publish()
    provision, opening = house.stock.requests
    assert isinstance(provision, inventory.ProvisionRequest)
    assert provision.sales_end_at.seconds == STARTS_S + 2 * HOUR_S
    assert [(pool.name, pool.capacity) for pool in provision.pools] == [("places", 50)]
    assert not provision.types[0].seated
    assert opening == inventory.OpenSalesRequest(event_id=EVENT, seat_count=0)


async def test_everybody_sees_it_and_the_others_are_told_once(stage: Stage) -> None:
    house = await opened(stage)
    draft = await house.draft()
    event = await house.publish()
    assert await house.publish() == event
    assert event.version == draft.version + 1
    assert house.stock.names() == ["Provision", "OpenSales"]
    house.hub = stage.anyone()
    assert await house.get() == event
    (fact,) = await facts(stage, 1)
    assert (fact.aggregate_id, fact.organizer_id) == (EVENT, "org_casa")
    assert EventPublished.FromString(fact.payload).event == event


@pytest.mark.parametrize("step", ["ProvisionRequest", "ProvisionSeatsRequest", "OpenSalesRequest"])
async def test_a_publication_that_was_interrupted_is_finished_by_a_repeat(stage: Stage, step: str) -> None:
    house = await opened(stage)
    await house.venue()
    await house.plan()
    await house.event(seated())
    await house.type(ticket())
    house.stock.refusals[getattr(inventory, step)] = Unavailable()
    with pytest.raises(Unavailable):
        await house.publish()
    assert (await house.get()).state == nouns.EVENT_STATE_DRAFT
    with pytest.raises(EventNotFound):
        await stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=EVENT))
    with pytest.raises(EventState):
        await house.type(ticket(an_id("tkt", 2)))
    house.stock.refusals.clear()
    assert (await house.publish()).state == nouns.EVENT_STATE_PUBLISHED
    assert len(await facts(stage, 1)) == 1


async def test_an_event_moved_while_it_is_published_sells_until_its_new_time(stage: Stage) -> None:
    house = await opened(stage)
    await house.draft()
    house.stock.before[inventory.OpenSalesRequest] = lambda: move(house)
    event = await house.publish()
    assert (event.starts_local, event.state) == (LATER, nouns.EVENT_STATE_PUBLISHED)
    last = taken(house, inventory.ProvisionRequest)[-1]
    assert isinstance(last, inventory.ProvisionRequest)
    assert last.sales_end_at == event.starts_at
    assert len(await facts(stage, 1)) == 1


async def test_sales_opened_before_an_interruption_only_get_the_new_end(stage: Stage) -> None:
    house = await opened(stage)
    await house.draft()
    house.stock.refusals[inventory.ProvisionRequest] = EventState(state="OPEN")
    event = await house.publish()
    assert event.state == nouns.EVENT_STATE_PUBLISHED
    assert house.stock.names() == ["SetSalesEnd", "OpenSales"]


async def test_sixteen_publish_at_once_and_it_is_told_once(stage: Stage) -> None:
    house = await opened(stage)
    await house.draft()
    events = await asyncio.gather(*(house.publish() for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert len(await facts(stage, 1)) == 1


async def test_what_cannot_be_published(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    with pytest.raises(EventNotFound):
        await house.publish()
    await house.event(general())
    with pytest.raises(EventIncomplete) as refused:
        await house.publish()
    assert refused.value.missing == "ticket_types"
    await house.type(ticket())
    stage.clock.advance(STARTS_S - stage.clock.now_us() // 1_000_000)
    house.hub = stage.member()
    with pytest.raises(EventInPast):
        await house.publish()
    house.hub = stage.member("org_other")
    with pytest.raises(EventNotFound):
        await house.publish()
    assert house.stock.requests == []


async def test_the_feed_goes_on_where_a_reader_stands(stage: Stage) -> None:
    house = await opened(stage)
    await house.on_sale()
    await move(house)
    await settled(house.database)
    mesh: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("notifications"))
    async for answer in mesh.Feed(pb.FeedRequest(consumer="notifications")):
        epoch, first = answer.batch.epoch, answer.batch.facts[0]
        break
    after = Revision(epoch=epoch, position=first.position)
    async for answer in mesh.Feed(pb.FeedRequest(consumer="notifications", after=after)):
        assert [fact.type for fact in answer.batch.facts] == [EventRescheduled.DESCRIPTOR.full_name]
        break
    with pytest.raises(RevisionUnknown):
        async for _ in mesh.Feed(
            pb.FeedRequest(consumer="notifications", after=Revision(epoch="epo_other", position=1))
        ):
            pass


async def test_a_small_hall_brings_its_seats_in_the_plans_order(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    await house.plan(written(plain_hall(2, 3)))
    await house.event(seated())
    await house.type(ticket())
    await house.publish()
    (page,) = taken(house, inventory.ProvisionSeatsRequest)
    assert isinstance(page, inventory.ProvisionSeatsRequest)
    assert [(seat.seat_id, seat.row_index, seat.seat_index) for seat in page.seats] == [
        ("1-1", 0, 0),
        ("1-2", 0, 1),
        ("1-3", 0, 2),
        ("2-1", 1, 0),
        ("2-2", 1, 1),
        ("2-3", 1, 2),
    ]
