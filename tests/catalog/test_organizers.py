"""Events carry the public profiles of their organizers."""

from typing import TYPE_CHECKING

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventPublished
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1.identity_pb2 import OrganizerProfile
from services.catalog.neighbours import PROFILE_LIFE_S, RETRY_AFTER_S
from tests.catalog.requests import EVENT, an_id, general
from tests.catalog.world import open_world
from tests.fakes.identity import FakeIdentity
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub


async def test_every_answer_names_the_organizer(stage: Stage) -> None:
    world = await open_world(stage, FakeIdentity(names={"org_casa": "Casa de Shows"}))
    await world.on_sale()
    asked = stage.anyone().catalog

    searched = (await asked.SearchEvents(pb.SearchEventsRequest())).events
    one = (await asked.GetEvent(pb.GetEventRequest(event_id=EVENT))).event
    listed = (await world.hub.catalog.ListEvents(pb.ListEventsRequest())).events
    mesh: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("pricing"))
    batch = (await mesh.BatchGetEvents(pb.BatchGetEventsRequest(event_ids=[EVENT]))).events

    assert {event.organizer.name for event in (*searched, one, *listed, *batch)} == {"Casa de Shows"}
    assert (await world.publish()).organizer.name == "Casa de Shows"


async def test_an_event_has_the_whole_profile_and_a_list_leaves_out_its_text(stage: Stage) -> None:
    people = FakeIdentity(names={"org_casa": "Casa de Shows"}, abouts={"org_casa": "Since 1987."})
    world = await open_world(stage, people)
    await world.on_sale()

    one = (await stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=EVENT))).event
    searched = (await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest())).events
    listed = (await world.hub.catalog.ListEvents(pb.ListEventsRequest())).events

    assert one.organizer == OrganizerProfile(organizer_id="org_casa", name="Casa de Shows", about="Since 1987.")
    for event in (*searched, *listed):
        assert event.organizer == OrganizerProfile(organizer_id="org_casa", name="Casa de Shows")


async def test_facts_leave_the_profile_out(stage: Stage) -> None:
    world = await open_world(stage, FakeIdentity(names={"org_casa": "Casa de Shows"}))
    await world.on_sale()

    (fact,) = await world.facts(1)

    published = EventPublished.FromString(fact.payload).event
    assert (published.organizer_id, published.HasField("organizer")) == ("org_casa", False)


async def test_identity_is_asked_once_a_minute_and_once_for_a_page(stage: Stage) -> None:
    people = FakeIdentity(names={"org_casa": "Casa de Shows"})
    world = await open_world(stage, people)
    await world.venue()
    for n in range(3):
        await world.event(general(an_id("evt", n)))
    assert people.asked == [["org_casa"]]

    people.names["org_casa"] = "Casa Nova"
    assert (await world.get(an_id("evt", 1))).organizer.name == "Casa de Shows"
    stage.clock.advance(PROFILE_LIFE_S)

    listed = (await world.hub.catalog.ListEvents(pb.ListEventsRequest())).events
    assert [event.organizer.name for event in listed] == ["Casa Nova"] * 3
    assert people.asked == [["org_casa"]] * 2


async def test_while_identity_is_unavailable_events_are_still_shown(stage: Stage) -> None:
    people = FakeIdentity(names={"org_casa": "Casa de Shows"})
    people.away = True
    world = await open_world(stage, people)
    await world.venue()
    assert (await world.event(general())).organizer.name == ""
    await world.get()
    assert len(people.asked) == 1, "identity was asked at each request"

    people.away = False
    stage.clock.advance(RETRY_AFTER_S)
    assert (await world.get()).organizer.name == "Casa de Shows"

    people.away = True
    stage.clock.advance(PROFILE_LIFE_S)
    assert (await world.get()).organizer.name == "Casa de Shows"
