"""Which callers find which events."""

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.page_pb2 import PageRequest
from tests.catalog.organizer import EVENING, Organizer, open_organizer
from tests.catalog.requests import HOUR_S, URL
from tests.stage import Stage


async def test_only_its_organizer_sees_a_draft(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    request = pb.GetEventRequest(event_id=event.event_id)

    assert (await organizer.hub.catalog.GetEvent(request)).event == event
    for hub in (stage.anyone(), stage.buyer(), organizer.rival, stage.gate(event.event_id)):
        with pytest.raises(refusals.EventNotFound):
            await hub.catalog.GetEvent(request)
    await organizer.add(event)
    await organizer.publish(event)
    assert (await stage.anyone().catalog.GetEvent(request)).event.event_id == event.event_id


async def test_only_ticketing_gets_the_link_of_an_online_event(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event, general = await organizer.online(), await organizer.general()
    mesh = CatalogMeshStub(stage.channel("ticketing"))
    with pytest.raises(refusals.EventNotFound):
        await mesh.GetOnlineAccess(pb.GetOnlineAccessRequest(event_id=event.event_id))
    for one in (event, general):
        await organizer.add(one)
        await organizer.publish(one)

    answer = await mesh.GetOnlineAccess(pb.GetOnlineAccessRequest(event_id=event.event_id))

    assert answer.online_url == URL
    with pytest.raises(refusals.NotOnline):
        await mesh.GetOnlineAccess(pb.GetOnlineAccessRequest(event_id=general.event_id))
    assert all(URL.encode() not in fact.SerializeToString() for fact in await organizer.facts())


async def test_identity_gets_the_organizer_of_an_unpublished_event(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    draft = await organizer.general()
    await organizer.add(draft)
    mesh = CatalogMeshStub(stage.channel("identity"))

    answer = await mesh.GetEventOrganizer(pb.GetEventOrganizerRequest(event_id=draft.event_id))

    assert answer.organizer_id == draft.organizer_id
    with pytest.raises(refusals.EventNotFound):
        await mesh.GetEventOrganizer(pb.GetEventOrganizerRequest(event_id="evt_unknown"))
    other = CatalogMeshStub(stage.channel("orders"))
    with pytest.raises(refusals.AccessDenied):
        await other.GetEventOrganizer(pb.GetEventOrganizerRequest(event_id=draft.event_id))


async def on(organizer: Organizer, title: str, starts_local: str = EVENING) -> nouns.Event:
    event = await organizer.general(title=title, starts_local=starts_local)
    await organizer.add(event)
    return await organizer.publish(event)


@pytest.mark.parametrize(
    ("text", "city", "titles"),
    [
        ("", "", ["100% Choro", "ÓPERA do Malandro"]),
        ("ópera", "", ["ÓPERA do Malandro"]),
        ("100% ch", "", ["100% Choro"]),
        ("%", "", []),
        ("_", "", []),
        ("", "São Paulo", ["100% Choro", "ÓPERA do Malandro"]),
        ("", "Rio", []),
    ],
)
async def test_events_are_found_by_title_and_city(stage: Stage, text: str, city: str, titles: list[str]) -> None:
    organizer = await open_organizer(stage)
    await on(organizer, "ÓPERA do Malandro", "2026-12-02T20:00")
    await on(organizer, "100% Choro")
    await organizer.general(title="Not yet")

    found = await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest(text=text, city=city))

    assert [event.title for event in found.events] == titles


async def test_an_event_that_is_over_is_not_found(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await on(organizer, "Tonight", "2026-11-24T20:00")
    stage.clock.advance(12 * HOUR_S)
    assert (await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest())).events

    stage.clock.advance(HOUR_S)

    assert not (await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest())).events
    seen = await stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=event.event_id))
    assert seen.event.title == "Tonight"


async def test_lists_come_in_pages_and_know_their_own_tokens(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    for day in (3, 1, 2):
        await on(organizer, f"day {day}", f"2026-12-0{day}T20:00")
    anyone = stage.anyone()

    first = await anyone.catalog.SearchEvents(pb.SearchEventsRequest(page=PageRequest(size=2)))
    token = first.next_page_token
    rest = await anyone.catalog.SearchEvents(pb.SearchEventsRequest(page=PageRequest(size=2, token=token)))

    assert [event.title for event in (*first.events, *rest.events)] == ["day 1", "day 2", "day 3"]
    own = await organizer.hub.catalog.ListEvents(pb.ListEventsRequest())
    assert [event.title for event in own.events] == ["day 1", "day 2", "day 3"]
    for page in (PageRequest(token="nonsense"), PageRequest(token=token)):
        with pytest.raises(refusals.PageTokenInvalid):
            await anyone.catalog.SearchEvents(pb.SearchEventsRequest(text="other", page=page))


async def test_the_largest_page_of_the_longest_descriptions_gets_through(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue = await organizer.venue()
    wish = {"admission": nouns.ADMISSION_GENERAL, "venue_id": venue.venue_id, "capacity": 5}
    for _ in range(210):
        await organizer.draft(description="𝄞" * 5000, **wish)
    found, token = 0, ""

    while True:
        page = PageRequest(size=200, token=token)
        answer = await organizer.hub.catalog.ListEvents(pb.ListEventsRequest(page=page))
        found += len(answer.events)
        token = answer.next_page_token
        if not token:
            break

    assert found == 210


async def test_published_events_are_given_to_other_contexts_in_the_order_asked_for(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    one, two, draft = await on(organizer, "one"), await on(organizer, "two"), await organizer.general()
    mesh = CatalogMeshStub(stage.channel("pricing"))

    ids = [two.event_id, "evt_unknown", draft.event_id, one.event_id]
    answer = await mesh.BatchGetEvents(pb.BatchGetEventsRequest(event_ids=ids))

    assert list(answer.events) == [two, one]
