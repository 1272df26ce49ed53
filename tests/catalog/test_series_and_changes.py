"""A model whose change is not completed yet becomes a night of a series."""

import asyncio
from dataclasses import replace

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from services.catalog import event_store
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.catalog.series import store
from services.kit.db import Tx
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US
from tests.catalog.organizer import ORGANIZER, Organizer, open_organizer
from tests.catalog.test_series import SERIES, add, create, model, nights
from tests.stage import Stage, outcome, until


async def retitle(organizer: Organizer, title: str) -> pb.UpdateSeriesResponse:
    return await organizer.hub.catalog.UpdateSeries(pb.UpdateSeriesRequest(series_id=SERIES, title=title))


async def half_resized(organizer: Organizer) -> nouns.Event:
    """A published event; the process died while it changed the number of places from 100 to 200."""
    event = await organizer.publish(await model(organizer))
    failpoints.arm("catalog.finish_change.before=raise")
    assert await outcome(organizer.world.resize(200, event_id=event.event_id)) == "INTERNAL"
    return event


async def test_a_series_waits_for_the_change_of_its_model(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await half_resized(organizer)

    await create(organizer, event)

    made = await nights(organizer)
    assert {night.capacity for night in made} == {200}
    assert (made[0].event_id, made[0].version) == (event.event_id, event.version + 2)
    await organizer.world.resize(200, event_id=event.event_id)
    assert await nights(organizer) == made
    (found,) = (await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest(text="elza"))).events
    assert (found.series_id, found.capacity, found.version) == (SERIES, 200, made[0].version)


async def test_no_series_is_made_while_inventory_cannot_complete_a_change(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await half_resized(organizer)
    organizer.inventory.away = True

    assert await outcome(create(organizer, event)) == "UNAVAILABLE"

    assert await outcome(nights(organizer)) == "SERIES_NOT_FOUND"
    organizer.inventory.away = False
    assert (await create(organizer, event)).nights == 4


async def test_a_change_that_is_completed_late_leaves_the_night_in_its_series(stage: Stage) -> None:
    # Processes of an earlier version make series while a change of the model is open.
    organizer = await open_organizer(stage)
    event = await half_resized(organizer)

    async def join(tx: Tx) -> None:
        known = await event_store.lock_any(tx, event.event_id)
        assert known is not None
        await store.join_series(tx, replace(known, series_id=SERIES, version=event.version + 4))

    await organizer.world.database.write(join)
    after = await organizer.world.resize(200, event_id=event.event_id)

    assert (after.series_id, after.version, after.capacity) == (SERIES, event.version + 5, 200)
    told = [fact.event for fact in await organizer.facts() if isinstance(fact, EventChanged)]
    assert [(each.series_id, each.version) for each in told] == [(SERIES, after.version)]
    entries = await organizer.world.database.read(
        lambda tx: tx.all(
            "SELECT n.series_id, e.version FROM search_event e JOIN search_night n ON n.event_id = e.event_id"
        )
    )
    assert list(map(tuple, entries)) == [(SERIES, after.version)]


async def test_a_night_that_is_added_meanwhile_gets_the_new_words(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await half_resized(organizer)
    await create(organizer, first)
    failpoints.arm("catalog.finish_change.before=raise")
    assert await outcome(organizer.world.resize(300, event_id=first.event_id)) == "INTERNAL"

    async def add_night() -> None:
        organizer.inventory.before.clear()
        await organizer.hub.catalog.AddNight(add(9, "2026-12-24T18:00"))

    organizer.inventory.before["Provision"] = add_night  # while the first change is completed
    answer = await retitle(organizer, "Novo")

    assert answer.nights_changed == 5
    assert {night.title for night in await nights(organizer)} == {"Novo"}


STEPS = {
    "before the first night": "begin_rewording.after=raise",
    "after two nights": "begin_change.before=raise@3",
    "after the last night": "finish_rewording.before=raise",
    "after the series": "finish_rewording.after=raise",
}


@pytest.mark.parametrize("step", STEPS)
async def test_words_whose_call_died_are_completed_by_the_next_call(stage: Stage, step: str) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    failpoints.arm(f"catalog.{STEPS[step]}")
    assert await outcome(retitle(organizer, "Novo")) == "INTERNAL"
    failpoints.arm("")
    await organizer.hub.catalog.AddNight(add(9, "2026-12-24T18:00"))

    answers = await asyncio.gather(*(retitle(organizer, "Outro") for _ in range(16)))

    assert {answer.series.title for answer in answers} == {"Outro"}
    assert {night.title for night in await nights(organizer)} == {"Outro"}, "no night keeps words of before"


@pytest.mark.parametrize("step", STEPS)
async def test_words_whose_call_died_are_completed_by_the_worker(stage: Stage, step: str) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    failpoints.arm(f"catalog.{STEPS[step]}")
    assert await outcome(retitle(organizer, "Novo")) == "INTERNAL"
    failpoints.arm("")

    async def completed() -> bool:
        stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
        organizer.hub = stage.member(ORGANIZER)
        answer = await organizer.hub.catalog.GetSeries(pb.GetSeriesRequest(series_id=SERIES))
        return answer.series.title == "Novo"

    await until(completed)
    assert {night.title for night in await nights(organizer)} == {"Novo"}
    assert (await retitle(organizer, "Novo")).nights_changed == 0


async def test_words_wait_for_a_night_that_inventory_does_not_answer_for(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await half_resized(organizer))
    failpoints.arm("catalog.finish_change.before=raise")
    assert await outcome(organizer.world.resize(300, event_id=(await nights(organizer))[0].event_id)) == "INTERNAL"
    organizer.inventory.away = True

    assert await outcome(retitle(organizer, "Novo")) == "UNAVAILABLE"
    organizer.inventory.away = False
    await retitle(organizer, "Outro")

    assert {night.title for night in await nights(organizer)} == {"Outro"}
