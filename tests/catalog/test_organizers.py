"""Events carry the names of their organizers."""

from typing import TYPE_CHECKING

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from services.catalog.neighbours import NAME_LIFE_S, RETRY_AFTER_S
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

    assert {event.organizer_name for event in (*searched, one, *listed, *batch)} == {"Casa de Shows"}
    assert (await world.publish()).organizer_name == "Casa de Shows"


async def test_identity_is_asked_once_a_minute_and_once_for_a_page(stage: Stage) -> None:
    people = FakeIdentity(names={"org_casa": "Casa de Shows"})
    world = await open_world(stage, people)
    await world.venue()
    for n in range(3):
        await world.event(general(an_id("evt", n)))
    assert people.asked == [["org_casa"]]

    people.names["org_casa"] = "Casa Nova"
    assert (await world.get(an_id("evt", 1))).organizer_name == "Casa de Shows"
    stage.clock.advance(NAME_LIFE_S)

    listed = (await world.hub.catalog.ListEvents(pb.ListEventsRequest())).events
    assert [event.organizer_name for event in listed] == ["Casa Nova"] * 3
    assert people.asked == [["org_casa"]] * 2


async def test_while_identity_is_unavailable_events_are_still_shown(stage: Stage) -> None:
    people = FakeIdentity(names={"org_casa": "Casa de Shows"})
    people.away = True
    world = await open_world(stage, people)
    await world.venue()
    assert (await world.event(general())).organizer_name == ""
    await world.get()
    assert len(people.asked) == 1, "identity was asked at each request"

    people.away = False
    stage.clock.advance(RETRY_AFTER_S)
    assert (await world.get()).organizer_name == "Casa de Shows"

    people.away = True
    stage.clock.advance(NAME_LIFE_S)
    assert (await world.get()).organizer_name == "Casa de Shows"
