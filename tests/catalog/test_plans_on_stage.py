"""Venues and seating plans, as organizers bring them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.page_pb2 import PageRequest
from scripts.make_hall import THEATRE
from tests.catalog.organizer import OTHER, open_organizer
from tests.catalog.requests import chunks, file_of, hall
from tests.stage import Stage

MIB = 1024 * 1024


async def test_an_export_equals_the_import(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    data = THEATRE.read_bytes()

    plan = await organizer.plan((await organizer.venue()).venue_id, data)

    assert await organizer.export(plan.plan_id) == data
    assert (plan.name, plan.seat_count) == ("Teatro São Pedro", 1180)
    counts = {category.name: category.seat_count for category in plan.categories}
    assert counts == {"Plateia": 572, "Plateia VIP": 128, "Balcão": 360, "Camarote": 120}


async def test_chunks_of_an_export_are_small(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    plan = await organizer.plan((await organizer.venue()).venue_id, THEATRE.read_bytes())

    request = pb.ExportSeatingPlanRequest(plan_id=plan.plan_id)
    sizes = [len(answer.chunk) async for answer in organizer.hub.catalog.ExportSeatingPlan(request)]

    assert 0 < max(sizes) <= 32 * 1024


async def test_a_repeat_of_an_import_returns_the_same_plan(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue, plan_id = await organizer.venue(), organizer.id("pln")

    first = await organizer.plan(venue.venue_id, plan_id=plan_id)

    assert await organizer.plan(venue.venue_id, plan_id=plan_id) == first


async def test_a_plans_id_names_one_file_of_one_organizer(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue, theirs = await organizer.venue(), await organizer.venue(organizer.rival)
    plan = await organizer.plan(venue.venue_id)

    with pytest.raises(refusals.IdInUse):
        await organizer.plan(venue.venue_id, file_of(hall(5)), plan_id=plan.plan_id)
    with pytest.raises(refusals.IdInUse):
        await organizer.plan(theirs.venue_id, plan_id=plan.plan_id, hub=organizer.rival)


async def test_sixteen_imports_of_one_id_make_one_plan(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue, plan_id = await organizer.venue(), organizer.id("pln")
    files = [file_of(hall(n)) for n in range(2, 18)]

    sent = (organizer.plan(venue.venue_id, data, plan_id=plan_id) for data in files)
    answers = await asyncio.gather(*sent, return_exceptions=True)

    won = [n for n, answer in enumerate(answers) if not isinstance(answer, BaseException)]
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(won) == 1
    assert all(isinstance(answer, refusals.IdInUse | refusals.Overloaded | refusals.TooManyRequests) for answer in lost)
    assert await organizer.export(plan_id) == files[won[0]]


async def test_a_plan_of_another_organizer_is_not_found(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    plan = await organizer.plan((await organizer.venue()).venue_id)

    with pytest.raises(refusals.PlanNotFound):
        async for _ in stage.member(OTHER).catalog.ExportSeatingPlan(pb.ExportSeatingPlanRequest(plan_id=plan.plan_id)):
            pass


async def test_a_plan_needs_a_hall_of_the_same_organizer(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    theirs = await organizer.venue(organizer.rival)

    with pytest.raises(refusals.VenueNotFound):
        await organizer.plan(theirs.venue_id)


def broken(change: Callable[[dict[str, Any]], object]) -> bytes:
    plan = hall()
    change(plan)
    return file_of(plan)


def seat(plan: dict[str, Any], n: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = plan["zones"][0]["rows"][0]["seats"][n]
    return found


MALFORMED = {
    "no JSON": b'{"name": ',
    "nothing": b"",
    "not UTF-8": file_of(hall()).replace(b"Sala", b"\xff\xfe"),
    "a seat twice": broken(lambda plan: seat(plan).update(seat_guid="A-1")),
    "a seat without guid": broken(lambda plan: seat(plan).pop("seat_guid")),
    "an empty guid": broken(lambda plan: seat(plan).update(seat_guid="")),
    "a long guid": broken(lambda plan: seat(plan).update(seat_guid="x" * 81)),
    "a number for a guid": broken(lambda plan: seat(plan).update(seat_guid=7)),
    "an unknown category": broken(lambda plan: seat(plan).update(category="Balcony")),
    "no position": broken(lambda plan: seat(plan).pop("position")),
    "a position that is none": broken(lambda plan: seat(plan)["position"].update(x=float("nan"))),
    "no zones": broken(lambda plan: plan.pop("zones")),
    "no rows": broken(lambda plan: plan["zones"][0].update(rows=[])),
    "no seats": broken(lambda plan: plan["zones"][0]["rows"][0].update(seats=[])),
    "nested without an end": b'{"name":' + b"[" * 100_000,
    "a position beyond all halls": broken(lambda plan: seat(plan)["position"].update(x=1e300)),
    "a category too many": broken(
        lambda plan: plan["categories"].extend({"name": f"c{n}", "color": "#000000"} for n in range(100))
    ),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_file_is_refused_with_the_problem_and_its_path(stage: Stage, data: bytes) -> None:
    organizer = await open_organizer(stage)
    venue, plan_id = await organizer.venue(), organizer.id("pln")

    with pytest.raises(refusals.PlanMalformed) as refused:
        await organizer.plan(venue.venue_id, data, plan_id=plan_id)

    assert refused.value.facts["problem"]
    assert refused.value.facts["where"]
    assert (
        await organizer.plan(venue.venue_id, plan_id=plan_id)
    ).seat_count == 6  # the refused file left nothing behind


async def test_a_file_has_at_most_32_mib(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue = await organizer.venue()

    with pytest.raises(refusals.PlanTooLarge) as refused:
        await organizer.plan(venue.venue_id, b" " * (32 * MIB + 1))

    assert refused.value.facts["limit"]


async def test_a_call_imports_one_plan(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue = await organizer.venue()

    async def two() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        async for request in chunks(organizer.id("pln"), venue.venue_id, file_of(hall())):
            yield request
        yield pb.ImportSeatingPlanRequest(plan_id=organizer.id("pln"))

    async def nameless() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        yield pb.ImportSeatingPlanRequest(venue_id=venue.venue_id, chunk=b"{}")

    async def nothing() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        for request in list[pb.ImportSeatingPlanRequest]():
            yield request

    for requests in (two(), nameless(), nothing()):
        with pytest.raises(refusals.InvalidRequest) as refused:
            await organizer.hub.catalog.ImportSeatingPlan(requests)
        assert "plan_id" in refused.value.fields


async def test_a_venue_is_made_once(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    request = pb.CreateVenueRequest(
        venue_id=organizer.id("ven"), name="Sala", city="Rio", time_zone="America/Sao_Paulo"
    )

    made = await organizer.hub.catalog.CreateVenue(request)

    assert await organizer.hub.catalog.CreateVenue(request) == made
    with pytest.raises(refusals.IdInUse):
        await organizer.rival.catalog.CreateVenue(request)
    request.name = "Other"
    with pytest.raises(refusals.IdInUse):
        await organizer.hub.catalog.CreateVenue(request)


@pytest.mark.parametrize("name", ["Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "localtime"])
async def test_a_time_zone_is_one_of_ianas(stage: Stage, name: str) -> None:
    organizer = await open_organizer(stage)

    with pytest.raises(refusals.TimeZoneUnknown) as refused:
        await organizer.venue(time_zone=name)

    assert refused.value.facts["time_zone"] == name


@pytest.mark.parametrize("name", ["Teatro", "é" * 120, "𝄞" * 120], ids=["short", "long", "widest"])
async def test_venues_come_in_pages_whatever_they_are_called(stage: Stage, name: str) -> None:
    organizer = await open_organizer(stage)
    made = [await organizer.venue(name=name) for _ in range(3)]
    await organizer.venue(organizer.rival)
    found, token = [], ""

    while True:
        page = PageRequest(size=2, token=token)
        answer = await organizer.hub.catalog.ListVenues(pb.ListVenuesRequest(page=page))
        found += [venue.venue_id for venue in answer.venues]
        token = answer.next_page_token
        if not token:
            break

    assert sorted(found) == sorted(venue.venue_id for venue in made)
