"""Nights that are out of sale or archived, and models that are being changed."""

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import EventState
from tests.catalog.organizer import open_organizer
from tests.catalog.test_series import SERIES, add, create, model, nights, publish
from tests.stage import Stage, outcome

DRAFT, PUBLISHED = nouns.EVENT_STATE_DRAFT, nouns.EVENT_STATE_PUBLISHED


async def test_a_night_that_was_taken_out_of_sale_stays_out(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    await publish(organizer)
    out = await organizer.world.unpublish((await nights(organizer))[1].event_id)

    assert await publish(organizer) == pb.PublishSeriesResponse()

    assert (await nights(organizer))[1] == out


async def test_a_night_that_is_taken_out_of_sale_meanwhile_stays_out(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    third = (await nights(organizer))[2]

    async def take_out() -> None:
        organizer.inventory.before.clear()
        await organizer.publish(third)
        await organizer.world.unpublish(third.event_id)

    organizer.inventory.before["Provision"] = take_out

    assert await publish(organizer) == pb.PublishSeriesResponse(published=3)
    assert [night.state == PUBLISHED for night in await nights(organizer)] == [True, True, False, True]


async def test_an_archived_draft_does_not_stop_the_others(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    away = await organizer.world.archive((await nights(organizer))[1].event_id)

    assert await publish(organizer) == pb.PublishSeriesResponse(published=3)

    assert [night.state for night in await nights(organizer)] == [PUBLISHED, DRAFT, PUBLISHED, PUBLISHED]
    await organizer.world.archive(away.event_id, restore=True)
    assert await publish(organizer) == pb.PublishSeriesResponse(published=1)


async def test_a_draft_that_is_archived_meanwhile_is_passed_over(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    third = (await nights(organizer))[2]

    async def put_away() -> None:
        organizer.inventory.before.clear()
        await organizer.world.archive(third.event_id)

    organizer.inventory.before["Provision"] = put_away

    assert await publish(organizer) == pb.PublishSeriesResponse(published=3)


async def test_an_archived_night_keeps_its_words(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    away = await organizer.world.archive((await nights(organizer))[1].event_id)

    answer = await organizer.hub.catalog.UpdateSeries(pb.UpdateSeriesRequest(series_id=SERIES, title="Outro"))

    assert answer.nights_changed == 3
    made = await nights(organizer)
    assert made[1] == away
    assert [night.title for night in made] == ["Outro", away.title, "Outro", "Outro"]


async def test_an_archived_model_is_not_copied(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)
    away = await organizer.world.archive(first.event_id)

    with pytest.raises(EventState) as refused:
        await create(organizer, first)

    assert refused.value.facts == {"state": "ARCHIVED"}
    assert await outcome(nights(organizer)) == "SERIES_NOT_FOUND"
    assert await organizer.world.get(first.event_id) == away
    restored = await organizer.world.archive(first.event_id, restore=True)
    await create(organizer, restored)
    await organizer.world.archive(first.event_id)
    made = await nights(organizer)
    assert await outcome(organizer.hub.catalog.AddNight(add(9, "2026-12-24T18:00"))) == "EVENT_STATE"
    assert await nights(organizer) == made
