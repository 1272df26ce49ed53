"""Series: shows on several nights, made from a model."""

import asyncio
from typing import Any

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.page_pb2 import PageRequest
from services.catalog.series.publishing import ENOUGH_S
from tests.catalog.organizer import EVENING, ORGANIZER, OTHER, Organizer, open_organizer
from tests.catalog.requests import HALF, HOUR_S, an_id, brl
from tests.stage import Stage, outcome

SERIES = an_id("ser")
FOUR_DAYS = "FREQ=DAILY;COUNT=4"


async def model(organizer: Organizer, **wish: Any) -> nouns.Event:
    """A draft at 50.00 and at half price, on 2026-12-01 at 20:00."""
    draft = await organizer.general(description="Um musical.", **wish)
    full = await organizer.add(draft, name="Inteira", price=brl(5000))
    await organizer.add(draft, name="Meia", kind=HALF, price=None, half_of_ticket_type_id=full.ticket_type_id)
    return (await organizer.hub.catalog.GetEvent(pb.GetEventRequest(event_id=draft.event_id))).event


async def create(
    organizer: Organizer, event: nouns.Event, rule: str = FOUR_DAYS, **more: Any
) -> pb.CreateSeriesResponse:
    wish = {"series_id": SERIES, "from_event_id": event.event_id, "rule": rule, **more}
    return await organizer.hub.catalog.CreateSeries(pb.CreateSeriesRequest(**wish))


async def nights(organizer: Organizer) -> list[nouns.Event]:
    return list((await organizer.hub.catalog.GetSeries(pb.GetSeriesRequest(series_id=SERIES))).nights)


def add(n: int, starts_local: str) -> pb.AddNightRequest:
    return pb.AddNightRequest(series_id=SERIES, event_id=an_id("evt", 1_000_000 + n), starts_local=starts_local)


async def publish(organizer: Organizer) -> pb.PublishSeriesResponse:
    return await organizer.hub.catalog.PublishSeries(pb.PublishSeriesRequest(series_id=SERIES))


async def test_each_night_is_a_draft_like_the_model(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)

    answer = await create(organizer, first)

    assert (answer.series.title, answer.series.description, answer.nights) == (first.title, first.description, 4)
    assert (answer.series.model_event_id, answer.series.rule) == (first.event_id, FOUR_DAYS)
    made = await nights(organizer)
    assert made[0].event_id == first.event_id, "the model is the first night"
    assert [night.starts_local for night in made] == [f"2026-12-0{day}T20:00" for day in (1, 2, 3, 4)]
    for night in made[1:]:
        assert night.ends_at.seconds - night.starts_at.seconds == 2 * HOUR_S
        assert [(each.name, each.price.minor) for each in night.ticket_types] == [("Inteira", 5000), ("Meia", 2500)]
        full, half = night.ticket_types
        assert half.half_of_ticket_type_id == full.ticket_type_id
        assert (night.series_id, night.state, night.venue, night.capacity) == (SERIES, first.state, first.venue, 100)
    ids = [each.ticket_type_id for night in made for each in night.ticket_types]
    assert len(set(ids)) == 8


async def test_the_model_stays_outside_if_the_rule_leaves_its_day_out(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)  # a Tuesday

    answer = await create(organizer, first, "FREQ=WEEKLY;BYDAY=FR,SA;UNTIL=20261212", title="Temporada")

    made = await nights(organizer)
    assert [night.starts_local[:10] for night in made] == ["2026-12-04", "2026-12-05", "2026-12-11", "2026-12-12"]
    assert {night.title for night in made} == {"Temporada"} == {answer.series.title}
    seen = await organizer.hub.catalog.GetEvent(pb.GetEventRequest(event_id=first.event_id))
    assert seen.event == first


async def test_a_repeat_makes_nothing_new_and_other_content_is_refused(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)
    answer = await create(organizer, first)
    made = await nights(organizer)

    assert await create(organizer, first) == answer
    assert await nights(organizer) == made
    assert await outcome(create(organizer, first, "FREQ=DAILY;COUNT=5")) == "ID_IN_USE"
    rival = organizer.rival.catalog
    request = pb.CreateSeriesRequest(series_id=SERIES, from_event_id=first.event_id, rule=FOUR_DAYS)
    assert await outcome(rival.CreateSeries(request)) == "ID_IN_USE"
    request.series_id = an_id("ser", 2)
    assert await outcome(rival.CreateSeries(request)) == "EVENT_NOT_FOUND"
    assert await outcome(create(organizer, first, series_id=an_id("ser", 2))) == "EVENT_IN_SERIES"
    assert await nights(organizer) == made


async def test_sixteen_calls_at_once_make_one_series(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)

    answers = await asyncio.gather(*(create(organizer, first) for _ in range(16)))

    assert all(answer == answers[0] for answer in answers)
    assert len(await nights(organizer)) == 4


async def test_nights_in_the_past_are_left_out(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)
    stage.clock.advance(8 * 24 * HOUR_S + 12 * HOUR_S)  # to 2026-12-02, 21:00
    organizer.hub = stage.member(ORGANIZER)

    assert await outcome(create(organizer, first, "FREQ=DAILY;COUNT=2")) == "EVENT_IN_PAST"
    await create(organizer, first)
    assert [night.starts_local[:10] for night in await nights(organizer)] == ["2026-12-01", "2026-12-03", "2026-12-04"]


async def test_a_night_is_added(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)
    await create(organizer, first, title="Temporada")
    hub = organizer.hub.catalog

    answers = await asyncio.gather(*(hub.AddNight(add(9, "2026-12-24T18:00")) for _ in range(16)))

    night = answers[0].event
    assert all(answer.event == night for answer in answers)
    assert (night.title, night.starts_local, night.state) == ("Temporada", "2026-12-24T18:00", nouns.EVENT_STATE_DRAFT)
    assert [each.name for each in night.ticket_types] == ["Inteira", "Meia"]
    assert len(await nights(organizer)) == 5
    assert await outcome(hub.AddNight(add(9, "2026-12-25T18:00"))) == "ID_IN_USE"
    assert await outcome(hub.AddNight(add(10, "2026-11-01T18:00"))) == "EVENT_IN_PAST"
    assert await outcome(hub.AddNight(add(10, "2026-13-01T18:00"))) == "INVALID_REQUEST"
    assert await outcome(organizer.rival.catalog.AddNight(add(10, "2026-12-25T18:00"))) == "SERIES_NOT_FOUND"
    assert len(await nights(organizer)) == 5


async def test_a_series_has_at_most_366_nights(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await organizer.online()
    assert (await create(organizer, first, "FREQ=DAILY;COUNT=365")).nights == 365
    asked = [organizer.hub.catalog.AddNight(add(n, f"2028-01-{n:02d}T20:00")) for n in range(1, 17)]

    outcomes = await asyncio.gather(*map(outcome, asked))

    assert sorted(outcomes) == [*["SERIES_TOO_LONG"] * 15, "done"]


async def test_all_nights_are_published_and_shown_to_buyers(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    buyer, asked = stage.buyer().catalog, pb.GetSeriesRequest(series_id=SERIES)
    assert await outcome(buyer.GetSeries(asked)) == "SERIES_NOT_FOUND"

    answer = await publish(organizer)

    assert (answer.published, answer.remaining) == (4, 0)
    assert await publish(organizer) == pb.PublishSeriesResponse()
    assert {night.state for night in await nights(organizer)} == {nouns.EVENT_STATE_PUBLISHED}
    assert len(organizer.inventory.on_sale) == 4
    await organizer.hub.catalog.AddNight(add(9, "2026-12-24T18:00"))
    stage.clock.advance(8 * 24 * HOUR_S)  # the first night is over
    organizer.hub, organizer.rival = stage.member(ORGANIZER), stage.member(OTHER)
    buyer, asked.page.size = stage.buyer().catalog, 2
    shown = await buyer.GetSeries(asked)
    assert [night.starts_local[:10] for night in shown.nights] == ["2026-12-02", "2026-12-03"]
    rest = await buyer.GetSeries(
        pb.GetSeriesRequest(series_id=SERIES, page=PageRequest(size=2, token=shown.next_page_token))
    )
    assert [night.starts_local[:10] for night in rest.nights] == ["2026-12-04"]
    assert len(await nights(organizer)) == 5
    assert await outcome(organizer.rival.catalog.PublishSeries(pb.PublishSeriesRequest(series_id=SERIES))) == (
        "SERIES_NOT_FOUND"
    )


async def test_publishing_goes_on_after_an_interruption(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    await organizer.publish((await nights(organizer))[1])
    organizer.inventory.away = True
    assert await outcome(publish(organizer)) != "done"
    organizer.inventory.away = False

    answers = await asyncio.gather(*(publish(organizer) for _ in range(16)))

    assert {answer.remaining for answer in answers} == {0}
    facts = await organizer.facts()
    assert len(facts) == 4, "each night is announced once"


async def test_publishing_ends_in_time_and_says_what_remains(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))

    async def slow() -> None:
        stage.clock.advance(ENOUGH_S)

    organizer.inventory.before["Provision"] = slow

    assert await publish(organizer) == pb.PublishSeriesResponse(published=1, remaining=3)
    assert await publish(organizer) == pb.PublishSeriesResponse(published=3, remaining=0)


async def test_words_change_on_nights_that_do_not_differ(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    await publish(organizer)
    await organizer.hub.catalog.AddNight(add(9, "2026-12-24T18:00"))
    own = "Um musical, com convidados."
    change = pb.UpdateSeriesRequest(series_id=SERIES, description=own)
    await organizer.hub.catalog.UpdateSeries(change)
    change = pb.UpdateSeriesRequest(series_id=SERIES, title="Elza, o musical")

    answers = await asyncio.gather(*(organizer.hub.catalog.UpdateSeries(change) for _ in range(16)))

    assert sum(answer.nights_changed for answer in answers) == 5
    made = await nights(organizer)
    assert {(night.title, night.description) for night in made} == {("Elza, o musical", own)}
    found = await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest(text="convidados musical"))
    assert found.events
    again = await organizer.hub.catalog.UpdateSeries(change)
    assert again.nights_changed == 0
    assert await nights(organizer) == made
    assert await outcome(organizer.rival.catalog.UpdateSeries(change)) == "SERIES_NOT_FOUND"


async def test_a_night_that_differs_keeps_its_own_words(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer), title="Temporada")  # the model keeps its title

    answer = await organizer.hub.catalog.UpdateSeries(pb.UpdateSeriesRequest(series_id=SERIES, title="Nova"))

    assert answer.nights_changed == 3
    assert [night.title for night in await nights(organizer)] == ["Elza, o show", "Nova", "Nova", "Nova"]


async def test_a_published_model_becomes_a_night(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await organizer.publish(await model(organizer))

    await create(organizer, first)

    made = await nights(organizer)
    assert (made[0].event_id, made[0].state) == (first.event_id, nouns.EVENT_STATE_PUBLISHED)
    assert [night.state for night in made[1:]] == [nouns.EVENT_STATE_DRAFT] * 3
    assert (await publish(organizer)).published == 3


async def test_an_organizer_lists_its_series(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    for n in (3, 1, 2):
        await create(organizer, await model(organizer, title=f"show {n}"), series_id=an_id("ser", n))
    request, found = pb.ListSeriesRequest(page=PageRequest(size=2)), []
    while True:
        answer = await organizer.hub.catalog.ListSeries(request)
        found += [series.title for series in answer.series]
        if not answer.next_page_token:
            break
        request.page.token = answer.next_page_token

    assert found == ["show 1", "show 2", "show 3"]
    assert not (await organizer.rival.catalog.ListSeries(pb.ListSeriesRequest())).series


async def test_pricing_gets_the_terms_of_a_series(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await create(organizer, await model(organizer))
    mesh = CatalogMeshStub(stage.channel("pricing"))

    terms = await mesh.GetSeriesTerms(pb.GetSeriesTermsRequest(series_id=SERIES))

    assert (terms.organizer_id, terms.currency) == ("org_casa", "BRL")
    assert list(terms.ticket_type_names) == ["Inteira", "Meia"]
    assert await outcome(mesh.GetSeriesTerms(pb.GetSeriesTermsRequest(series_id="ser_none"))) == "SERIES_NOT_FOUND"


async def test_seats_of_the_plan_come_with_each_night(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    draft = await organizer.seated()
    await organizer.add(draft, seat_categories=["VIP"])
    await create(organizer, draft, "FREQ=DAILY;COUNT=2")

    await publish(organizer)

    assert {(night.plan_id, night.capacity) for night in await nights(organizer)} == {(draft.plan_id, 6)}
    assert [len(seats) for seats in organizer.inventory.arrived.values()] == [6, 6]
    assert draft.starts_local == EVENING
