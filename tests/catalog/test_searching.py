"""Searches: words anywhere in an event, filters, and their order."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.refusals import InvalidRequest, PageTokenInvalid
from tests.catalog.organizer import EVENING, Organizer, open_organizer
from tests.catalog.requests import HOUR_S, STARTS_S, brl
from tests.stage import Stage

DAY_S = 24 * HOUR_S
# 2026-12-01T20:00 in São Paulo.
EVENING_S = STARTS_S - 23 * DAY_S


async def put_on(organizer: Organizer, title: str, *prices: int, **wish: Any) -> nouns.Event:
    """Publishes an event with a ticket type at each price; at 50.01 without prices."""
    online = wish.get("admission") == nouns.ADMISSION_ONLINE
    draft = await (organizer.online if online else organizer.general)(title=title, **wish)
    for price in prices or (5001,):
        await organizer.add(draft, price=Money(minor=price, currency=draft.currency))
    return await organizer.publish(draft)


async def titles(stage: Stage, text: str = "", **terms: Any) -> list[str]:
    answer = await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest(text=text, **terms))
    return [event.title for event in answer.events]


async def test_words_stand_anywhere_in_an_event(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue = await organizer.venue(name="Circo Voador", city="Rio de Janeiro")
    await put_on(organizer, "AC/DC", description="Rock'n'roll: ao VIVO,\ncom a Œuvre", venue_id=venue.venue_id)
    await put_on(organizer, "Outro")

    for text in ("ac dc", "roll VIVO", "oeuv", "CIRCO voa", "janeiro ac", "vivo ac circo rio"):
        assert await titles(stage, text) == ["AC/DC"], text
    for text in ("acdc", "ivo", "vivo outro", "ac/dc paulo", "𝄞"):
        assert await titles(stage, text) == [], text
    assert await titles(stage, "  ") == ["AC/DC", "Outro"]


async def test_a_title_that_fits_better_comes_first(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await put_on(organizer, "Choro", description="com samba", starts_local="2026-12-01T20:00")
    await put_on(organizer, "Sambalanço", starts_local="2026-12-02T20:00")
    await put_on(organizer, "Roda de samba", starts_local="2026-12-04T20:00")
    await put_on(organizer, "Samba", starts_local="2026-12-03T20:00")
    by_fit = ["Samba", "Roda de samba", "Sambalanço", "Choro"]

    assert await titles(stage, "samba") == by_fit
    by_date = await titles(stage, "samba", order=nouns.SEARCH_ORDER_DATE)
    assert by_date == ["Choro", "Sambalanço", "Samba", "Roda de samba"]
    request, paged = pb.SearchEventsRequest(text="samba", page=PageRequest(size=1)), []
    while True:
        answer = await stage.anyone().catalog.SearchEvents(request)
        paged += [event.title for event in answer.events]
        if not (token := answer.next_page_token):
            break
        request.page.token = token
    assert paged == by_fit
    with pytest.raises(PageTokenInvalid):
        await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest(text="roda", page=request.page))


async def test_events_of_a_period(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await put_on(organizer, "first", starts_local=EVENING)  # two hours long
    await put_on(organizer, "second", starts_local="2026-12-02T20:00")
    second = EVENING_S + DAY_S

    assert await titles(stage, from_at=Timestamp(seconds=EVENING_S + 7199)) == ["first", "second"]
    assert await titles(stage, from_at=Timestamp(seconds=EVENING_S + 7200)) == ["second"]
    assert await titles(stage, until_at=Timestamp(seconds=second)) == ["first"]
    assert await titles(stage, until_at=Timestamp(seconds=second + 1)) == ["first", "second"]
    assert await titles(stage, from_at=Timestamp(seconds=EVENING_S + 1), until_at=Timestamp(seconds=second)) == [
        "first"
    ]
    with pytest.raises(InvalidRequest) as refused:
        await titles(stage, from_at=Timestamp(seconds=second), until_at=Timestamp(seconds=second))
    assert list(refused.value.fields) == ["until_at"]


async def test_prices(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await put_on(organizer, "dear and cheap", 1000, 9000)
    await put_on(organizer, "middling", 5000)
    await put_on(organizer, "free", 0)
    await put_on(organizer, "free for some", 0, 5000)
    await put_on(organizer, "in euros", 5000, currency="EUR")

    assert await titles(stage, free_only=True) == ["free"]
    assert await titles(stage, price_min=brl(9000)) == ["dear and cheap"]
    assert await titles(stage, price_max=brl(1000)) == ["dear and cheap", "free", "free for some"]
    assert await titles(stage, price_min=brl(4000), price_max=brl(6000)) == ["middling", "free for some"]
    for wrong in (brl(3999), Money(minor=6000, currency="EUR")):
        with pytest.raises(InvalidRequest) as refused:
            await titles(stage, price_min=brl(4000), price_max=wrong)
        assert list(refused.value.fields) == ["price_max"]


async def test_kind_and_admission(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await put_on(organizer, "talk", kind=nouns.EVENT_KIND_TALK)
    await put_on(organizer, "webinar", kind=nouns.EVENT_KIND_TALK, admission=nouns.ADMISSION_ONLINE)
    await put_on(organizer, "show")

    assert await titles(stage, kind=nouns.EVENT_KIND_TALK) == ["talk", "webinar"]
    assert await titles(stage, online_only=True) == ["webinar"]
    assert await titles(stage, "show", kind=nouns.EVENT_KIND_TALK) == []


async def test_a_moved_event_is_found_at_its_new_time(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await put_on(organizer, "first")
    await put_on(organizer, "second", starts_local="2026-12-02T20:00")

    await organizer.move(event, "2026-12-03T20:00")

    assert await titles(stage) == ["second", "first"]
    assert await titles(stage, until_at=Timestamp(seconds=EVENING_S + DAY_S)) == []
