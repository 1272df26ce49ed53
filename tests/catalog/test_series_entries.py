"""Nights of a series that are alike share an entry of the search. Whatever becomes of them, each is found as it is."""

import asyncio
from typing import Any

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.search import entry_store, worker
from services.kit.db import Tx
from tests.catalog.organizer import ORGANIZER, Organizer, open_organizer
from tests.catalog.requests import an_id, brl
from tests.catalog.test_search_entries import becomes
from tests.catalog.test_series_search import days, found, series
from tests.stage import Stage

MANY = 16


async def open_series(stage: Stage, count: int, **wish: Any) -> tuple[Organizer, list[nouns.Event]]:
    """Publishes a series with a number of nights."""
    organizer = await open_organizer(stage)
    await series(organizer, "Musical", f"FREQ=DAILY;COUNT={count}", **wish)
    request = pb.GetSeriesRequest(series_id=an_id("ser"))
    return organizer, list((await organizer.hub.catalog.GetSeries(request)).nights)


async def rename(organizer: Organizer, night: nouns.Event, title: str) -> None:
    await organizer.world.update(event_id=night.event_id, title=title)


async def numbers(tx: Tx) -> list[int]:
    """The numbers of the entries of series."""
    return [row[0] for row in await tx.all("SELECT n FROM search_series ORDER BY n")]


async def test_a_night_with_other_words_is_found_by_them_alone(stage: Stage) -> None:
    organizer, nights = await open_series(stage, 5)
    await rename(organizer, nights[2], "Musical com convidada")

    (show,) = await found(stage, "convidada")
    assert (show.title, days(show), show.HasField("more_nights")) == ("Musical com convidada", ["03"], False)
    (show,) = await found(stage, "musical")
    assert (days(show), show.more_nights.count) == (["01", "02", "03", "04", "05"], 4)


async def test_alike_nights_share_an_entry_and_one_without_nights_is_dropped(stage: Stage) -> None:
    organizer, nights = await open_series(stage, 4)
    database = organizer.world.database
    assert len(await database.read(numbers)) == 1

    for title in ("Outro musical", "Mais um musical", "Musical"):
        await rename(organizer, nights[3], title)
    assert len(await database.read(numbers)) == 3

    async def left() -> int:
        return len(await database.read(numbers))

    await becomes(stage, left, 1, step_s=worker.SWEEP_EVERY_S)
    assert days((await found(stage, "musical"))[0]) == ["01", "02", "03", "04"]


async def test_sixteen_nights_that_change_while_entries_are_dropped_are_all_found(stage: Stage) -> None:
    organizer, nights = await open_series(stage, MANY)
    database = organizer.world.database

    async def sweep() -> None:
        for n in await database.read(numbers):
            await database.write(entry_store.drop_series, n)

    for titles in (("Manhã", "Tarde"), ("Tarde", "Noite"), ("Noite", "Manhã")):
        renamed = [rename(organizer, night, titles[n % 2]) for n, night in enumerate(nights)]
        await asyncio.gather(*renamed, *(sweep() for _ in range(MANY)))

        for title in titles:
            (show,) = await found(stage, title)
            assert show.more_nights.count == MANY // 2 - 1
        assert (await found(stage))[0].more_nights.count == MANY - 1


async def test_an_event_that_becomes_a_night_stays_sold_out(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general(title="Musical")
    await organizer.add(event)
    await organizer.publish(event)
    organizer.inventory.left[event.event_id] = 0

    async def left_out() -> int:
        return len(await found(stage, available_only=True))

    await becomes(stage, left_out, 0, step_s=10.0)
    organizer.inventory.away = True
    request = pb.CreateSeriesRequest(series_id=an_id("ser"), from_event_id=event.event_id, rule="FREQ=DAILY;COUNT=2")
    organizer.hub = stage.member(ORGANIZER)
    await organizer.hub.catalog.CreateSeries(request)

    (show,) = await found(stage, "musical")
    assert (show.series_id, show.sold_out) == (an_id("ser"), True)
    assert await found(stage, available_only=True) == []


async def test_a_price_between_the_least_and_the_largest(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    single, model = await organizer.general(title="Single"), await organizer.general(title="Night")
    for event in (single, model):
        for minor in (1000, 5000, 9000):
            await organizer.add(event, price=brl(minor))
        await organizer.add(event, price=brl(7000), hidden=True)
    await organizer.publish(single)
    request = pb.CreateSeriesRequest(series_id=an_id("ser"), from_event_id=model.event_id, rule="FREQ=DAILY;COUNT=3")
    await organizer.hub.catalog.CreateSeries(request)
    await organizer.hub.catalog.PublishSeries(pb.PublishSeriesRequest(series_id=request.series_id))

    async def within(least: int, most: int) -> list[str]:
        return sorted(event.title for event in await found(stage, price_min=brl(least), price_max=brl(most)))

    assert await within(4000, 6000) == ["Night", "Single"]
    assert await within(2000, 4000) == []
    assert await within(6000, 8000) == [], "buyers see no type at this price"
