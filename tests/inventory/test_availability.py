"""catalog asks which events are sold out."""

from typing import TYPE_CHECKING

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.kit.values import keyed_hash
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    HALF,
    STALLS,
    STANDING,
    available,
    hld,
    hold,
    open_theatre,
    places,
    program,
    seats,
)
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub


async def left(stage: Stage, *event_ids: str) -> dict[str, int]:
    mesh: InventoryMeshAsyncStub = InventoryMeshStub(stage.channel("catalog"))
    answer = await mesh.BatchGetAvailability(pb.BatchGetAvailabilityRequest(event_ids=event_ids))
    return {event.event_id: event.available for event in answer.events}


def row(letter: str, count: int) -> pb.HoldItem:
    """The first seats of a row."""
    return seats(
        *(f"{letter}-{n:02d}" for n in range(1, count + 1)), ticket_type_id=STALLS if letter == "A" else BALCONY
    )


async def test_an_event_has_the_tickets_of_the_type_that_has_most_left(stage: Stage) -> None:
    await open_theatre(stage, standing=6, half=4)
    ana = stage.buyer(ANA)
    assert await left(stage, EVENT, "evt_unknown") == {EVENT: 10}

    await hold(ana, hld(1), row("A", 7))
    await hold(stage.buyer("gst_rui"), hld(2), row("B", 7))
    assert await left(stage, EVENT) == {EVENT: max((await available(ana)).values())} == {EVENT: 6}


async def test_an_event_is_sold_out_when_no_type_has_any_left(stage: Stage) -> None:
    await open_theatre(stage, standing=1, half=1)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), places(1, HALF))
    assert await left(stage, EVENT) == {EVENT: 10}
    await hold(stage.buyer("gst_rui"), hld(2), row("A", 10))
    assert await left(stage, EVENT) == {EVENT: 10}, "the balcony is free"

    await hold(stage.buyer("gst_eva"), hld(3), row("B", 10))

    assert await left(stage, EVENT) == {EVENT: 0}
    assert max((await available(ana)).values()) == 0


async def test_types_that_buyers_do_not_see_or_whose_time_is_over_do_not_count(stage: Stage) -> None:
    await open_theatre(stage, standing=6)
    now_us = stage.clock.now_us()
    terms = {
        STALLS: pb.TypeSpec(hidden=True),
        BALCONY: pb.TypeSpec(access_code_hashes=[keyed_hash(BALCONY, "FAN")]),
        STANDING: pb.TypeSpec(sales_end_at=to_timestamp(now_us + 60 * SECOND_US)),
    }
    request = program(stage, standing=6)
    request.version = 1
    for spec in request.types:
        spec.MergeFrom(terms.get(spec.ticket_type_id, pb.TypeSpec()))
    del request.types[3]
    await InventoryMeshStub(stage.channel("catalog")).Provision(request)
    assert await left(stage, EVENT) == {EVENT: 6}

    stage.clock.advance(60)

    assert await left(stage, EVENT) == {EVENT: 0}


async def test_only_catalog_may_ask(stage: Stage) -> None:
    await open_theatre(stage)
    mesh: InventoryMeshAsyncStub = InventoryMeshStub(stage.channel("orders"))

    with pytest.raises(refusals.AccessDenied):
        await mesh.BatchGetAvailability(pb.BatchGetAvailabilityRequest(event_ids=[EVENT]))
