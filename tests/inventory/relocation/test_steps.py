"""A relocation that dies between two of its transactions or in one of them, and is continued by another process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from services.inventory.relocation.relocations import Step
from services.inventory.wiring import build
from services.kit.values import failpoints
from tests.fakes.identity import FakeIdentity
from tests.inventory.relocation.moves import (
    REL,
    arena_program,
    busy_theatre,
    catalog,
    check_all,
    everything,
    facts_of_moves,
    move,
    move_until,
    new_mover,
    relocate,
    stage_arena,
    the_move,
)
from tests.inventory.world import EVENT, rows
from tests.stage import Stage

Works = tuple[str, ...]


@pytest_asyncio.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage whose relocation is never disturbed."""
    stage = Stage(tmp_path / "quiet")
    stage.folder.mkdir()
    yield stage
    await stage.stop()


async def broken_at_each(stage: Stage, works: Works, step: Callable[[], Awaitable[bool]], end: Step) -> None:
    """Takes steps until the relocation has reached its end. Each try dies: once before its transaction is committed,
    and once after it. works: the names of the transactions."""
    try:
        while await rows(stage, "SELECT step FROM relocation") != [(end,)]:
            for place in ("before", "after"):
                for work in works:
                    failpoints.arm(f"inventory.{work}.{place}=raise")
                    with pytest.raises(failpoints.Broken):
                        await step()
    finally:
        failpoints.arm("")


async def frozen(stage: Stage) -> bool:
    return await new_mover(stage).freeze(EVENT, REL)


async def thawed(stage: Stage) -> bool:
    return await new_mover(stage).thaw(EVENT, REL)


async def done(stage: Stage) -> bool:
    return (await new_mover(stage).move(the_move())).step == Step.DONE


async def test_a_relocation_that_dies_at_each_step_ends_as_one_that_does_not(stage: Stage, quiet: Stage) -> None:
    await busy_theatre(stage)
    await busy_theatre(quiet)

    await broken_at_each(stage, ("begin", "freeze_on"), lambda: frozen(stage), Step.FROZEN)
    await catalog(stage).Provision(arena_program(stage))
    failpoints.arm("inventory.stage.after=raise@2")
    with contextlib.suppress(Exception):
        await stage_arena(stage)
    failpoints.arm("")
    await stage_arena(stage)
    await broken_at_each(stage, ("move_on",), lambda: done(stage), Step.DONE)
    await relocate(quiet)

    assert await everything(stage) == await everything(quiet)
    assert await facts_of_moves(stage) == await facts_of_moves(quiet)
    await check_all(stage)


async def test_a_relocation_that_is_given_up_and_dies_at_each_step_leaves_everything_as_it_was(stage: Stage) -> None:
    await busy_theatre(stage)
    before = await everything(stage)

    await broken_at_each(stage, ("begin", "freeze_on"), lambda: frozen(stage), Step.FROZEN)
    await stage_arena(stage)
    await broken_at_each(stage, ("thaw_on",), lambda: thawed(stage), Step.THAWED)

    assert await everything(stage) == before


@pytest.mark.parametrize("step", [Step.HOLDS, Step.CLEARING, Step.FILLING, Step.RESUMING])
async def test_another_process_continues_a_move(stage: Stage, tmp_path: Path, step: Step) -> None:
    await busy_theatre(stage)
    while not await frozen(stage):
        pass
    await catalog(stage).Provision(arena_program(stage))
    await stage_arena(stage)
    await move_until(stage, step)
    await new_mover(stage).move(the_move())
    await stage.stop()

    other = Stage(tmp_path, first_id=10_000)
    await other.add(build)
    other.script("identity", IdentityMesh=FakeIdentity())
    await other.start()

    assert (await move(other)).moved == 8
    await check_all(other)
    await other.stop()


async def test_a_cancelled_call_leaves_a_move_that_goes_on(stage: Stage) -> None:
    await busy_theatre(stage)
    while not await frozen(stage):
        pass
    await catalog(stage).Provision(arena_program(stage))
    await stage_arena(stage)

    over = False
    while not over:
        cancelled = asyncio.create_task(new_mover(stage).move(the_move()))
        await asyncio.sleep(0)
        cancelled.cancel()
        over = await done(stage)

    await check_all(stage)


async def test_calls_at_once_move_each_part_once(stage: Stage, quiet: Stage) -> None:
    await busy_theatre(stage)
    await busy_theatre(quiet)

    await asyncio.gather(*(until_over(lambda: frozen(stage)) for _ in range(4)))
    await catalog(stage).Provision(arena_program(stage))
    await asyncio.gather(*(stage_arena(stage) for _ in range(4)))
    await asyncio.gather(*(until_over(lambda: done(stage)) for _ in range(16)))
    await relocate(quiet)

    assert await everything(stage) == await everything(quiet)
    assert await rows(stage, "SELECT step, moved FROM relocation") == [("DONE", 8)]


async def until_over(step: Callable[[], Awaitable[bool]]) -> None:
    while not await step():
        pass
