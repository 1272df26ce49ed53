"""pricing asks catalog once for an event, however many buyers want its prices."""

import asyncio

import pytest

from eventhub.refusals import DeadlinePassed
from services.pricing.neighbours import Events
from tests.pricing.world import EVENT, ORGANIZER, open_world, quoted, wish
from tests.stage import Stage

BUYERS = 200


async def test_two_hundred_questions_at_once_are_one_call(stage: Stage) -> None:
    world = await open_world(stage)
    events = Events(stage.channel("pricing"), stage.clock)

    found = await asyncio.gather(*(events.get(EVENT) for _ in range(BUYERS)))

    assert [event.organizer_id for event in found] == [ORGANIZER] * BUYERS
    assert world.catalog.calls == ["BatchGetEvents"]


async def test_a_buyer_whose_deadline_passes_takes_the_answer_from_no_other(stage: Stage) -> None:
    world = await open_world(stage)
    gate = asyncio.Event()
    world.catalog.before["BatchGetEvents"] = gate.wait
    ana, rui = stage.buyer("gst_ana"), stage.buyer("gst_rui")
    with pytest.raises(DeadlinePassed):
        await ana.pricing.Quote(wish(stalls=1), timeout=0.2)
    patient = asyncio.create_task(quoted(rui, wish(stalls=1)))

    gate.set()

    assert (await patient).total.minor > 0
    assert world.catalog.calls == ["BatchGetEvents"]
