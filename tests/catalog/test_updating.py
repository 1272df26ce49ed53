"""Organizers change texts and settings of their events."""

import asyncio

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.common.v1.picture_pb2 import Picture
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import EventState, InvalidRequest, Unavailable, VenueNotFound
from tests.catalog.requests import (
    EVENT,
    HOUR_S,
    SEATING,
    STARTS_S,
    URL,
    VENUE,
    an_id,
    general,
    online,
    seated,
    ticket,
)
from tests.catalog.world import World, open_world
from tests.stage import Stage, outcome

DETAILS = nouns.EventDetails(
    pictures=[Picture(url="https://pictures.example/elza.jpg", alt="Elza no palco")],
    age_rating=nouns.AGE_RATING_14,
    doors_open_before=Duration(seconds=2 * HOUR_S),
    doors_close_after=Duration(seconds=HOUR_S),
    contact=nouns.EventContact(name="Casa", email="casa@example.com", phone="+5511912345678"),
    sales_start_at=Timestamp(seconds=STARTS_S - 400 * HOUR_S),
    sales_end_at=Timestamp(seconds=STARTS_S - 24 * HOUR_S),
    categories=["Samba", "MPB"],
    tags=["elza", "ao vivo"],
)


def last_provision(world: World) -> inventory.ProvisionRequest:
    found: inventory.ProvisionRequest = world.inventory.of(inventory.ProvisionRequest)[-1]
    return found


async def test_a_draft_has_the_details_that_it_was_created_with(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    event = await world.event(general(details=DETAILS))
    assert event.details == DETAILS
    assert event.doors_open_at.seconds == STARTS_S - 2 * HOUR_S
    assert event.doors_close_at.seconds == STARTS_S + HOUR_S
    assert await world.get() == event


@pytest.mark.parametrize("published", [False, True])
async def test_named_fields_change_and_others_stay(stage: Stage, published: bool) -> None:
    world = await open_world(stage)
    before = await (world.on_sale() if published else world.draft())
    event = await world.update("title", "details.tags", title="Elza", description="unnamed", details=DETAILS)
    assert (event.title, event.version) == ("Elza", before.version + 1)
    assert event.details == nouns.EventDetails(tags=DETAILS.tags)
    assert event.description == before.description
    assert await world.get() == event
    assert await world.changes() == [{"title": ("Elza, o show", "Elza"), "tags": ("", "elza\nao vivo")}] * published


async def test_every_field_can_change_and_be_cleared(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    changed = await world.update(
        description="Dois\natos", tickets_per_order_max=4, tickets_per_person_max=6, details=DETAILS
    )
    assert changed.tickets_per_person_max == last_provision(world).tickets_per_person_max == 6
    assert (changed.description, changed.tickets_per_order_max, changed.details) == ("Dois\natos", 4, DETAILS)
    parts = [f"details.{field.name}" for field in nouns.EventDetails.DESCRIPTOR.fields]
    cleared = await world.update(*parts, "description", "tickets_per_order_max", "tickets_per_person_max")
    assert cleared.version == before.version + 2
    cleared.version = before.version
    assert cleared == before
    assert (await world.changes())[0] == {
        "description": ("", "Dois\natos"),
        "tickets_per_order_max": ("10", "4"),
        "tickets_per_person_max": ("", "6"),
        "pictures": ("", "https://pictures.example/elza.jpg"),
        "age_rating": ("", "14"),
        "doors_open_at": ("", "2026-12-24T21:00:00Z"),
        "doors_close_at": ("", "2026-12-25T00:00:00Z"),
        "contact": ("", ""),
        "sales_start_at": ("", "2026-12-08T07:00:00Z"),
        "sales_end_at": ("", "2026-12-23T23:00:00Z"),
        "categories": ("", "Samba\nMPB"),
        "tags": ("", "elza\nao vivo"),
    }


async def test_inventory_learns_first_of_what_it_must_know(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    await world.update(title="Elza")
    assert len(world.inventory.of(inventory.ProvisionRequest)) == 1, "a title is nothing to inventory"
    world.inventory.refuses["Provision"] = Unavailable()
    with pytest.raises(Unavailable):
        await world.update(details=DETAILS)
    assert (await world.get()).details == before.details
    world.inventory.refuses.clear()
    await world.update(details=DETAILS)
    sent = last_provision(world)
    assert sent.sales_start_at.seconds == STARTS_S - 400 * HOUR_S
    assert sent.sales_end_at.seconds == STARTS_S - 24 * HOUR_S
    assert sent.counter_sales_end_at.seconds == STARTS_S + HOUR_S


async def test_times_of_doors_move_with_the_event(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    await world.update(details=DETAILS)
    event = await world.move()
    assert event.doors_open_at.seconds == event.starts_at.seconds - 2 * HOUR_S
    assert "doors_open_at" in (await world.changes())[-1]


async def test_a_repeat_changes_nothing(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    events = await asyncio.gather(*(world.update(title="Elza", details=DETAILS) for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert await world.update(title="Elza", details=DETAILS) == events[0]
    assert len(await world.changes()) == 1


async def test_sixteen_changes_at_once_are_all_made(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    parts = [{"title": f"Elza {n}"} if n % 2 else {"tickets_per_order_max": n + 1} for n in range(16)]
    events = await asyncio.gather(*(world.update(**part) for part in parts))
    now = await world.get()
    assert now.version == before.version + 16
    assert sorted(event.version for event in events) == list(range(before.version + 1, before.version + 17))
    assert now == max(events, key=lambda event: event.version)
    assert last_provision(world).tickets_per_order_max == now.tickets_per_order_max


@pytest.mark.parametrize("paths", [[], ["capacity"], ["title", "details.nothing"], ["starts_local"]])
async def test_a_mask_names_fields_that_can_change(stage: Stage, paths: list[str]) -> None:
    world = await open_world(stage)
    before = await world.draft()
    request = pb.UpdateEventRequest(event_id=EVENT, update_mask=FieldMask(paths=paths), title="Elza")
    with pytest.raises(InvalidRequest) as refused:
        await world.hub.catalog.UpdateEvent(request)
    assert list(refused.value.fields) == ["update_mask"]
    assert await world.get() == before


async def test_settings_that_contradict_each_other_are_refused(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    late = nouns.EventDetails(sales_start_at=Timestamp(seconds=STARTS_S))
    for field, wrong in (
        ("title", world.update(title="")),
        ("online_url", world.update(online_url=URL)),
        ("details.sales_end_at", world.update(details=late)),
        ("details.sales_end_at", world.event(general(an_id("evt", 2), details=late))),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await wrong
        assert list(refused.value.fields) == [field]
    assert await world.get() == before
    assert not await world.changes()


async def test_an_event_moves_to_another_venue_of_the_same_time_zone(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    other = await world.venue(an_id("ven", 2), name="Arena", address="Rua 1")
    await world.venue(an_id("ven", 3), time_zone="America/Manaus")
    event = await world.update(venue_id=other.venue_id)
    assert event.venue == other
    assert await world.changes() == [{"venue": ("Teatro, São Paulo", "Arena, Rua 1, São Paulo")}]
    with pytest.raises(InvalidRequest):
        await world.update(venue_id=an_id("ven", 3))
    with pytest.raises(VenueNotFound):
        await world.update(venue_id=an_id("ven", 4))
    world.hub = stage.member("org_other")
    assert await outcome(world.update(title="Mine")) == "EVENT_NOT_FOUND"


async def test_a_seated_event_keeps_its_venue(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan()
    before = await world.event(seated())
    await world.venue(an_id("ven", 2))
    with pytest.raises(InvalidRequest):
        await world.update(venue_id=an_id("ven", 2))
    assert await world.update(venue_id=VENUE) == before
    assert before.plan_id == SEATING


async def test_a_link_changes_and_no_fact_tells_it(stage: Stage) -> None:
    world = await open_world(stage)
    await world.event(online(details=DETAILS))
    await world.type(ticket())
    await world.publish()
    await world.update(online_url="https://meet.example/other")
    with pytest.raises(InvalidRequest):
        await world.update(online_url="")
    assert await world.changes() == [{"online_url": ("", "")}]
    for fact in await world.facts(2):
        assert b"meet.example" not in fact.payload
        assert b"casa@example.com" not in fact.payload


async def test_an_archived_event_stays_as_it_is(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    before = await world.archive()
    for change in (
        world.update(title="Elza"),
        world.move(),
        world.resize(5),
        world.publish(),
        world.type(ticket(an_id("tkt", 2))),
    ):
        with pytest.raises(EventState) as refused:
            await change
        assert refused.value.state == "ARCHIVED"
    assert await world.get() == before


async def test_the_fact_has_the_event_after_the_change(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    event = await world.update(title="Elza")
    _, fact = await world.facts(2)
    assert (fact.aggregate_id, fact.organizer_id) == (EVENT, "org_casa")
    assert EventChanged.FromString(fact.payload).event == event
