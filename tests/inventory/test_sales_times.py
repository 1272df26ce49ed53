"""Holds before the sales of an event begin and after they end, also if they would end before they begin."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.inventory.test_changing import changed, provide
from tests.inventory.world import ANA, ORGANIZER, counts, hld, hold, open_theatre, places
from tests.stage import Stage


async def set_times(stage: Stage, version: int, **after_s: int) -> None:
    """Sets times of sale. after_s: seconds from now, by field."""
    request, now_us = changed(stage, version), stage.clock.now_us()
    for field, seconds in after_s.items():
        time = to_timestamp(now_us + seconds * SECOND_US)
        assert time is not None
        getattr(request, field).CopyFrom(time)
    assert await provide(stage, request)


@pytest.mark.timeout(30)
async def test_an_event_that_ends_before_its_sales_begin_never_sells(stage: Stage) -> None:
    await open_theatre(stage)
    before = await counts(stage)
    await set_times(stage, 1, sales_start_at=90, sales_end_at=60, counter_sales_end_at=60)

    for client in (stage.buyer(ANA), stage.member(ORGANIZER, ROLE_BOX_OFFICE)):
        with pytest.raises(refusals.EventNotOnSale) as refused:
            await hold(client, hld(1), places(1))
        assert "starts_at" not in refused.value.facts
    assert await counts(stage) == before
