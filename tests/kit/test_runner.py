"""Work is finished even after errors, with one task per key."""

import asyncio
from collections.abc import Sequence

from services.kit.db.shards import Shards
from services.kit.values import shard_of
from services.kit.work.runner import AT_ONCE_MAX, DueKey, Runner
from tests.fakes.clock import FakeClock
from tests.stage import until


class Desk:
    """Keys that are due, and those that were done."""

    def __init__(self, *keys: str) -> None:
        self.waiting = set(keys)
        self.done: list[str] = []
        self.failures = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_once = 0
        self.at_once_most = 0

    async def due(self, limit: int, shards: Sequence[int]) -> list[DueKey]:
        return [(key, shard_of(key)) for key in sorted(self.waiting) if shard_of(key) in shards][:limit]

    async def do(self, key: str) -> None:
        self.at_once += 1
        self.at_once_most = max(self.at_once_most, self.at_once)
        try:
            await self.gate.wait()
            if self.failures:
                self.failures -= 1
                raise ValueError(key)
            self.done.append(key)
            self.waiting.discard(key)
        finally:
            self.at_once -= 1


def runner(desk: Desk, shards: Shards | None = None) -> Runner[None]:
    shards = shards or Shards.all_of("desk")
    return Runner("desk", FakeClock(), shards, due=desk.due, do=desk.do, look_every_s=0.01)


async def test_due_work_is_done() -> None:
    desk = Desk("a", "b")
    task = asyncio.create_task(runner(desk).run())

    await until(lambda: not desk.waiting)

    task.cancel()
    assert sorted(desk.done) == ["a", "b"]


async def test_failed_work_is_done_again() -> None:
    desk = Desk("a")
    desk.failures = 3
    task = asyncio.create_task(runner(desk).run())

    await until(lambda: not desk.waiting)

    task.cancel()
    assert desk.done == ["a"]


async def test_a_key_has_one_task() -> None:
    desk = Desk("a")
    desk.gate.clear()
    one = runner(desk)

    tasks = {one.start("a") for _ in range(16)}
    desk.gate.set()
    await asyncio.gather(*tasks)

    assert len(tasks) == 1
    assert desk.done == ["a"]


async def test_a_caller_that_leaves_does_not_cut_the_work() -> None:
    desk = Desk("a")
    desk.gate.clear()
    one = runner(desk)
    caller = asyncio.create_task(asyncio.wait({one.start("a")}))
    await asyncio.sleep(0)

    caller.cancel()
    desk.gate.set()
    await one.start("a")

    assert desk.done == ["a"]


async def test_stop_ends_the_work_under_way() -> None:
    desk = Desk("a")
    desk.gate.clear()
    one = runner(desk)
    task = one.start("a")
    await asyncio.sleep(0)

    await one.stop()

    assert task.cancelled()
    assert desk.done == []


async def test_a_caller_that_starts_work_gives_what_it_knows_and_gets_the_result() -> None:
    async def nothing(limit: int, shards: Sequence[int]) -> list[DueKey]:
        return []

    async def double(key: str, known: int = 1) -> int:
        if key == "broken":
            raise ValueError(key)
        return 2 * known

    desk: Runner[int] = Runner("desk", FakeClock(), Shards.all_of("desk"), due=nothing, do=double)

    assert (await desk.start("a", 21), await desk.start("b"), await desk.start("broken")) == (42, 2, None)


async def test_work_that_callers_start_does_not_keep_due_work_waiting() -> None:
    gate, done = asyncio.Event(), list[str]()

    async def due(limit: int, shards: Sequence[int]) -> list[DueKey]:
        return [("due", shard_of("due"))] if limit and not done else []

    async def do(key: str) -> None:
        if key != "due":
            await gate.wait()
        done.append(key)

    desk: Runner[None] = Runner("desk", FakeClock(), Shards.all_of("desk"), due=due, do=do)
    called = [desk.start(f"call {n}") for n in range(AT_ONCE_MAX)]
    looking = asyncio.create_task(desk.run())

    await until(lambda: done == ["due"])

    gate.set()
    await asyncio.gather(*called)
    looking.cancel()


async def test_a_wake_during_a_look_leads_to_another_look() -> None:
    looks: list[int] = []

    async def due(limit: int, shards: Sequence[int]) -> list[DueKey]:
        looks.append(limit)
        if len(looks) == 1:
            desk.wake()
        return []

    async def do(key: str) -> None:
        """Never called: nothing is due."""

    desk: Runner[None] = Runner("desk", FakeClock(), Shards.all_of("desk"), due=due, do=do, look_every_s=3_600)
    looking = asyncio.create_task(desk.run())

    await until(lambda: len(looks) == 2)

    looking.cancel()
