"""Searches show events as they are for their callers, though events are kept between searches."""

from typing import Any

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.client import EventHub
from services.catalog.search import shown
from tests.catalog.organizer import ORGANIZER, OTHER, Organizer, open_organizer
from tests.catalog.requests import brl
from tests.stage import Stage


async def on_sale(organizer: Organizer, **wish: Any) -> nouns.Event:
    """Publishes an event with a ticket type for all and a hidden one."""
    event = await organizer.general(**wish)
    await organizer.add(event)
    await organizer.add(event, price=brl(100), hidden=True)
    return await organizer.publish(event)


async def found(hub: EventHub, **terms: Any) -> list[nouns.Event]:
    return list((await hub.catalog.SearchEvents(pb.SearchEventsRequest(**terms))).events)


async def test_members_see_all_of_their_own_events_and_others_what_buyers_see(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await on_sale(organizer)
    own, rival, anyone = stage.member(ORGANIZER), stage.member(OTHER), stage.anyone()

    for _ in range(2):
        for hub, types in ((own, 2), (rival, 1), (anyone, 1)):
            (seen,) = await found(hub)
            assert (seen.event_id, len(seen.ticket_types)) == (event.event_id, types)


async def test_a_search_shows_each_change_at_once(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await on_sale(organizer)
    anyone = stage.anyone()
    assert (await found(anyone))[0].title == event.title

    await organizer.world.update(event_id=event.event_id, title="Another title")
    assert [seen.title for seen in await found(anyone)] == ["Another title"]
    await organizer.move(event, "2026-12-09T20:00")
    assert [seen.starts_local for seen in await found(anyone)] == ["2026-12-09T20:00"]
    await organizer.hub.catalog.UnpublishEvent(pb.UnpublishEventRequest(event_id=event.event_id))
    assert await found(anyone) == []


async def test_an_event_that_is_too_large_to_keep_is_shown_too(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await on_sale(organizer, description="字 " * 2_499 + "字")
    assert event.ByteSize() > shown.KEPT_BYTES_MAX

    for _ in range(2):
        (seen,) = await found(stage.anyone(), text="字")
        assert seen.description == event.description
