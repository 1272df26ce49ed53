"""Buyers, organizers and other contexts find events."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.refusals import AccessDenied, EventNotFound, InvalidRequest, NotOnline, PageTokenInvalid
from services.catalog import events
from services.kit.db.database import Tx
from services.kit.db.migrations import statements
from tests.catalog.requests import EVENT, STARTS_S, URL, VENUE, an_id, general, online, ticket
from tests.catalog.world import World, open_world
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub


async def put_on(world: World, n: int, **fields: object) -> str:
    event_id = an_id("evt", n)
    await world.event(general(event_id, **fields))
    await world.type(ticket(an_id("tkt", n), event_id))
    await world.publish(event_id)
    return event_id


async def found(world: World, text: str = "", city: str = "") -> list[str]:
    request = pb.SearchEventsRequest(text=text, city=city)
    answer = await world.stage.anyone().catalog.SearchEvents(request)
    assert answer.next_page_token == ""
    return [event.title for event in answer.events]


async def season(stage: Stage) -> World:
    """Creates three published events in two cities, the latest first, and a draft."""
    world = await open_world(stage)
    await world.venue()
    await world.venue(an_id("ven", 2), city="BRASÍLIA")
    await put_on(world, 3, title="Ópera de Ação", starts_local="2026-12-26T20:00")
    await put_on(world, 2, title="100% Samba_Rock!", starts_local="2026-12-25T20:00", venue_id=an_id("ven", 2))
    await put_on(world, 1, title="Straße der Träume", starts_local="2026-12-24T20:00")
    await world.event(general(an_id("evt", 4), title="A draft of an Ópera"))
    return world


async def test_all_callers_find_published_events_soonest_first(stage: Stage) -> None:
    world = await season(stage)
    assert await found(world) == ["Straße der Träume", "100% Samba_Rock!", "Ópera de Ação"]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("ÓPERA", ["Ópera de Ação"]),
        ("ação", ["Ópera de Ação"]),
        ("ac\u0327a\u0303o", ["Ópera de Ação"]),  # the same letters, composed otherwise
        ("acao opera", ["Ópera de Ação"]),
        ("TRAUME", ["Straße der Träume"]),
        ("STRASSE", ["Straße der Träume"]),
        ("ação ópera", ["Ópera de Ação"]),
        ("de", ["Ópera de Ação", "Straße der Träume"]),
        ("%", []),
        ("!", []),
        ("Samba_Rock!", ["100% Samba_Rock!"]),
        ("100", ["100% Samba_Rock!"]),
        ("00", []),
        ("amba", []),
        ("\\", []),
        ("' OR 1=1 --", []),
        ("   ", ["Straße der Träume", "100% Samba_Rock!", "Ópera de Ação"]),
    ],
)
async def test_words_are_found(stage: Stage, text: str, titles: list[str]) -> None:
    assert await found(await season(stage), text) == titles


async def test_the_city_of_the_venue(stage: Stage) -> None:
    world = await season(stage)
    assert await found(world, city="brasília") == ["100% Samba_Rock!"]
    assert await found(world, city="São Paulo") == ["Straße der Träume", "Ópera de Ação"]
    assert await found(world, city="sao paulo") == ["Straße der Träume", "Ópera de Ação"]
    assert await found(world, city=" São  Paulo ") == ["Straße der Träume", "Ópera de Ação"]
    assert await found(world, city="São") == []
    assert await found(world, "ópera", "brasília") == []


async def test_titles_stored_with_accents_are_found_after_the_migration(stage: Stage) -> None:
    world = await season(stage)
    script = (Path(events.__file__).parent / "schema" / "0004_no_accents.sql").read_text()

    async def migrated(tx: Tx) -> None:
        await tx.run("UPDATE event SET title_folded = 'ópera de ação' WHERE title = 'Ópera de Ação'")
        await tx.run("UPDATE venue SET city_folded = 'são paulo' WHERE city = 'São Paulo'")
        for statement in statements(script):
            await tx.run(statement)

    await world.database.write(migrated)

    assert await found(world, "acao", city="sao paulo") == ["Ópera de Ação"]


async def test_an_event_is_found_until_it_is_over(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    stage.clock.advance(STARTS_S + 7199 - stage.clock.now_us() // 1_000_000)
    assert await found(world) == ["Elza, o show"]
    stage.clock.advance(1)
    assert await found(world) == []


async def test_search_goes_on_page_by_page(stage: Stage) -> None:
    world = await season(stage)
    request, titles = pb.SearchEventsRequest(page=PageRequest(size=1)), []
    while True:
        answer = await world.hub.catalog.SearchEvents(request)
        titles += [event.title for event in answer.events]
        if not answer.next_page_token:
            break
        request.page.token = answer.next_page_token
    assert titles == ["Straße der Träume", "100% Samba_Rock!", "Ópera de Ação"]
    other = pb.SearchEventsRequest(text="a", page=request.page)
    with pytest.raises(PageTokenInvalid):
        await world.hub.catalog.SearchEvents(other)


async def test_a_page_token_is_ours_or_nothing(stage: Stage) -> None:
    world = await open_world(stage)
    nonsense = PageRequest(token="nonsense")
    with pytest.raises(PageTokenInvalid):
        await world.hub.catalog.SearchEvents(pb.SearchEventsRequest(page=nonsense))
    with pytest.raises(PageTokenInvalid):
        await world.hub.catalog.ListEvents(pb.ListEventsRequest(page=nonsense))
    with pytest.raises(PageTokenInvalid):
        await world.hub.catalog.ListVenues(pb.ListVenuesRequest(page=nonsense))


async def test_events_at_the_same_time_are_all_listed(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    for n in range(5):
        await world.event(general(an_id("evt", n)))
    first = await world.hub.catalog.ListEvents(pb.ListEventsRequest(page=PageRequest(size=3)))
    page = PageRequest(size=3, token=first.next_page_token)
    second = await world.hub.catalog.ListEvents(pb.ListEventsRequest(page=page))
    assert [event.event_id for event in (*first.events, *second.events)] == [an_id("evt", n) for n in range(5)]
    assert second.next_page_token == ""


async def test_an_organizer_lists_its_own_events_drafts_too(stage: Stage) -> None:
    world = await season(stage)
    answer = await world.hub.catalog.ListEvents(pb.ListEventsRequest())
    assert [event.event_id for event in answer.events] == [an_id("evt", n) for n in (1, 4, 2, 3)]
    assert not (await stage.member("org_other").catalog.ListEvents(pb.ListEventsRequest())).events
    with pytest.raises(AccessDenied):
        await stage.buyer().catalog.ListEvents(pb.ListEventsRequest())


async def test_an_organizer_lists_its_venues_by_name(stage: Stage) -> None:
    world = await open_world(stage)
    long = "ç" * 119
    for n, name in enumerate(["b", "A", "c", "a", f"{long}b", f"{long}a"]):
        await world.venue(an_id("ven", n), name=name)
    request, names = pb.ListVenuesRequest(page=PageRequest(size=1)), []
    while True:
        answer = await world.hub.catalog.ListVenues(request)
        names += [venue.name for venue in answer.venues]
        if not answer.next_page_token:
            break
        request.page.token = answer.next_page_token
    assert names == ["A", "a", "b", "c", f"{long}a", f"{long}b"]
    assert not (await stage.member("org_other").catalog.ListVenues(pb.ListVenuesRequest())).venues


async def test_no_such_event(stage: Stage) -> None:
    world = await open_world(stage)
    with pytest.raises(EventNotFound):
        await world.get()
    with pytest.raises(InvalidRequest):
        await world.get("")


async def test_the_other_contexts_get_published_events_in_the_order_asked_for(stage: Stage) -> None:
    world = await season(stage)
    mesh: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("pricing"))
    ids = [an_id("evt", n) for n in (3, 9, 4, 1, 3)]
    answer = await mesh.BatchGetEvents(pb.BatchGetEventsRequest(event_ids=ids))
    assert [event.event_id for event in answer.events] == [an_id("evt", n) for n in (3, 1, 3)]
    assert answer.events[0] == await world.get(an_id("evt", 3))
    assert answer.events[0].venue.venue_id == VENUE
    assert len(answer.events[0].ticket_types) == 1


async def test_only_ticketing_can_read_the_link(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(online())
    await world.type(ticket())
    mesh: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("ticketing"))
    request = pb.GetOnlineAccessRequest(event_id=EVENT)
    with pytest.raises(EventNotFound):
        await mesh.GetOnlineAccess(request)
    event = await world.publish()
    assert event.state == nouns.EVENT_STATE_PUBLISHED
    assert (await mesh.GetOnlineAccess(request)).online_url == URL
    in_person = await put_on(world, 2)
    with pytest.raises(NotOnline):
        await mesh.GetOnlineAccess(pb.GetOnlineAccessRequest(event_id=in_person))
    orders: CatalogMeshAsyncStub = CatalogMeshStub(stage.channel("pricing"))
    with pytest.raises(AccessDenied):
        await orders.GetOnlineAccess(request)
    for text in ("meet", URL):
        assert await found(world, text) == []
