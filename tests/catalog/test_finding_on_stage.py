"""Who finds which events."""

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.page_pb2 import PageRequest
from tests.catalog.playbill import EVENING, HOUR_S, Playbill, open_playbill
from tests.stage import Stage

URL = "https://meet.example/secret"


async def test_drafts_are_seen_by_their_organizer_alone(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.general()
    request = pb.GetEventRequest(event_id=event.event_id)

    assert (await bill.bia.catalog.GetEvent(request)).event == event
    for hub in (stage.anyone(), stage.buyer(), bill.rival, stage.gate(event.event_id)):
        with pytest.raises(refusals.EventNotFound):
            await hub.catalog.GetEvent(request)
    await bill.add(event)
    await bill.publish(event)
    assert (await stage.anyone().catalog.GetEvent(request)).event.event_id == event.event_id


async def test_where_an_online_event_is_held_is_told_to_ticketing_alone(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event, general = await bill.online(), await bill.general()
    mesh = CatalogMeshStub(stage.channel("ticketing"))
    with pytest.raises(refusals.EventNotFound):
        await mesh.GetOnlineAccess(pb.GetOnlineAccessRequest(event_id=event.event_id))
    for one in (event, general):
        await bill.add(one)
        await bill.publish(one)

    answer = await mesh.GetOnlineAccess(pb.GetOnlineAccessRequest(event_id=event.event_id))

    assert answer.online_url == URL
    with pytest.raises(refusals.NotOnline):
        await mesh.GetOnlineAccess(pb.GetOnlineAccessRequest(event_id=general.event_id))
    assert all(URL.encode() not in fact.SerializeToString() for fact in await bill.facts())


async def test_whose_an_event_is_is_told_to_identity_before_it_is_published(stage: Stage) -> None:
    bill = await open_playbill(stage)
    draft = await bill.general()
    await bill.add(draft)
    mesh = CatalogMeshStub(stage.channel("identity"))

    answer = await mesh.GetEventOrganizer(pb.GetEventOrganizerRequest(event_id=draft.event_id))

    assert answer.organizer_id == draft.organizer_id
    with pytest.raises(refusals.EventNotFound):
        await mesh.GetEventOrganizer(pb.GetEventOrganizerRequest(event_id="evt_unknown"))
    other = CatalogMeshStub(stage.channel("orders"))
    with pytest.raises(refusals.AccessDenied):
        await other.GetEventOrganizer(pb.GetEventOrganizerRequest(event_id=draft.event_id))


async def on(bill: Playbill, title: str, starts_local: str = EVENING) -> nouns.Event:
    event = await bill.general(title=title, starts_local=starts_local)
    await bill.add(event)
    return await bill.publish(event)


@pytest.mark.parametrize(
    ("text", "city", "titles"),
    [
        ("", "", ["100% Choro", "ÓPERA do Malandro"]),
        ("ópera", "", ["ÓPERA do Malandro"]),
        ("0% ch", "", ["100% Choro"]),
        ("%", "", ["100% Choro"]),
        ("_", "", []),
        ("", "São Paulo", ["100% Choro", "ÓPERA do Malandro"]),
        ("", "Rio", []),
    ],
)
async def test_events_are_found_by_title_and_city(stage: Stage, text: str, city: str, titles: list[str]) -> None:
    bill = await open_playbill(stage)
    await on(bill, "ÓPERA do Malandro", "2026-12-02T20:00")
    await on(bill, "100% Choro")
    await bill.general(title="Not yet")

    found = await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest(text=text, city=city))

    assert [event.title for event in found.events] == titles


async def test_what_is_over_is_not_found_any_more(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await on(bill, "Tonight", "2026-11-24T20:00")
    stage.clock.advance(12 * HOUR_S)
    assert (await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest())).events

    stage.clock.advance(HOUR_S)

    assert not (await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest())).events
    seen = await stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=event.event_id))
    assert seen.event.title == "Tonight"


async def test_lists_come_in_pages_and_know_their_own_tokens(stage: Stage) -> None:
    bill = await open_playbill(stage)
    for day in (3, 1, 2):
        await on(bill, f"day {day}", f"2026-12-0{day}T20:00")
    anyone = stage.anyone()

    first = await anyone.catalog.SearchEvents(pb.SearchEventsRequest(page=PageRequest(size=2)))
    token = first.next_page_token
    rest = await anyone.catalog.SearchEvents(pb.SearchEventsRequest(page=PageRequest(size=2, token=token)))

    assert [event.title for event in (*first.events, *rest.events)] == ["day 1", "day 2", "day 3"]
    own = await bill.bia.catalog.ListEvents(pb.ListEventsRequest())
    assert [event.title for event in own.events] == ["day 1", "day 2", "day 3"]
    for page in (PageRequest(token="nonsense"), PageRequest(token=token)):
        with pytest.raises(refusals.PageTokenInvalid):
            await anyone.catalog.SearchEvents(pb.SearchEventsRequest(text="other", page=page))


async def test_the_largest_page_of_the_longest_descriptions_gets_through(stage: Stage) -> None:
    bill = await open_playbill(stage)
    venue = await bill.venue()
    wish = {"admission": nouns.ADMISSION_GENERAL, "venue_id": venue.venue_id, "capacity": 5}
    for _ in range(210):
        await bill.draft(description="𝄞" * 5000, **wish)
    found, token = 0, ""

    while True:
        page = PageRequest(size=200, token=token)
        answer = await bill.bia.catalog.ListEvents(pb.ListEventsRequest(page=page))
        found += len(answer.events)
        token = answer.next_page_token
        if not token:
            break

    assert found == 210


async def test_published_events_are_given_to_other_contexts_in_the_order_asked_for(stage: Stage) -> None:
    bill = await open_playbill(stage)
    one, two, draft = await on(bill, "one"), await on(bill, "two"), await bill.general()
    mesh = CatalogMeshStub(stage.channel("pricing"))

    ids = [two.event_id, "evt_unknown", draft.event_id, one.event_id]
    answer = await mesh.BatchGetEvents(pb.BatchGetEventsRequest(event_ids=ids))

    assert list(answer.events) == [two, one]
