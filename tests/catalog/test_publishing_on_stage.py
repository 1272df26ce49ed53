"""Publishing and rescheduling: inventory learns of each change first, also after interruptions."""

import asyncio
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from scripts.make_hall import THEATRE
from services.kit.values import failpoints
from tests.catalog.organizer import Organizer, open_organizer
from tests.catalog.requests import HOUR_S, brl
from tests.stage import Stage

REQUEST_BYTES_MAX = 64 * 1024


def pools(request: inventory.ProvisionRequest) -> dict[str, tuple[str, int]]:
    return {pool.pool_id: (pool.name, pool.capacity) for pool in request.pools}


async def half_of(organizer: Organizer, event: nouns.Event, full: nouns.TicketType, **more: Any) -> nouns.TicketType:
    wish = {"kind": nouns.TICKET_KIND_HALF_PRICE, "price": None, "half_of_ticket_type_id": full.ticket_type_id}
    return await organizer.add(event, **wish, **more)


async def test_inventory_gets_the_pools_of_a_general_event_from_small_to_large(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general(capacity=101)
    full = await organizer.add(event, name="Early", capacity=30)
    half = await half_of(organizer, event, full)

    published = await organizer.publish(event)

    told = organizer.inventory.of(inventory.ProvisionRequest)[0]
    e, lot = event.event_id, f"{full.ticket_type_id}.lot"
    assert pools(told) == {
        lot: (full.ticket_type_id, 30),
        f"{e}.half": ("half", 101),
        f"{e}.public": ("public", 60),
        f"{e}.places": ("places", 101),
    }
    draws = {each.ticket_type_id: list(each.pool_ids) for each in told.types}
    assert draws[full.ticket_type_id] == [lot, f"{e}.public", f"{e}.places"]
    assert draws[half.ticket_type_id] == [f"{e}.half", f"{e}.places"]
    assert not any(each.seated for each in told.types)
    assert (told.sales_end_at, told.tickets_per_order_max) == (published.starts_at, 10)
    assert organizer.inventory.of(inventory.OpenSalesRequest)[0].seat_count == 0


async def test_inventory_gets_the_seats_of_a_seated_event_and_no_pool_of_places(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.seated()
    stalls = await organizer.add(event, seat_categories=["Stalls"])

    await organizer.publish(event)

    told = organizer.inventory.of(inventory.ProvisionRequest)[0]
    assert not told.pools
    assert [(one.ticket_type_id, one.seated, list(one.seat_categories)) for one in told.types] == [
        (stalls.ticket_type_id, True, ["Stalls"])
    ]
    seats = organizer.inventory.seats()
    assert [(seat.seat_id, seat.row_index, seat.seat_index) for seat in seats] == [
        ("A-1", 0, 0),
        ("A-2", 0, 1),
        ("A-3", 0, 2),
        ("A-4", 0, 4),
        ("A-5", 0, 5),
        ("A-6", 0, 6),
    ]
    assert (seats[0].zone, seats[0].row, seats[0].number, seats[0].category) == ("Floor", "A", "1", "VIP")
    assert seats[0].distance == 57  # 40 left of the middle, 40 from the stage
    assert organizer.inventory.of(inventory.OpenSalesRequest)[0].seat_count == 6


async def test_the_theatre_arrives_whole_in_calls_that_any_server_takes(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.seated(THEATRE.read_bytes())
    await organizer.add(event)

    await organizer.publish(event)

    calls = organizer.inventory.of(inventory.ProvisionSeatsRequest)
    assert all(len(call.seats) <= 400 and call.ByteSize() <= REQUEST_BYTES_MAX for call in calls)
    assert len({seat.seat_id for seat in organizer.inventory.seats()}) == 1180


async def test_online_sales_end_with_the_event(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.online()
    await organizer.add(event)

    published = await organizer.publish(event)

    assert organizer.inventory.of(inventory.ProvisionRequest)[0].sales_end_at == published.ends_at


async def test_an_event_without_ticket_types_is_incomplete(stage: Stage) -> None:
    organizer = await open_organizer(stage)

    with pytest.raises(refusals.EventIncomplete) as refused:
        await organizer.publish(await organizer.general())

    assert refused.value.facts["missing"] == "ticket_types"


async def test_an_event_that_has_begun_is_not_published(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    await organizer.add(event)
    stage.clock.advance(8 * 24 * HOUR_S)

    with pytest.raises(refusals.EventInPast):
        await stage.member().catalog.PublishEvent(pb.PublishEventRequest(event_id=event.event_id))

    assert not organizer.inventory.requests


async def test_another_organizers_event_is_not_found(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()

    for ask in (
        organizer.rival.catalog.PublishEvent(pb.PublishEventRequest(event_id=event.event_id)),
        organizer.rival.catalog.RescheduleEvent(
            pb.RescheduleEventRequest(event_id=event.event_id, starts_local="2026-12-05T20:00")
        ),
        organizer.rival.catalog.AddTicketType(organizer.type_request(event)),
    ):
        with pytest.raises(refusals.EventNotFound):
            await ask


async def test_publishing_is_announced_once(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.seated()
    await organizer.add(event)

    answers = await asyncio.gather(*(organizer.publish(event) for _ in range(16)))

    assert {answer.state for answer in answers} == {nouns.EVENT_STATE_PUBLISHED}
    assert await organizer.facts() == [EventPublished(event=answers[0])]


@pytest.mark.parametrize("call", ["Provision", "ProvisionSeats", "OpenSales"])
async def test_a_repeat_sends_again_the_places_that_inventory_refused(stage: Stage, call: str) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.seated()
    await organizer.add(event)
    organizer.inventory.refuses[call] = refusals.Unavailable(retry_after_s=1.0)
    with pytest.raises(refusals.Unavailable):
        await organizer.publish(event)
    assert not await organizer.facts()

    organizer.inventory.refuses.clear()

    assert (await organizer.publish(event)).state == nouns.EVENT_STATE_PUBLISHED
    assert {seat.seat_id for seat in organizer.inventory.seats()} == {f"A-{n}" for n in range(1, 7)}


async def test_an_event_whose_sales_are_open_already_is_published_by_a_repeat(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.seated()
    await organizer.add(event)
    failpoints.arm("catalog>inventory.OpenSales.after=raise")
    try:
        with pytest.raises(refusals.Internal):
            await organizer.publish(event)
    finally:
        failpoints.arm("")

    assert (await organizer.publish(event)).state == nouns.EVENT_STATE_PUBLISHED


async def test_inventory_sells_every_type_that_the_event_has(stage: Stage) -> None:
    """A ticket type added during publishing is either refused or on sale."""
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
    late = await asyncio.gather(organizer.add(event, name="Late"), return_exceptions=True)
    goes_on.set()

    published = await publishing

    told = organizer.inventory.of(inventory.ProvisionRequest)[-1]
    assert [each.ticket_type_id for each in told.types] == [each.ticket_type_id for each in published.ticket_types]
    assert isinstance(late[0], refusals.EventState) or len(published.ticket_types) == 2


async def test_a_published_event_moves_and_its_holders_are_told(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    await organizer.add(event, price=brl(1))
    published = await organizer.publish(event)

    moved = await organizer.move(event, "2026-12-08T21:00")

    assert moved.starts_at.ToJsonString() == "2026-12-09T00:00:00Z"
    assert moved.ends_at.seconds - moved.starts_at.seconds == 2 * HOUR_S
    assert moved.version == published.version + 1
    assert organizer.inventory.sales_ends()[-1] == moved.starts_at
    (told,) = (await organizer.facts())[1:]
    assert isinstance(told, EventChanged)
    assert told.event == moved
    assert [change.field for change in told.changes] == ["starts_local", "starts_at", "ends_at"]
    assert await organizer.move(event, "2026-12-08T21:00") == moved
    assert len(await organizer.facts()) == 2


async def test_the_move_of_a_draft_is_not_announced(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()

    moved = await organizer.move(event, "2026-12-08T21:00", duration=Duration(seconds=HOUR_S))

    assert moved.ends_at.seconds - moved.starts_at.seconds == HOUR_S
    assert not await organizer.facts()
    assert not organizer.inventory.requests


async def test_after_sixteen_moves_at_once_inventory_has_the_same_time(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()
    await organizer.add(event)
    published = await organizer.publish(event)

    answers = await asyncio.gather(*(organizer.move(event, f"2026-12-10T{n:02d}:00") for n in range(8, 24)))

    now = (await stage.anyone().catalog.GetEvent(pb.GetEventRequest(event_id=event.event_id))).event
    assert [answer.starts_local for answer in answers] == [f"2026-12-10T{n:02d}:00" for n in range(8, 24)]
    assert now.version == published.version + 16
    assert organizer.inventory.sales_ends()[-1] == now.starts_at


async def test_an_event_moves_into_the_future_and_only_until_it_is_over(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    event = await organizer.general()

    with pytest.raises(refusals.EventInPast):
        await organizer.move(event, "2026-11-01T20:00")
    await organizer.add(event)
    await organizer.publish(event)
    stage.clock.advance(8 * 24 * HOUR_S)
    organizer.hub = stage.member()
    with pytest.raises(refusals.EventState):
        await organizer.move(event, "2027-01-01T20:00")
