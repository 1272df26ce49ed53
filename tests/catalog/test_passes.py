"""Passes: tickets that admit to several nights of a series, sold as an event."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.money_pb2 import Money
from eventhub.refusals import NightNotForPass, Unavailable
from services.kit.values import failpoints
from tests.catalog.organizer import ORGANIZER, OTHER, Organizer, open_organizer
from tests.catalog.requests import HALF, an_id, brl
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

SERIES, PASS = an_id("ser"), an_id("tkt", 9_000_000)


async def on_sale(organizer: Organizer, *, published: bool = True) -> list[nouns.Event]:
    """A series of three nights from 2026-12-01 on, with places at 50.00 and at half price."""
    draft = await organizer.general(capacity=10)
    full = await organizer.add(draft, name="Inteira", price=brl(5000))
    await organizer.add(draft, name="Meia", kind=HALF, price=None, half_of_ticket_type_id=full.ticket_type_id)
    request = pb.CreateSeriesRequest(
        series_id=SERIES, from_event_id=draft.event_id, title="Verão", rule="FREQ=DAILY;COUNT=3"
    )
    await organizer.hub.catalog.CreateSeries(request)
    if published:
        await organizer.hub.catalog.PublishSeries(pb.PublishSeriesRequest(series_id=SERIES))
    return list((await organizer.hub.catalog.GetSeries(pb.GetSeriesRequest(series_id=SERIES))).nights)


def wish(**other: Any) -> pb.AddPassRequest:
    usual = {
        "ticket_type_id": PASS,
        "series_id": SERIES,
        "name": "Passe",
        "price": brl(12000),
        "capacity": 4,
        "ticket_type_name": "inteira",
    }
    return pb.AddPassRequest(**{**usual, **other})


async def add(organizer: Organizer, **other: Any) -> nouns.Event:
    return (await organizer.hub.catalog.AddPass(wish(**other))).event


async def seen(stage: Stage) -> nouns.Event:
    """The series as a buyer of passes sees it."""
    return (await stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=SERIES))).event


def mesh_of(stage: Stage) -> "CatalogMeshAsyncStub":
    """catalog as pricing calls it."""
    return CatalogMeshStub(stage.channel("pricing"))


async def test_a_series_is_sold_as_an_event(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    nights = await on_sale(organizer)

    answer = await add(organizer)

    event = await seen(stage)
    assert answer == event
    assert (event.event_id, event.organizer_id, event.title, event.state) == (
        SERIES,
        ORGANIZER,
        "Verão",
        nouns.EVENT_STATE_PUBLISHED,
    )
    assert (event.starts_at, event.ends_at) == (nights[0].starts_at, nights[2].ends_at)
    (sold,) = event.ticket_types
    assert (sold.ticket_type_id, sold.name, sold.price, sold.capacity) == (PASS, "Passe", brl(12000), 4)
    assert list(sold.night_ids) == [night.event_id for night in nights]
    found = await mesh_of(stage).BatchGetEvents(pb.BatchGetEventsRequest(event_ids=[SERIES, nights[1].event_id]))
    assert [each.event_id for each in found.events] == [SERIES, nights[1].event_id]
    assert found.events[0].ticket_types == event.ticket_types
    shown = await stage.anyone().catalog.GetSeries(pb.GetSeriesRequest(series_id=SERIES))
    assert list(shown.passes) == [sold]


async def test_inventory_sells_the_pass_with_its_nights(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    nights = await on_sale(organizer)

    await add(organizer, event_ids=[nights[2].event_id, nights[0].event_id])

    sold = organizer.inventory.provisions[SERIES]
    assert [(pool.name, pool.capacity) for pool in sold.pools] == [(PASS, 4)]
    (spec,) = sold.types
    full = [next(each for each in night.ticket_types if each.name == "Inteira") for night in (nights[0], nights[2])]
    assert [(night.event_id, night.ticket_type_id) for night in spec.nights] == [
        (nights[0].event_id, full[0].ticket_type_id),
        (nights[2].event_id, full[1].ticket_type_id),
    ]
    assert SERIES in organizer.inventory.on_sale


async def test_a_pass_is_announced_once(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)

    await add(organizer)
    await add(organizer)

    told = [fact for fact in await organizer.facts() if isinstance(fact, EventPublished)]
    assert [fact.event.event_id for fact in told].count(SERIES) == 1


async def test_holders_of_passes_are_told_when_a_night_changes(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    nights = await on_sale(organizer)
    await add(organizer, event_ids=[night.event_id for night in nights[:2]])

    for night in nights[1:]:
        await organizer.move(night, "2026-12-09T21:00")

    told = [fact for fact in await organizer.facts() if isinstance(fact, EventChanged)]
    mine = [fact for fact in told if fact.event.event_id == SERIES]
    assert [fact.event.event_id for fact in told] == [nights[1].event_id, SERIES, nights[2].event_id]
    assert mine[0].changes == told[0].changes
    assert (
        mine[0].event == (await mesh_of(stage).BatchGetEvents(pb.BatchGetEventsRequest(event_ids=[SERIES]))).events[0]
    )
    assert mine[0].event.ends_at == told[0].event.ends_at


async def test_a_repeat_changes_nothing_and_other_content_is_refused(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)
    first = await add(organizer)

    again = await add(organizer)
    other = await outcome(add(organizer, capacity=5))

    assert (again, other) == (first, "ID_IN_USE")
    assert (await seen(stage)).ticket_types == first.ticket_types


async def test_sixteen_calls_add_one_pass(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)

    answers = await asyncio.gather(*(outcome(add(organizer)) for _ in range(16)))

    assert set(answers) == {"done"}
    assert len((await seen(stage)).ticket_types) == 1


async def test_sixteen_passes_at_once_are_all_sold(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)
    ids = [an_id("tkt", 9_000_000 + n) for n in range(16)]

    answers = await asyncio.gather(*(outcome(add(organizer, ticket_type_id=one, name=f"Passe {one}")) for one in ids))

    assert set(answers) == {"done"}
    assert {each.ticket_type_id for each in (await seen(stage)).ticket_types} == set(ids)
    assert {spec.ticket_type_id for spec in organizer.inventory.provisions[SERIES].types} == set(ids)


@pytest.mark.parametrize("step", ["Provision", "OpenSales", "begin_pass_change.after", "finish_pass_change.before"])
async def test_a_repeat_completes_an_interrupted_call(stage: Stage, step: str) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)
    if "." in step:
        failpoints.arm(f"catalog.{step}=raise")
    else:
        organizer.inventory.refuses[step] = Unavailable()

    interrupted = await outcome(add(organizer))
    unseen = await outcome(seen(stage))
    organizer.inventory.refuses.clear()
    await add(organizer)

    assert (interrupted, unseen) in [("UNAVAILABLE", "EVENT_NOT_FOUND"), ("INTERNAL", "EVENT_NOT_FOUND")]
    assert [each.ticket_type_id for each in (await seen(stage)).ticket_types] == [PASS]
    assert SERIES in organizer.inventory.on_sale


async def test_what_a_pass_cannot_be(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    nights = await on_sale(organizer)
    elsewhere = await organizer.general()
    await add(organizer)

    for other, reason in (
        ({"ticket_type_name": "VIP"}, "NIGHT_NOT_FOR_PASS"),
        ({"ticket_type_name": "Meia"}, "NIGHT_NOT_FOR_PASS"),
        ({"event_ids": [nights[0].event_id, elsewhere.event_id]}, "NIGHT_NOT_FOR_PASS"),
        ({"event_ids": [nights[0].event_id]}, "EVENT_INCOMPLETE"),
        ({"name": "PASSE"}, "TICKET_TYPE_NAME_IN_USE"),
        ({"price": Money(minor=1, currency="EUR")}, "CURRENCY_MISMATCH"),
        ({"series_id": an_id("ser", 2)}, "SERIES_NOT_FOUND"),
    ):
        usual = {"ticket_type_id": an_id("tkt", 9_000_001), "name": "Outro"}
        assert await outcome(add(organizer, **(usual | other))) == reason
    assert len((await seen(stage)).ticket_types) == 1
    assert len(organizer.inventory.provisions[SERIES].types) == 1


async def test_only_its_organizer_adds_a_pass(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)

    assert await outcome(stage.member(OTHER).catalog.AddPass(wish())) == "SERIES_NOT_FOUND"
    assert await outcome(seen(stage)) == "EVENT_NOT_FOUND"


async def test_a_pass_stands_for_no_type_that_sells_no_more(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    nights = await on_sale(organizer)
    inteira = next(each for each in nights[1].ticket_types if each.name == "Inteira")
    await organizer.hub.catalog.ArchiveTicketType(
        pb.ArchiveTicketTypeRequest(event_id=nights[1].event_id, ticket_type_id=inteira.ticket_type_id)
    )

    with pytest.raises(NightNotForPass) as refused:
        await add(organizer)

    assert refused.value.facts == {"event_id": nights[1].event_id}


async def test_a_draft_is_no_night_of_a_pass(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    nights = await on_sale(organizer, published=False)

    with pytest.raises(NightNotForPass) as refused:
        await add(organizer, event_ids=[night.event_id for night in nights])

    assert refused.value.facts["event_id"] == nights[0].event_id
    assert await outcome(add(organizer)) == "EVENT_INCOMPLETE"
