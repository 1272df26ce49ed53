"""One suite for catalog and for its fake, as the other contexts use them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from tests.catalog.requests import EVENT, LATER, STARTS, URL, ZONE, an_id, general, online, ticket
from tests.catalog.world import open_world
from tests.fakes.catalog import FakeCatalog
from tests.fakes.reading import facts, heads
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

TALK, DRAFT, NONE = an_id("evt", 2), an_id("evt", 3), an_id("evt", 4)
ORGANIZER, SERIES = "org_casa", an_id("ser")


@dataclass(frozen=True, slots=True)
class Program:
    """A show in a hall and a talk online are published, and a third event is a draft. move: moves the show to LATER."""

    stage: Stage
    move: Callable[[], Awaitable[object]]

    def mesh(self, caller: str) -> "CatalogMeshAsyncStub":
        return CatalogMeshStub(self.stage.channel(caller))

    async def access(self, event_id: str) -> str:
        request = pb.GetOnlineAccessRequest(event_id=event_id)
        return (await self.mesh("ticketing").GetOnlineAccess(request)).online_url

    async def organizer(self, event_id: str) -> str:
        request = pb.GetEventOrganizerRequest(event_id=event_id)
        return (await self.mesh("identity").GetEventOrganizer(request)).organizer_id


async def real(stage: Stage) -> Program:
    world = await open_world(stage)
    await world.on_sale()
    await world.event(online(TALK))
    await world.type(ticket(an_id("tkt", 2), TALK))
    await world.publish(TALK)
    await world.event(general(DRAFT))
    await world.type(ticket(an_id("tkt", 3), DRAFT, name="Inteira"))
    rule = pb.CreateSeriesRequest(series_id=SERIES, from_event_id=DRAFT, rule="FREQ=DAILY;COUNT=1")
    await world.hub.catalog.CreateSeries(rule)
    return Program(stage, world.move)


async def fake(stage: Stage) -> Program:
    published, draft = nouns.EVENT_STATE_PUBLISHED, nouns.EVENT_STATE_DRAFT
    hall, away = nouns.ADMISSION_GENERAL, nouns.ADMISSION_ONLINE
    events = [
        nouns.Event(
            event_id=event_id,
            organizer_id=ORGANIZER,
            state=state,
            admission=admission,
            starts_local=STARTS,
            time_zone=ZONE,
        )
        for event_id, state, admission in ((EVENT, published, hall), (TALK, published, away), (DRAFT, draft, hall))
    ]
    events[2].MergeFrom(nouns.Event(series_id=SERIES, currency="BRL", ticket_types=[nouns.TicketType(name="Inteira")]))
    catalog = FakeCatalog(events={event.event_id: event for event in events}, online_url=URL)
    catalog.tell(EventPublished(event=events[0]), EventPublished(event=events[1]))
    stage.script("catalog", CatalogMesh=catalog)

    async def move() -> None:
        catalog.tell(catalog.reschedule(EVENT, LATER, version=2))

    return Program(stage, move)


@pytest_asyncio.fixture(params=[real, fake])
async def program(request: pytest.FixtureRequest, stage: Stage) -> Program:
    opened: Program = await request.param(stage)
    return opened


async def test_published_events_come_in_the_order_of_the_request(program: Program) -> None:
    request = pb.BatchGetEventsRequest(event_ids=[TALK, NONE, DRAFT, EVENT])

    found = (await program.mesh("pricing").BatchGetEvents(request)).events

    assert [(event.event_id, event.organizer_id, event.state, event.admission, event.time_zone) for event in found] == [
        (TALK, ORGANIZER, nouns.EVENT_STATE_PUBLISHED, nouns.ADMISSION_ONLINE, ZONE),
        (EVENT, ORGANIZER, nouns.EVENT_STATE_PUBLISHED, nouns.ADMISSION_GENERAL, ZONE),
    ]


async def test_no_event_is_no_error(program: Program) -> None:
    request = pb.BatchGetEventsRequest(event_ids=[NONE])

    assert not (await program.mesh("pricing").BatchGetEvents(request)).events


async def test_drafts_have_an_organizer_too(program: Program) -> None:
    for event_id in (EVENT, DRAFT):
        assert await program.organizer(event_id) == ORGANIZER
    assert await outcome(program.organizer(NONE)) == "EVENT_NOT_FOUND"


async def test_the_terms_of_a_series_are_those_of_its_nights(program: Program) -> None:
    request = pb.GetSeriesTermsRequest(series_id=SERIES)

    terms = await program.mesh("pricing").GetSeriesTerms(request)

    assert (terms.organizer_id, terms.currency, list(terms.ticket_type_names)) == (ORGANIZER, "BRL", ["Inteira"])
    request.series_id = "ser_none"
    assert await outcome(program.mesh("pricing").GetSeriesTerms(request)) == "SERIES_NOT_FOUND"


async def test_a_published_online_event_has_a_link(program: Program) -> None:
    assert await program.access(TALK) == URL
    assert await outcome(program.access(EVENT)) == "NOT_ONLINE"
    assert await outcome(program.access(DRAFT)) == "EVENT_NOT_FOUND"
    assert await outcome(program.access(NONE)) == "EVENT_NOT_FOUND"


async def test_facts_are_about_the_event(program: Program) -> None:
    await program.move()

    found = await facts(program.mesh("notifications").Feed(pb.FeedRequest(consumer="notifications")), 3)

    assert heads(found) == [
        ("EventPublished", EVENT, ORGANIZER),
        ("EventPublished", TALK, ORGANIZER),
        ("EventChanged", EVENT, ORGANIZER),
    ]
    moved = EventChanged.FromString(found[-1].payload)
    assert (moved.event.event_id, moved.event.starts_local) == (EVENT, LATER)
    told = {change.field: (change.old_value, change.new_value) for change in moved.changes}
    assert told["starts_local"] == (STARTS, LATER)
    assert "time_zone" not in told
    (event,) = (await program.mesh("pricing").BatchGetEvents(pb.BatchGetEventsRequest(event_ids=[EVENT]))).events
    assert event.starts_local == LATER
