"""Sixteen calls at once."""

import asyncio

from tests.catalog.requests import general
from tests.catalog.world import open_world
from tests.stage import Stage, outcome

MANY = range(16)


async def test_the_same_venue_and_event_are_there_once(stage: Stage) -> None:
    world = await open_world(stage)

    venues = await asyncio.gather(*(world.venue() for _ in MANY))
    events = await asyncio.gather(*(world.event(general()) for _ in MANY))

    assert all(venue == venues[0] for venue in venues)
    assert all(event == events[0] for event in events)


async def test_of_sixteen_contents_for_an_id_one_is_kept(stage: Stage) -> None:
    world = await open_world(stage)

    venues = await asyncio.gather(*(outcome(world.venue(name=f"Hall {n}")) for n in MANY))
    events = await asyncio.gather(*(outcome(world.event(general(title=f"Show {n}"))) for n in MANY))

    assert sorted(venues) == sorted(events) == ["ID_IN_USE"] * 15 + ["done"]
