"""A search finds a series once, as the next of its nights that fit."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.page_pb2 import PageRequest
from tests.catalog.organizer import EVENING, ORGANIZER, Organizer, open_organizer
from tests.catalog.requests import HOUR_S, STARTS_S, an_id
from tests.stage import Stage, until

DAY_S = 24 * HOUR_S
# 2026-12-01T20:00 in São Paulo.
EVENING_S = STARTS_S - 23 * DAY_S


async def series(organizer: Organizer, title: str, rule: str, n: int = 1, **wish: Any) -> None:
    """Publishes a series whose model is on 2026-12-01 at 20:00."""
    model = await organizer.general(title=title, **wish)
    await organizer.add(model)
    request = pb.CreateSeriesRequest(series_id=an_id("ser", n), from_event_id=model.event_id, rule=rule)
    await organizer.hub.catalog.CreateSeries(request)
    await organizer.hub.catalog.PublishSeries(pb.PublishSeriesRequest(series_id=request.series_id))


async def single(organizer: Organizer, title: str, starts_local: str) -> None:
    event = await organizer.general(title=title, starts_local=starts_local)
    await organizer.add(event)
    await organizer.publish(event)


async def found(stage: Stage, text: str = "", **terms: Any) -> list[nouns.Event]:
    return list((await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest(text=text, **terms))).events)


def days(event: nouns.Event) -> list[str]:
    """The days of an event and of the other nights that are told with it."""
    return [event.starts_local[8:10], *(night.starts_local[8:10] for night in event.more_nights.nights)]


async def test_a_series_is_found_once_with_its_next_nights(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await series(organizer, "Musical", "FREQ=DAILY;COUNT=14")
    await single(organizer, "Musical à parte", "2026-12-03T20:00")

    show, other = await found(stage, "musical")

    assert (show.title, show.starts_local, show.series_id) == ("Musical", EVENING, an_id("ser"))
    assert show.more_nights.count == 13
    assert days(show) == [f"{day:02d}" for day in range(1, 12)]
    assert show.more_nights.nights[0].starts_at.seconds == EVENING_S + DAY_S
    assert (other.title, other.HasField("more_nights")) == ("Musical à parte", False)


async def test_only_nights_that_fit_count(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await series(organizer, "Musical", "FREQ=DAILY;COUNT=5")
    from_at, until_at = Timestamp(seconds=EVENING_S + DAY_S), Timestamp(seconds=EVENING_S + 3 * DAY_S)

    (show,) = await found(stage, from_at=from_at, until_at=until_at)
    assert (days(show), show.more_nights.count) == (["02", "03"], 1)
    (show,) = await found(stage, from_at=Timestamp(seconds=EVENING_S + 4 * DAY_S))
    assert (days(show), show.HasField("more_nights")) == (["05"], False)

    second = (await found(stage))[0].more_nights.nights[0].event_id
    organizer.inventory.left[second] = 0

    async def left_out() -> bool:
        stage.clock.advance(5.0)
        (show,) = await found(stage, available_only=True)
        return days(show) == ["01", "03", "04", "05"]

    await until(left_out)
    (show,) = await found(stage)
    assert [night.sold_out for night in show.more_nights.nights] == [True, False, False, False]


async def test_the_next_night_takes_the_place_of_one_that_is_over(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await series(organizer, "Musical", "FREQ=DAILY;COUNT=3")

    stage.clock.advance(8 * DAY_S)

    (show,) = await found(stage)
    assert days(show) == ["02", "03"]


async def test_pages_continue_after_a_series(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await series(organizer, "B musical", "FREQ=DAILY;COUNT=5")
    await series(organizer, "A musical", "FREQ=WEEKLY;COUNT=5", n=2, starts_local="2026-12-01T19:00")
    await single(organizer, "C musical", "2026-12-02T20:00")
    for text in ("", "musical"):
        request, paged = pb.SearchEventsRequest(text=text, page=PageRequest(size=1)), []
        while True:
            answer = await stage.anyone().catalog.SearchEvents(request)
            paged += [(event.title, event.more_nights.count) for event in answer.events]
            if not answer.next_page_token:
                break
            request.page.token = answer.next_page_token

        assert paged == [("A musical", 4), ("B musical", 4), ("C musical", 0)]


async def test_a_moved_night_moves_in_the_search(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await series(organizer, "Musical", "FREQ=DAILY;COUNT=3")
    organizer.hub = stage.member(ORGANIZER)
    (show,) = await found(stage)

    await organizer.move(show, "2026-12-09T20:00")

    (show,) = await found(stage)
    assert days(show) == ["02", "03", "09"]
