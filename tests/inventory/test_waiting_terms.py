"""Waiting lists of ticket types that have terms of their own: numbers, times and access codes."""

from typing import Any

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.kit.values import keyed_hash
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.inventory.lists import FEW, become, join, proven, release, sold_out, swept
from tests.inventory.test_changing import changed, provide
from tests.inventory.test_counter_holds import at_counter
from tests.inventory.world import ANA, HALF, STANDING, available, hld, hold, places
from tests.stage import Stage, outcome


async def set_terms(stage: Stage, version: int, *, person_max: int = 0, type_id: str = STANDING, **terms: Any) -> None:
    """Changes the terms of one type of the sold-out theatre, as catalog does."""
    request = changed(stage, version, standing=FEW)
    request.tickets_per_person_max = person_max
    spec = next(each for each in request.types if each.ticket_type_id == type_id)
    spec.MergeFrom(pb.TypeSpec(**terms))
    assert await provide(stage, request)


async def test_nothing_is_kept_for_more_than_one_person_may_have(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1, quantity=3)
    await set_terms(stage, 1, person_max=2)
    for n in range(FEW):
        await release(stage.buyer(ANA), n + 1)
    await swept(stage)

    assert (await available(stage.buyer("gst_zoe")))[STANDING] == FEW
    await hold(stage.buyer("gst_zoe"), hld(50), places(2))


async def test_the_counter_keeps_nothing_for_an_entry_that_is_too_large(stage: Stage) -> None:
    orders = await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1, quantity=3)
    smaller = changed(stage, 1, standing=FEW)
    smaller.tickets_per_order_max = 2
    assert await provide(stage, smaller)
    for n in range(FEW):
        await release(stage.buyer(ANA), n + 1)

    assert len((await orders.HoldAtCounter(at_counter(50, places(3)))).hold.places) == 3


async def test_an_entry_fits_the_numbers_of_its_type(stage: Stage) -> None:
    await sold_out(stage)
    await set_terms(stage, 1, per_order_min=2, per_order_max=3)
    for quantity in (1, 4):
        with pytest.raises(refusals.TypeOrderLimit):
            await join(proven(stage, "gst_leo"), 1, quantity=quantity)
    await join(proven(stage, "gst_leo"), 1, quantity=2)


async def test_an_entry_that_no_longer_fits_its_type_stops_no_one(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1, quantity=3)
    await join(proven(stage, "gst_bia"), 2, quantity=2)
    await set_terms(stage, 1, per_order_max=2)
    for n in range(FEW):
        await release(stage.buyer(ANA), n + 1)

    await become(stage, "WAITING", "OFFERED")
    assert (await available(stage.buyer("gst_zoe")))[STANDING] == 2
    await hold(stage.buyer("gst_zoe"), hld(50), places(2))


async def test_a_type_whose_time_is_over_keeps_no_places(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALF)
    await join(proven(stage, "gst_bia"), 2)
    end = to_timestamp(stage.clock.now_us() + 5 * SECOND_US)
    await set_terms(stage, 1, type_id=HALF, sales_end_at=end)
    stage.clock.advance(5)
    for n in range(FEW):
        await release(stage.buyer(ANA), n + 1)

    await become(stage, "EXPIRED", "OFFERED")
    assert (await available(stage.buyer("gst_zoe")))[STANDING] == FEW - 1
    await hold(stage.buyer("gst_zoe"), hld(50), places(2))


async def test_a_type_that_needs_a_code_has_no_list(stage: Stage) -> None:
    await sold_out(stage)
    await set_terms(stage, 1, access_code_hashes=[keyed_hash(STANDING, "FAN")])
    assert await outcome(join(proven(stage, "gst_leo"), 1)) == "NO_WAITING_LIST"
