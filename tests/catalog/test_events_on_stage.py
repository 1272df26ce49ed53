"""Drafts and ticket types."""

import asyncio
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.money_pb2 import Money
from tests.catalog.playbill import HOUR_S, ZONE, brl, open_playbill
from tests.stage import Stage

URL = "https://meet.example/secret"


async def test_a_seated_draft_has_as_many_places_as_its_plan_has_seats(stage: Stage) -> None:
    bill = await open_playbill(stage)

    event = await bill.seated()

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
async def test_a_draft_has_what_its_admission_needs_and_nothing_else(
    stage: Stage, name: str, wish: dict[str, Any]
) -> None:
    bill = await open_playbill(stage)
    venue = await bill.venue()
    plan = await bill.plan(venue.venue_id)
    if wish.get("capacity") == 7:
        wish = {**wish, "plan_id": plan.plan_id}

    with pytest.raises(refusals.InvalidRequest) as refused:
        await bill.draft(**{"venue_id": venue.venue_id, **wish})

    assert name in refused.value.fields


async def test_a_draft_is_in_a_hall_of_its_own_organizer(stage: Stage) -> None:
    bill = await open_playbill(stage)
    mine, theirs = await bill.venue(), await bill.venue(bill.rival)

    with pytest.raises(refusals.VenueNotFound):
        await bill.draft(admission=nouns.ADMISSION_GENERAL, capacity=9, venue_id=theirs.venue_id)
    with pytest.raises(refusals.PlanNotFound):
        await bill.draft(admission=nouns.ADMISSION_SEATED, venue_id=mine.venue_id, plan_id=bill.id("pln"))


@pytest.mark.parametrize(
    ("starts_local", "zone", "instant"),
    [
        ("2027-03-14T02:30", "America/New_York", None),  # the clocks jump from 2:00 to 3:00
        ("2027-11-07T01:30", "America/New_York", "2027-11-07T05:30:00Z"),  # twice; the first
        ("2027-07-01T20:00", "Europe/Lisbon", "2027-07-01T19:00:00Z"),
    ],
)
async def test_a_local_time_is_an_instant(stage: Stage, starts_local: str, zone: str, instant: str | None) -> None:
    bill = await open_playbill(stage)

    if instant is None:
        with pytest.raises(refusals.TimeZoneUnknown):
            await bill.online(starts_local=starts_local, time_zone=zone)
    else:
        event = await bill.online(starts_local=starts_local, time_zone=zone)
        assert event.starts_at.ToJsonString() == instant


@pytest.mark.parametrize(
    "starts_local", ["2027-02-30T20:00", "2027-13-01T20:00", "2027-01-01T24:30", "0000-01-01T00:00"]
)
async def test_a_date_that_is_none_is_no_mistake_of_ours(stage: Stage, starts_local: str) -> None:
    bill = await open_playbill(stage)

    with pytest.raises(refusals.InvalidRequest) as refused:
        await bill.online(starts_local=starts_local)

    assert "starts_local" in refused.value.fields


@pytest.mark.parametrize("starts_local", ["9999-12-31T23:59", "0001-01-01T00:00"])
async def test_the_ends_of_time_are_refused_not_stumbled_over(stage: Stage, starts_local: str) -> None:
    bill = await open_playbill(stage)

    with pytest.raises((refusals.InvalidRequest, refusals.EventInPast)):
        await bill.online(starts_local=starts_local, duration=Duration(seconds=30 * 24 * HOUR_S))


async def test_the_shortest_event_lasts_a_moment(stage: Stage) -> None:
    bill = await open_playbill(stage)

    event = await bill.online(duration=Duration(nanos=1))

    assert event.ends_at.ToNanoseconds() > event.starts_at.ToNanoseconds()


async def test_an_event_begins_in_the_future(stage: Stage) -> None:
    bill = await open_playbill(stage)

    with pytest.raises(refusals.EventInPast):
        await bill.online(starts_local="2026-11-24T09:00")


async def test_a_repeat_of_a_draft_answers_it_even_when_it_has_begun(stage: Stage) -> None:
    bill = await open_playbill(stage)
    venue = await bill.venue()
    request = bill.event_request(admission=nouns.ADMISSION_GENERAL, venue_id=venue.venue_id, capacity=5)
    made = (await bill.bia.catalog.CreateEvent(request)).event
    stage.clock.advance(30 * 24 * HOUR_S)

    again = (await stage.member().catalog.CreateEvent(request)).event

    assert again == made
    request.title = "Other"
    with pytest.raises(refusals.IdInUse):
        await stage.member().catalog.CreateEvent(request)


async def test_sixteen_organizers_of_one_id_make_one_event(stage: Stage) -> None:
    bill = await open_playbill(stage)
    wish = {"admission": nouns.ADMISSION_ONLINE, "capacity": 5, "time_zone": ZONE, "online_url": URL}
    event_id = bill.id("evt")
    hubs = [stage.member(f"org_{n}") for n in range(16)]

    request = bill.event_request(event_id=event_id, **wish)
    answers = await asyncio.gather(*(hub.catalog.CreateEvent(request) for hub in hubs), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert sum(isinstance(answer, refusals.IdInUse) for answer in answers) == 15


async def test_half_price_is_half_rounded_down(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.general()
    full = await bill.add(event, price=brl(5001))

    half = await bill.add(
        event, kind=nouns.TICKET_KIND_HALF_PRICE, price=None, half_of_ticket_type_id=full.ticket_type_id
    )

    assert half.price == brl(2500)


async def test_ticket_types_are_refused_by_what_is_wrong_with_them(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.seated()
    full = await bill.add(event)
    half = {"kind": nouns.TICKET_KIND_HALF_PRICE, "price": None}
    of_full = {**half, "half_of_ticket_type_id": full.ticket_type_id}
    half_type = await bill.add(event, **of_full)

    with pytest.raises(refusals.TicketTypeNotFound):
        await bill.add(event, **half, half_of_ticket_type_id=bill.id("tkt"))
    with pytest.raises(refusals.CurrencyMismatch) as refused:
        await bill.add(event, price=Money(minor=1, currency="USD"))
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
            await bill.add(event, **wish)
        assert odd.value.fields


async def test_a_type_is_no_larger_than_what_it_is_sold_from(stage: Stage) -> None:
    bill = await open_playbill(stage)
    hall, club = await bill.seated(), await bill.general(capacity=100)

    for event, wish, limit in (
        (club, {"capacity": 101}, 100),
        (hall, {"capacity": 7}, 6),
        (hall, {"capacity": 6, "seat_categories": ["Stalls"]}, 5),
    ):
        with pytest.raises(refusals.TicketTypeTooLarge) as refused:
            await bill.add(event, **wish)
        assert refused.value.limit == str(limit)
    await bill.add(club, capacity=100)
    await bill.add(hall, capacity=5, seat_categories=["Stalls"])


async def test_an_event_has_at_most_50_ticket_types(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.general()
    for _ in range(50):
        await bill.add(event)

    with pytest.raises(refusals.InvalidRequest):
        await bill.add(event)


async def test_sixteen_types_at_once_are_all_kept_in_an_order(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.general()

    await asyncio.gather(*(bill.add(event, name=f"type {n}") for n in range(16)))

    seen = (await bill.bia.catalog.GetEvent(pb.GetEventRequest(event_id=event.event_id))).event
    assert len({kind.ticket_type_id for kind in seen.ticket_types}) == 16
    assert seen.version == 17


async def test_a_repeat_of_a_ticket_type_answers_even_once_published(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.general()
    request = bill.type_request(event)
    await bill.bia.catalog.AddTicketType(request)
    published = await bill.publish(event)

    assert (await bill.bia.catalog.AddTicketType(request)).event == published
    with pytest.raises(refusals.EventState) as refused:
        await bill.add(event)
    assert refused.value.facts["state"] == "PUBLISHED"
    other = await bill.general()
    request.event_id = other.event_id
    with pytest.raises(refusals.IdInUse):
        await bill.bia.catalog.AddTicketType(request)
