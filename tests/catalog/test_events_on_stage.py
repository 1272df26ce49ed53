"""Drafts and ticket types."""

import asyncio
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.money_pb2 import Money
from tests.catalog.organizer import open_organizer
from tests.catalog.requests import HOUR_S, URL, ZONE, brl
from tests.stage import Stage


async def test_a_seated_draft_has_as_many_places_as_its_plan_has_seats(stage: Stage) -> None:
    organizer = await open_organizer(stage)

    event = await organizer.seated()

    assert (event.capacity, event.tickets_per_order_max, event.version) == (6, 10, 1)
    assert (event.state, event.time_zone) == (nouns.EVENT_STATE_DRAFT, ZONE)
    assert event.starts_at.ToJsonString() == "2026-12-01T23:00:00Z"
    assert event.ends_at.ToJsonString() == "2026-12-02T01:00:00Z"


MISFITS: dict[str, tuple[str, dict[str, Any]]] = {
    "a seated event without plan": ("plan_id", {"admission": nouns.ADMISSION_SEATED}),
    "a seated event with another number": ("capacity", {"admission": nouns.ADMISSION_SEATED, "capacity": 7}),
    "a general event without capacity": ("capacity", {"admission": nouns.ADMISSION_GENERAL}),
    "a general event with a plan": ("plan_id", {"admission": nouns.ADMISSION_GENERAL, "capacity": 9, "plan_id": "p"}),
    "a general event without venue": (
        "venue_id",
        {"admission": nouns.ADMISSION_GENERAL, "capacity": 9, "venue_id": ""},
    ),
    "an online event with a venue": (
        "venue_id",
        {"admission": nouns.ADMISSION_ONLINE, "capacity": 9, "time_zone": ZONE, "online_url": URL},
    ),
    "an online event without zone": (
        "time_zone",
        {"admission": nouns.ADMISSION_ONLINE, "capacity": 9, "venue_id": "", "online_url": URL},
    ),
    "an online event without address": (
        "online_url",
        {"admission": nouns.ADMISSION_ONLINE, "capacity": 9, "venue_id": "", "time_zone": ZONE},
    ),
}


@pytest.mark.parametrize(("name", "wish"), MISFITS.values(), ids=MISFITS.keys())
async def test_the_fields_of_a_draft_fit_its_admission(stage: Stage, name: str, wish: dict[str, Any]) -> None:
    organizer = await open_organizer(stage)
    venue = await organizer.venue()
    plan = await organizer.plan(venue.venue_id)
    if wish.get("capacity") == 7:
        wish = {**wish, "plan_id": plan.plan_id}

    with pytest.raises(refusals.InvalidRequest) as refused:
        await organizer.draft(**{"venue_id": venue.venue_id, **wish})

    assert name in refused.value.fields


async def test_a_draft_is_in_a_hall_of_its_own_organizer(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    mine, theirs = await organizer.venue(), await organizer.venue(organizer.rival)

    with pytest.raises(refusals.VenueNotFound):
        await organizer.draft(admission=nouns.ADMISSION_GENERAL, capacity=9, venue_id=theirs.venue_id)
    with pytest.raises(refusals.PlanNotFound):
        await organizer.draft(admission=nouns.ADMISSION_SEATED, venue_id=mine.venue_id, plan_id=organizer.id("pln"))


@pytest.mark.parametrize(
    ("starts_local", "zone", "instant"),
    [
        ("2027-03-14T02:30", "America/New_York", None),  # the clocks jump from 2:00 to 3:00
        ("2027-11-07T01:30", "America/New_York", "2027-11-07T05:30:00Z"),  # shown twice: the first of the two
        ("2027-07-01T20:00", "Europe/Lisbon", "2027-07-01T19:00:00Z"),
    ],
)
async def test_a_local_time_is_an_instant(stage: Stage, starts_local: str, zone: str, instant: str | None) -> None:
    organizer = await open_organizer(stage)

    if instant is None:
        with pytest.raises(refusals.TimeZoneUnknown):
            await organizer.online(starts_local=starts_local, time_zone=zone)
    else:
        event = await organizer.online(starts_local=starts_local, time_zone=zone)
        assert event.starts_at.ToJsonString() == instant


@pytest.mark.parametrize(
    "starts_local", ["2027-02-30T20:00", "2027-13-01T20:00", "2027-01-01T24:30", "0000-01-01T00:00"]
)
async def test_a_date_that_does_not_exist_is_refused(stage: Stage, starts_local: str) -> None:
    organizer = await open_organizer(stage)

    with pytest.raises(refusals.InvalidRequest) as refused:
        await organizer.online(starts_local=starts_local)

    assert "starts_local" in refused.value.fields


@pytest.mark.parametrize("starts_local", ["9999-12-31T23:59", "0001-01-01T00:00"])
async def test_the_first_and_last_dates_are_refused_without_an_error(stage: Stage, starts_local: str) -> None:
    organizer = await open_organizer(stage)

    with pytest.raises((refusals.InvalidRequest, refusals.EventInPast)):
        await organizer.online(starts_local=starts_local, duration=Duration(seconds=30 * 24 * HOUR_S))


async def test_the_shortest_event_lasts_a_moment(stage: Stage) -> None:
    organizer = await open_organizer(stage)

    event = await organizer.online(duration=Duration(nanos=1))

    assert event.ends_at.ToNanoseconds() > event.starts_at.ToNanoseconds()


async def test_an_event_begins_in_the_future(stage: Stage) -> None:
    organizer = await open_organizer(stage)

    with pytest.raises(refusals.EventInPast):
        await organizer.online(starts_local="2026-11-24T09:00")


async def test_a_repeat_of_a_draft_returns_it_even_after_its_start(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue = await organizer.venue()
    request = organizer.event_request(admission=nouns.ADMISSION_GENERAL, venue_id=venue.venue_id, capacity=5)
    made = (await organizer.hub.catalog.CreateEvent(request)).event
    stage.clock.advance(30 * 24 * HOUR_S)

    again = (await stage.member().catalog.CreateEvent(request)).event

    assert again == made
    request.title = "Other"
    with pytest.raises(refusals.IdInUse):
        await stage.member().catalog.CreateEvent(request)


async def test_sixteen_organizers_of_one_id_make_one_event(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    wish = {"admission": nouns.ADMISSION_ONLINE, "capacity": 5, "time_zone": ZONE, "online_url": URL}
    event_id = organizer.id("evt")
    hubs = [stage.member(f"org_{n}") for n in range(16)]

    request = organizer.event_request(event_id=event_id, **wish)
    answers = await asyncio.gather(*(hub.catalog.CreateEvent(request) for hub in hubs), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert sum(isinstance(answer, refusals.IdInUse) for answer in answers) == 15


async def test_half_price_is_half_rounded_down(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    full = await organizer.add(event, price=brl(5001))

    half = await organizer.add(
        event, kind=nouns.TICKET_KIND_HALF_PRICE, price=None, half_of_ticket_type_id=full.ticket_type_id
    )

    assert half.price == brl(2500)


async def test_invalid_ticket_types_are_refused_with_the_reason(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.seated()
    full = await organizer.add(event)
    half = {"kind": nouns.TICKET_KIND_HALF_PRICE, "price": None}
    of_full = {**half, "half_of_ticket_type_id": full.ticket_type_id}
    half_type = await organizer.add(event, **of_full)

    with pytest.raises(refusals.TicketTypeNotFound):
        await organizer.add(event, **half, half_of_ticket_type_id=organizer.id("tkt"))
    with pytest.raises(refusals.CurrencyMismatch) as refused:
        await organizer.add(event, price=Money(minor=1, currency="USD"))
    assert refused.value.facts["expected"] == "BRL"
    for wish in (
        {"price": None},
        half,
        {**of_full, "price": brl(1)},
        {**half, "half_of_ticket_type_id": half_type.ticket_type_id},
        {"half_of_ticket_type_id": full.ticket_type_id},
        {"seat_categories": ["Balcony"]},
    ):
        with pytest.raises(refusals.InvalidRequest) as odd:
            await organizer.add(event, **wish)
        assert odd.value.fields


async def test_a_type_has_no_more_tickets_than_places(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    hall, club = await organizer.seated(), await organizer.general(capacity=100)

    for event, wish, limit in (
        (club, {"capacity": 101}, 100),
        (hall, {"capacity": 7}, 6),
        (hall, {"capacity": 6, "seat_categories": ["Stalls"]}, 5),
    ):
        with pytest.raises(refusals.TicketTypeTooLarge) as refused:
            await organizer.add(event, **wish)
        assert refused.value.limit == str(limit)
    await organizer.add(club, capacity=100)
    await organizer.add(hall, capacity=5, seat_categories=["Stalls"])


async def test_an_event_has_at_most_50_ticket_types(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    for _ in range(50):
        await organizer.add(event)

    with pytest.raises(refusals.InvalidRequest):
        await organizer.add(event)


async def test_sixteen_types_at_once_are_all_kept_in_an_order(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()

    await asyncio.gather(*(organizer.add(event, name=f"type {n}") for n in range(16)))

    seen = (await organizer.hub.catalog.GetEvent(pb.GetEventRequest(event_id=event.event_id))).event
    assert len({each.ticket_type_id for each in seen.ticket_types}) == 16
    assert seen.version == 17


async def test_a_repeat_of_a_ticket_type_succeeds_even_after_publishing(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    request = organizer.type_request(event)
    await organizer.hub.catalog.AddTicketType(request)
    published = await organizer.publish(event)

    assert (await organizer.hub.catalog.AddTicketType(request)).event == published
    other = await organizer.general()
    request.event_id = other.event_id
    with pytest.raises(refusals.IdInUse):
        await organizer.hub.catalog.AddTicketType(request)
