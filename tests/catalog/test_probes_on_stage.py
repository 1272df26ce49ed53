"""Edges where sizes meet limits and interruptions meet changes."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from services.kit.values import failpoints
from tests.catalog.playbill import file_of, hall, open_playbill
from tests.stage import Stage

REQUEST_BYTES_MAX = 64 * 1024


async def test_long_names_of_seats_still_fit_into_a_request(stage: Stage) -> None:
    bill = await open_playbill(stage)
    plan = hall(400)
    plan["categories"] = [{"name": "𝄞" * 100, "color": "#000000"}]
    plan["zones"][0]["name"] = "𝄞" * 80
    for n, seat in enumerate(plan["zones"][0]["rows"][0]["seats"]):
        seat.update(seat_guid="𝄞" * 70 + str(n), category="𝄞" * 100)
    event = await bill.seated(file_of(plan))
    await bill.add(event)

    await bill.publish(event)

    sizes = [call.ByteSize() for call in bill.inventory.of(inventory.ProvisionSeatsRequest)]
    assert max(sizes) <= REQUEST_BYTES_MAX, sizes


async def test_a_page_of_the_longest_events_fits_into_a_response(stage: Stage) -> None:
    bill = await open_playbill(stage)
    venue = await bill.venue(name="𝄞" * 120, address="𝄞" * 200, city="𝄞" * 80)
    wish = {"admission": nouns.ADMISSION_GENERAL, "venue_id": venue.venue_id, "capacity": 5}
    for _ in range(200):
        await bill.draft(title="𝄞" * 200, description="𝄞" * 5000, **wish)

    answer = await bill.bia.catalog.ListEvents(pb.ListEventsRequest(page=PageRequest(size=200)))

    assert answer.events


async def test_an_event_moved_between_opening_and_publishing_keeps_inventory_in_step(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.seated()
    await bill.add(event)
    failpoints.arm("catalog>inventory.OpenSales.after=raise")
    try:
        with pytest.raises(refusals.Internal):
            await bill.publish(event)
    finally:
        failpoints.arm("")

    await bill.move(event, "2026-12-08T21:00")
    published = await bill.publish(event)

    told = [call for call in bill.inventory.calls if hasattr(call, "sales_end_at")]
    assert published.state == nouns.EVENT_STATE_PUBLISHED
    assert told[-1].sales_end_at == published.starts_at


async def test_an_event_moved_while_it_is_published_keeps_inventory_in_step(stage: Stage) -> None:
    bill = await open_playbill(stage)
    event = await bill.general()
    await bill.add(event)
    arrived, goes_on = asyncio.Event(), asyncio.Event()
    opens = bill.inventory.OpenSales

    async def slow(request: inventory.OpenSalesRequest, call: object) -> inventory.OpenSalesResponse:
        arrived.set()
        await goes_on.wait()
        return await opens(request, call)  # type: ignore[arg-type]  # handed on as it came

    stage.script("inventory", InventoryMesh=type("Slow", (), {"OpenSales": staticmethod(slow)}))
    publishing = asyncio.create_task(bill.publish(event))
    await arrived.wait()
    moving = asyncio.create_task(bill.move(event, "2026-12-08T21:00"))
    await asyncio.wait([moving], timeout=0.2)
    goes_on.set()
    await asyncio.gather(publishing, moving, return_exceptions=True)

    now = (await bill.bia.catalog.GetEvent(pb.GetEventRequest(event_id=event.event_id))).event
    told = [call for call in bill.inventory.calls if hasattr(call, "sales_end_at")]
    assert told[-1].sales_end_at == now.starts_at


async def test_control_characters_in_a_description_are_refused(stage: Stage) -> None:
    bill = await open_playbill(stage)

    assert (await bill.online(description="two\nlines")).description == "two\nlines"
    with pytest.raises(refusals.InvalidRequest):
        await bill.online(description="nul \x00")


async def test_an_import_cut_off_between_its_writes_is_no_plan_and_can_be_repeated(stage: Stage) -> None:
    bill = await open_playbill(stage)
    venue, plan_id = await bill.venue(), bill.id("pln")
    failpoints.arm("catalog.add_seats.after=raise")
    try:
        with pytest.raises(refusals.Internal):
            await bill.plan(venue.venue_id, plan_id=plan_id)
    finally:
        failpoints.arm("")
    with pytest.raises(refusals.PlanNotFound):
        await bill.export(plan_id)

    other = file_of(hall(4))

    assert (await bill.plan(venue.venue_id, other, plan_id=plan_id)).seat_count == 4
    assert await bill.export(plan_id) == other
