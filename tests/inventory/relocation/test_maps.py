"""Watches of an event that moves to another plan."""

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import EventMoving, SeatMapChanged
from services.inventory import watching
from services.inventory.relocation.relocations import Step
from tests.facts import settled
from tests.inventory.relocation.moves import (
    ARENA,
    ROW,
    THAW,
    arena,
    arena_program,
    busy_theatre,
    catalog,
    freeze,
    move,
    move_until,
    relocate,
    stage_arena,
    taken,
    target,
)
from tests.inventory.streams import BLOCKED, FREE, HELD, SOLD, changes, counted, watch_counts, watch_seats
from tests.inventory.world import ANA, EVENT, PLAN, confirm, hld, hold, lock, seats
from tests.stage import Stage, outcome

IN_ORDER = {seat.position: seat.seat_id for seat in arena()}


def states(answer: pb.WatchSeatsResponse) -> dict[str, int]:
    """The states of the arena's seats in the first message of a watch, without free ones."""
    halves = [half for byte in answer.seats.states for half in (byte & 15, byte >> 4)]
    return {IN_ORDER[position]: state for position, state in enumerate(halves) if state != FREE}


async def test_a_running_watch_ends_and_a_new_one_shows_the_new_plan(stage: Stage) -> None:
    await busy_theatre(stage)
    old = watch_seats(stage.anyone())
    assert (await anext(old)).seats.plan_id == PLAN

    await relocate(stage)

    with pytest.raises(SeatMapChanged):
        await anext(old)
    await settled(stage.platform.contexts[0].database)
    first = await anext(watch_seats(stage.anyone()))
    assert (first.seats.plan_id, first.seats.seat_count) == (ARENA, 2 * ROW)
    assert states(first) == {seat.seat_id: seat.state for seat in await taken(stage)}
    assert {HELD, SOLD, BLOCKED} == set(states(first).values())


async def test_a_watch_that_resumes_from_before_the_move_ends(stage: Stage) -> None:
    await busy_theatre(stage)
    start = (await anext(watch_seats(stage.anyone()))).revision

    await relocate(stage)
    await settled(stage.platform.contexts[0].database)

    with pytest.raises(SeatMapChanged):
        await anext(watch_seats(stage.anyone(), start))
    after = (await anext(watch_seats(stage.anyone()))).revision
    await hold(stage.buyer(ANA), hld(8), seats("B-01"))
    await settled(stage.platform.contexts[0].database)
    missed = await anext(watch_seats(stage.anyone(), after))
    assert [(IN_ORDER[change.position], change.state) for change in missed.changes] == [("B-01", HELD)]


async def test_changes_after_the_move_have_the_new_positions(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    await relocate(stage)
    await settled(stage.platform.contexts[0].database)
    stream = watch_seats(stage.anyone())
    await anext(stream)

    await orders.LockHold(lock("ord_1"))
    await orders.ConfirmHold(confirm("ord_1"))

    told = [(IN_ORDER[change.position], change.state) for change in (await anext(stream)).changes]
    assert sorted(told) == [(target("A-06"), SOLD), (target("A-05"), SOLD)]


async def test_no_map_is_shown_before_the_event_sells_again(stage: Stage) -> None:
    await busy_theatre(stage)
    old = watch_seats(stage.anyone())
    start = (await anext(old)).revision
    await freeze(stage)
    await catalog(stage).Provision(arena_program(stage))
    await stage_arena(stage)

    for step in (Step.HOLDS, Step.CLEARING, Step.FILLING, Step.RESUMING):
        await move_until(stage, step)
        assert await outcome(anext(watch_seats(stage.anyone()))) == "EVENT_MOVING"
        assert await outcome(anext(watch_seats(stage.anyone(), start))) == "EVENT_MOVING"
        with pytest.raises(EventMoving):
            await stage.platform.contexts[0].database.read_long(watching.snapshot, EVENT)

    with pytest.raises(SeatMapChanged):
        await anext(old)
    await move(stage)
    await settled(stage.platform.contexts[0].database)
    assert (await anext(watch_seats(stage.anyone()))).seats.plan_id == ARENA


async def test_a_watch_goes_on_if_the_relocation_is_given_up(stage: Stage) -> None:
    await busy_theatre(stage)
    stream = watch_seats(stage.anyone())
    await anext(stream)

    await freeze(stage)
    assert (await catalog(stage).ThawSale(THAW)).thawed
    await hold(stage.buyer(ANA), hld(8), seats("A-09"))

    assert changes(await anext(stream)) == [("A-09", HELD)]


async def test_counts_change_from_the_old_seats_to_the_new_ones_at_once(stage: Stage) -> None:
    await busy_theatre(stage)
    stream = watch_counts(stage.member())
    before = counted(await anext(stream))
    assert before["seats"] == (19, 5, 2)

    await relocate(stage)

    assert counted(await anext(stream)) == before | {"seats": (23, 5, 2)}
