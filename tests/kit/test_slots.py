"""Slots are given in order, and no task waits for ever."""

import asyncio

import pytest

from eventhub.refusals import Overloaded
from services.kit.db import slots
from services.kit.db.slots import Slots, Stuck
from tests.stage import until

LOOK_S = 0.01


async def test_the_first_to_wait_is_served_first() -> None:
    counter, served = Slots(1, lambda: True), list[int]()

    async def come(n: int) -> None:
        await counter.take(LOOK_S)
        served.append(n)
        await asyncio.sleep(0)
        counter.give_back()

    await asyncio.gather(*(come(n) for n in range(16)))

    assert served == list(range(16))


async def test_a_task_that_leaves_costs_no_slot() -> None:
    counter = Slots(1, lambda: True)
    await counter.take(LOOK_S)
    waiting = [asyncio.create_task(counter.take(LOOK_S)) for _ in range(3)]
    await asyncio.sleep(0)

    waiting[0].cancel()
    counter.give_back()
    waiting[1].cancel()
    await asyncio.gather(*waiting[:2], return_exceptions=True)

    await waiting[2]
    counter.give_back()
    await counter.take(LOOK_S)


async def test_no_task_waits_if_the_holders_make_no_progress() -> None:
    moving = [True]
    counter = Slots(1, lambda: moving[0])
    await counter.take(LOOK_S)
    waiting = [asyncio.create_task(counter.take(LOOK_S)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)

    moving[0] = False
    await until(lambda: all(task.done() for task in waiting))

    assert [type(task.exception()) for task in waiting] == [Stuck] * 3
    counter.give_back()
    await counter.take(LOOK_S)


async def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "PATIENCE_S", LOOK_S)
    counter = Slots(1, lambda: True)
    await counter.take(LOOK_S)

    with pytest.raises(Overloaded):
        await counter.take(LOOK_S)
