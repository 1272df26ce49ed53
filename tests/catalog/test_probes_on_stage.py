"""The largest requests and responses, and changes during interruptions."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from services.kit.values import failpoints
from tests.catalog.organizer import open_organizer
from tests.catalog.requests import file_of, hall
from tests.stage import Stage

REQUEST_BYTES_MAX = 64 * 1024


async def test_long_names_of_seats_still_fit_into_a_request(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    plan = hall(400)
    plan["categories"] = [{"name": "𝄞" * 100, "color": "#000000"}]
    plan["zones"][0]["name"] = "𝄞" * 80
    for n, seat in enumerate(plan["zones"][0]["rows"][0]["seats"]):
        seat.update(seat_guid="𝄞" * 70 + str(n), category="𝄞" * 100)
    event = await organizer.seated(file_of(plan))
    await organizer.add(event)

    await organizer.publish(event)

    sizes = [call.ByteSize() for call in organizer.inventory.of(inventory.ProvisionSeatsRequest)]
    assert max(sizes) <= REQUEST_BYTES_MAX, sizes


async def test_a_page_of_the_longest_events_fits_into_a_response(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue = await organizer.venue(name="𝄞" * 120, address="𝄞" * 200, city="𝄞" * 80)
    wish = {"admission": nouns.ADMISSION_GENERAL, "venue_id": venue.venue_id, "capacity": 5}
    for _ in range(200):
        await organizer.draft(title="𝄞" * 200, description="𝄞" * 5000, **wish)

    answer = await organizer.hub.catalog.ListEvents(pb.ListEventsRequest(page=PageRequest(size=200)))

    assert answer.events


async def test_an_event_moved_between_opening_and_publishing_keeps_inventory_in_step(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.seated()
    await organizer.add(event)
    failpoints.arm("catalog>inventory.OpenSales.after=raise")
    try:
        with pytest.raises(refusals.Internal):
            await organizer.publish(event)
    finally:
        failpoints.arm("")

    await organizer.move(event, "2026-12-08T21:00")
    published = await organizer.publish(event)

    assert published.state == nouns.EVENT_STATE_PUBLISHED
    assert organizer.inventory.sales_ends()[-1] == published.starts_at


async def test_an_event_moved_while_it_is_published_keeps_inventory_in_step(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    await organizer.add(event)
    arrived, goes_on = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        arrived.set()
        await goes_on.wait()

    organizer.inventory.before["OpenSales"] = pause
    publishing = asyncio.create_task(organizer.publish(event))
    await arrived.wait()
    moving = asyncio.create_task(organizer.move(event, "2026-12-08T21:00"))
    await asyncio.wait([moving], timeout=0.2)
    goes_on.set()
    await asyncio.gather(publishing, moving, return_exceptions=True)

    now = (await organizer.hub.catalog.GetEvent(pb.GetEventRequest(event_id=event.event_id))).event
    assert organizer.inventory.sales_ends()[-1] == now.starts_at


async def test_control_characters_in_a_description_are_refused(stage: Stage) -> None:
    organizer = await open_organizer(stage)

    assert (await organizer.online(description="two\nlines")).description == "two\nlines"
    with pytest.raises(refusals.InvalidRequest):
        await organizer.online(description="nul \x00")


async def test_an_import_cut_off_between_its_writes_is_no_plan_and_can_be_repeated(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    venue, plan_id = await organizer.venue(), organizer.id("pln")
    failpoints.arm("catalog.add_seats.after=raise")
    try:
        with pytest.raises(refusals.Internal):
            await organizer.plan(venue.venue_id, plan_id=plan_id)
    finally:
        failpoints.arm("")
    with pytest.raises(refusals.PlanNotFound):
        await organizer.export(plan_id)

    other = file_of(hall(4))

    assert (await organizer.plan(venue.venue_id, other, plan_id=plan_id)).seat_count == 4
    assert await organizer.export(plan_id) == other
