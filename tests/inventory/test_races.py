"""Sixteen calls at once: one of them changes the state."""

import asyncio

import pytest

from tests.inventory.world import (
    ANA,
    HELD,
    TTL_S,
    confirm,
    counts,
    give_back,
    held,
    hld,
    hold,
    lock,
    places,
    rows,
    seats,
    state,
    unlock,
)
from tests.stage import Stage, outcome


async def test_of_sixteen_orders_one_locks(stage: Stage) -> None:
    orders = await held(stage)

    answers = await asyncio.gather(*(outcome(orders.LockHold(lock(f"ord_{n}"))) for n in range(16)))

    assert sorted(answers) == ["HOLD_IN_USE"] * 15 + ["done"]
    winner = answers.index("done")
    assert await rows(stage, "SELECT order_id FROM hold") == [(f"ord_{winner}",)]


async def test_sixteen_confirms_sell_once(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())

    answers = await asyncio.gather(*(outcome(orders.ConfirmHold(confirm())) for _ in range(16)))

    assert set(answers) == {"done"}
    assert await counts(stage) == {"places": (100, 0, 3), "half": (4, 0, 1), "seats": (20, 0, 1)}


async def test_sixteen_returns_give_back_once(stage: Stage) -> None:
    orders = await held(stage)
    await hold(stage.buyer(ANA), hld(2), places(3))
    for n in (1, 2):
        await orders.LockHold(lock(n=n))
        await orders.ConfirmHold(confirm(n=n))

    await asyncio.gather(*(orders.ReturnSold(give_back()) for _ in range(16)))

    assert await counts(stage) == {"places": (100, 3, 3), "half": (4, 1, 0), "seats": (20, 1, 0)}


@pytest.mark.parametrize("first", range(2))
async def test_locking_and_giving_up_at_once_leaves_the_hold_to_its_owner(stage: Stage, first: int) -> None:
    orders = await held(stage)

    await asyncio.gather(
        *(outcome(orders.LockHold(lock()) if n % 2 == first else orders.UnlockHold(unlock())) for n in range(16))
    )

    assert await state(stage) == "HELD"
    assert await counts(stage) == HELD
    assert await rows(stage, "SELECT order_id, given_up_by FROM hold") == [("", "ord_1")]


async def test_of_sixteen_orders_after_one_that_gave_up_one_is_sold_the_hold(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())

    async def buy(n: int) -> str:
        answer = await outcome(orders.LockHold(lock(f"ord_{n}")))
        return answer if answer != "done" else await outcome(orders.ConfirmHold(confirm(f"ord_{n}")))

    early = [asyncio.create_task(buy(n)) for n in range(2, 10)]
    await orders.UnlockHold(unlock())
    late = [asyncio.create_task(buy(n)) for n in range(10, 18)]
    answers = await asyncio.gather(*early, *late)

    assert sorted(answers) == ["HOLD_IN_USE"] * 15 + ["done"]
    assert await counts(stage) == {"places": (100, 0, 3), "half": (4, 0, 1), "seats": (20, 0, 1)}


@pytest.mark.parametrize("first", range(2))
async def test_a_hold_is_given_up_or_lapses_and_its_places_are_free_once(stage: Stage, first: int) -> None:
    """first 0: the order gives up in the last microsecond of the hold; first 1: after its end."""
    orders = await held(stage)
    await orders.LockHold(lock())
    stage.clock.pass_unseen(TTL_S - 1e-6 if first == 0 else TTL_S)
    leos = [stage.buyer(f"gst_leo{n}") for n in range(8)]
    unlocks = [asyncio.create_task(outcome(orders.UnlockHold(unlock()))) for _ in range(4)]
    takes = [asyncio.create_task(outcome(hold(leo, hld(10 + n), seats("A-05")))) for n, leo in enumerate(leos)]
    await asyncio.gather(*unlocks)
    stage.clock.pass_unseen(1e-6)
    takes.append(asyncio.create_task(outcome(hold(stage.buyer("gst_zoe"), hld(30), seats("A-05")))))

    taken = await asyncio.gather(*takes)

    assert taken.count("done") == 1
    assert await state(stage) == "LAPSED"
    assert await counts(stage) == {"places": (100, 0, 0), "half": (4, 0, 0), "seats": (20, 1, 0)}


@pytest.mark.parametrize("first", range(2))
async def test_a_hold_lapses_or_is_locked_and_never_both(stage: Stage, first: int) -> None:
    """first 0: the orders come in the last microsecond of the hold; first 1: after its end."""
    orders = await held(stage)
    leos = [stage.buyer(f"gst_leo{n}") for n in range(8)]
    stage.clock.pass_unseen(TTL_S - 1e-6 if first == 0 else TTL_S)
    locks = [asyncio.create_task(outcome(orders.LockHold(lock(f"ord_{n}")))) for n in range(8)]
    await asyncio.sleep(0)
    stage.clock.pass_unseen(1e-6)
    takes = [asyncio.create_task(outcome(hold(leo, hld(10 + n), seats("A-05")))) for n, leo in enumerate(leos)]

    locked, taken = await asyncio.gather(*locks), await asyncio.gather(*takes)

    if first == 0:
        assert sorted(locked) == ["HOLD_IN_USE"] * 7 + ["done"]
        assert set(taken) == {"SEAT_TAKEN"}
        assert await state(stage) == "LOCKED"
    else:
        assert set(locked) == {"HOLD_EXPIRED"}
        assert sorted(taken) == ["SEAT_TAKEN"] * 7 + ["done"]
        assert await state(stage) == "LAPSED"
    assert (await counts(stage))["seats"] == (20, 1, 0)
