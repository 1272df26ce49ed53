"""Events go on sale, are moved, and tell so."""

import asyncio
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventPublished, EventRescheduled
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.feed_pb2 import Fact, Revision
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import (
    EventIncomplete,
    EventInPast,
    EventNotFound,
    EventState,
    InvalidRequest,
    RevisionUnknown,
    TimeZoneUnknown,
    Unavailable,
)
from scripts.make_hall import plain_hall, written
from tests.catalog.house import (
    EVENT,
    STARTS,
    STARTS_S,
    TYPE,
    VIP,
    House,
    an_id,
    general,
    half,
    online,
    opened,
    seated,
    ticket,
)
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

LATER = "2026-12-25T21:30"
HOUR_S = 3600


async def move(house: House, starts: str = LATER, hours: int = 0, event_id: str = EVENT) -> nouns.Event:
    request = pb.RescheduleEventRequest(event_id=event_id, starts_local=starts)
    if hours:
        request.duration.CopyFrom(Duration(seconds=hours * HOUR_S))
    return (await house.hub.catalog.RescheduleEvent(request)).event


async def facts(stage: Stage, count: int) -> list[Fact]:
    """The first so many facts. Fails where there are more in the same breath."""
    mesh: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("reporting"))
    found: list[Fact] = []
    async for answer in mesh.Feed(pb.FeedRequest(consumer="reporting")):
        found.extend(answer.batch.facts)
        if len(found) >= count:
            break
    assert len(found) == count
    return found


def taken(house: House, kind: type[Message]) -> list[Message]:
    return [request for request in house.stock.requests if isinstance(request, kind)]


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
    reserve = -(-plan.seat_count * 40 // 100)
    assert {(pool.pool_id, pool.name, pool.capacity) for pool in provision.pools} == {
        (f"{EVENT}.half", "half", reserve),
        (f"{EVENT}.public", "public", plan.seat_count - reserve),
        (f"{an_id('tkt', 2)}.lot", an_id("tkt", 2), 8),
    }
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


async def test_a_published_event_is_moved_sales_first(stage: Stage) -> None:
    house = await opened(stage)
    before = await house.on_sale()
    event = await move(house)
    assert (event.starts_local, event.version) == (LATER, before.version + 1)
    assert event.starts_at.seconds == STARTS_S + 25 * HOUR_S + HOUR_S // 2
    assert event.ends_at.seconds - event.starts_at.seconds == 2 * HOUR_S
    assert await house.get() == event
    (ending,) = taken(house, inventory.SetSalesEndRequest)
    assert ending == inventory.SetSalesEndRequest(event_id=EVENT, sales_end_at=event.starts_at)
    _, fact = await facts(stage, 2)
    told = EventRescheduled.FromString(fact.payload)
    assert told.event == event
    assert (told.previous_starts_local, told.previous_time_zone) == (STARTS, "America/Sao_Paulo")


async def test_a_repeat_is_no_second_move(stage: Stage) -> None:
    house = await opened(stage)
    await house.on_sale()
    events = await asyncio.gather(*(move(house, hours=3) for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert await move(house, hours=3) == await move(house) == events[0]
    assert events[0].ends_at.seconds - events[0].starts_at.seconds == 3 * HOUR_S
    await facts(stage, 2)


async def test_nothing_moves_while_sales_cannot_be_moved(stage: Stage) -> None:
    house = await opened(stage)
    before = await house.on_sale()
    house.stock.refusals[inventory.SetSalesEndRequest] = Unavailable()
    with pytest.raises(Unavailable):
        await move(house)
    assert await house.get() == before
    house.stock.refusals.clear()
    assert (await move(house)).starts_local == LATER


async def test_a_draft_is_moved_in_silence(stage: Stage) -> None:
    house = await opened(stage)
    await house.draft()
    assert (await move(house)).starts_local == LATER
    assert house.stock.requests == []
    await house.publish()
    await facts(stage, 1)


async def test_what_cannot_be_moved(stage: Stage) -> None:
    house = await opened(stage)
    with pytest.raises(EventNotFound):
        await move(house)
    await house.on_sale()
    with pytest.raises(EventInPast):
        await move(house, "2026-11-24T09:00")
    with pytest.raises(InvalidRequest):
        await move(house, "2026-11-31T09:00")
    await house.event(general(an_id("evt", 2), time_zone="America/New_York"))
    with pytest.raises(TimeZoneUnknown):
        await move(house, "2027-03-14T02:30", event_id=an_id("evt", 2))
    stage.clock.advance(STARTS_S + 2 * HOUR_S - stage.clock.now_us() // 1_000_000)
    house.hub = stage.member("org_other")
    with pytest.raises(EventNotFound):
        await move(house, "2027-01-01T20:00")
    house.hub = stage.member()
    with pytest.raises(EventState) as refused:
        await move(house, "2027-01-01T20:00")
    assert refused.value.state == "OVER"
    assert (await move(house, STARTS)).starts_local == STARTS  # where it was: no move


async def test_the_feed_goes_on_where_a_reader_stands(stage: Stage) -> None:
    house = await opened(stage)
    await house.on_sale()
    await move(house)
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
