"""Venues and drafts, and the refusals of CreateVenue and CreateEvent."""

import asyncio

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.options_pb2 import ROLE_FINANCE
from eventhub.refusals import (
    AccessDenied,
    EventInPast,
    EventNotFound,
    IdInUse,
    InvalidRequest,
    PlanNotFound,
    TimeZoneUnknown,
    VenueNotFound,
)
from scripts.make_hall import plain_hall, written
from tests.catalog.requests import EVENT, SEATING, STARTS_S, VENUE, ZONE, an_id, general, online, seated, ticket
from tests.catalog.world import open_world
from tests.stage import Stage

SMALL = written(plain_hall(2, 3))


async def test_a_venue_is_made_once(stage: Stage) -> None:
    world = await open_world(stage)
    venue = await world.venue(address="Rua Barra Funda 171")
    assert venue == nouns.Venue(
        venue_id=VENUE,
        organizer_id="org_casa",
        name="Teatro",
        address="Rua Barra Funda 171",
        city="São Paulo",
        time_zone=ZONE,
    )
    assert await world.venue(address="Rua Barra Funda 171") == venue
    with pytest.raises(IdInUse):
        await world.venue(address="Rua Barra Funda 172")
    world.hub = stage.member("org_other")
    with pytest.raises(IdInUse) as refused:
        await world.venue(address="Rua Barra Funda 171")
    assert refused.value.facts == {}


async def test_a_venue_has_a_time_zone(stage: Stage) -> None:
    world = await open_world(stage)
    with pytest.raises(TimeZoneUnknown) as refused:
        await world.venue(time_zone="Mars/Olympus")
    assert refused.value.time_zone == "Mars/Olympus"
    await world.venue()


async def test_only_owners_and_managers_make_things(stage: Stage) -> None:
    world = await open_world(stage)
    world.hub = stage.member(role=ROLE_FINANCE)
    with pytest.raises(AccessDenied):
        await world.venue()
    world.hub = stage.buyer()
    with pytest.raises(AccessDenied):
        await world.event(general())


async def test_a_draft(stage: Stage) -> None:
    world = await open_world(stage)
    venue = await world.venue()
    event = await world.event(general(description="Uma noite\nno teatro."))
    assert event.venue == venue
    assert (event.organizer_id, event.state, event.version) == ("org_casa", nouns.EVENT_STATE_DRAFT, 1)
    assert (event.starts_local, event.time_zone) == ("2026-12-24T20:00", ZONE)
    assert (event.starts_at.seconds, event.ends_at.seconds) == (STARTS_S, STARTS_S + 7200)
    assert (event.capacity, event.currency, event.tickets_per_order_max) == (100, "BRL", 10)
    assert (event.series_id, event.description) == ("", "Uma noite\nno teatro.")
    assert await world.get() == event


async def test_a_seated_event_has_the_plans_seats(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(SMALL)
    assert (await world.event(seated())).capacity == 6
    assert (await world.event(seated(an_id("evt", 2), capacity=6))).plan_id == SEATING
    with pytest.raises(InvalidRequest) as refused:
        await world.event(seated(an_id("evt", 3), capacity=7))
    assert list(refused.value.fields) == ["capacity"]


async def test_the_link_of_an_online_event_is_not_shown(stage: Stage) -> None:
    world = await open_world(stage)
    event = await world.event(online())
    assert not event.HasField("venue")
    assert b"meet.example" not in event.SerializeToString()


async def test_a_repeat_answers_the_event_as_it_is(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(general())
    now = await world.type(ticket())
    stage.clock.advance(90 * 24 * 3600)  # the event is over by now
    world.hub = stage.member()
    assert await world.event(general()) == now
    with pytest.raises(IdInUse):
        await world.event(general(title="Another"))
    world.hub = stage.member("org_other")
    with pytest.raises(IdInUse):
        await world.event(general())


async def test_sixteen_at_once_make_one_event(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    titles = [f"Title {n}" for n in range(16)]
    asked = (world.event(general(title=title)) for title in titles)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, nouns.Event) for answer in answers) == 1
    assert sum(isinstance(answer, IdInUse) for answer in answers) == 15


MISFITS = {
    "online at a venue": (online(venue_id=VENUE), {"venue_id"}),
    "online without a zone": (online(time_zone=""), {"time_zone"}),
    "online without a link": (online(online_url=""), {"online_url"}),
    "online without places": (online(capacity=0), {"capacity"}),
    "online on seats": (online(plan_id=SEATING), {"plan_id"}),
    "in person without a venue": (general(venue_id=""), {"venue_id"}),
    "in person without places": (general(capacity=0), {"capacity"}),
    "in person with a link": (general(online_url="https://meet.example/room"), {"online_url"}),
    "standing on seats": (general(plan_id=SEATING), {"plan_id"}),
    "seated without a plan": (seated(plan_id=""), {"plan_id"}),
    "seated without a venue": (seated(venue_id=""), {"venue_id"}),
    "an unsafe link": (online(online_url="http://meet.example/room"), {"online_url"}),
    "no length": (general(duration=None), {"duration"}),
    "too long": (general(duration=Duration(seconds=2_592_001)), {"duration"}),
    "no such day": (general(starts_local="2026-11-31T20:00"), {"starts_local"}),
    "no wall clock": (general(starts_local="2026-12-01 20:00"), {"starts_local"}),
    "no currency": (general(currency="reais"), {"currency"}),
    "letters that are no currency": (general(currency="ABC"), {"currency"}),
    "no currency by its code": (general(currency="X" * 3), {"currency"}),
    "gold": (general(currency="XAU"), {"currency"}),
    "a currency of the past": (general(currency="DEM"), {"currency"}),
    "no kind": (general(kind=None), {"kind"}),
    "too many in one order": (general(tickets_per_order_max=51), {"tickets_per_order_max"}),
    "too many for one person": (general(tickets_per_person_max=51), {"tickets_per_person_max"}),
    "no id": (general("evt_1"), {"event_id"}),
}


@pytest.mark.parametrize("case", MISFITS)
async def test_a_draft_that_does_not_fit(stage: Stage, case: str) -> None:
    world = await open_world(stage)
    await world.venue()
    request, fields = MISFITS[case]
    with pytest.raises(InvalidRequest) as refused:
        await world.event(request)
    assert set(refused.value.fields) == fields


async def test_a_draft_needs_the_callers_venue_and_its_plan(stage: Stage) -> None:
    world = await open_world(stage)
    with pytest.raises(VenueNotFound):
        await world.event(general())
    await world.venue()
    with pytest.raises(PlanNotFound):
        await world.event(seated())
    other = an_id("ven", 2)
    await world.venue(other)
    await world.plan(SMALL, venue_id=other)
    with pytest.raises(PlanNotFound):
        await world.event(seated())
    world.hub = stage.member("org_other")
    with pytest.raises(VenueNotFound):
        await world.event(general())


async def test_when_a_draft_cannot_begin(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    with pytest.raises(EventInPast):
        await world.event(general(starts_local="2026-11-24T09:00"))  # now, in São Paulo
    assert (await world.event(general(starts_local="2026-11-24T09:01"))).version == 1
    for zone, local in (("Mars/Olympus", "2026-12-24T20:00"), ("America/New_York", "2027-03-14T02:30")):
        with pytest.raises(TimeZoneUnknown) as refused:
            await world.event(general(an_id("evt", 2), time_zone=zone, starts_local=local))
        assert refused.value.time_zone == zone


async def test_a_draft_is_seen_by_its_organizer_only(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    request = pb.GetEventRequest(event_id=EVENT)
    for hub in (stage.anyone(), stage.buyer(), stage.member("org_other"), stage.gate(EVENT)):
        with pytest.raises(EventNotFound):
            await hub.catalog.GetEvent(request)
    assert (await stage.member(role=ROLE_FINANCE).catalog.GetEvent(request)).event.event_id == EVENT
