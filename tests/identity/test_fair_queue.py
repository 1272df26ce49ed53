"""The fair queue, and the pool of threads that serves callers in its order."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from eventhub.refusals import TooManyRequests
from services.identity.fair_pool import FairPool
from services.identity.fair_queue import FairQueue, Lane
from tests.stage import outcome, until

LOUD, OTHER, QUIET = Lane("loud"), Lane("other"), Lane("quiet")
KNOWN = Lane("acc_1", first=True)


def pop_all(queue: FairQueue[str]) -> list[str]:
    """Takes all items out, in their order."""
    return list(iter(queue.pop, None))


def test_lanes_take_turns() -> None:
    queue: FairQueue[str] = FairQueue(10)
    for lane, item in ((LOUD, "1"), (LOUD, "2"), (LOUD, "3"), (OTHER, "a"), (OTHER, "b")):
        queue.push(lane, item)

    assert pop_all(queue) == ["1", "a", "2", "b", "3"]


def test_the_lane_that_was_served_least_comes_next() -> None:
    queue: FairQueue[str] = FairQueue(10)
    for number in range(5):
        queue.push(Lane(f"flood {number}"), f"{number}")
    assert len(pop_all(queue)) == 5
    for number in range(5):
        queue.push(Lane(f"flood {number}"), f"{number}")
    queue.push(QUIET, "quiet")

    assert queue.pop() == "quiet"


def test_a_known_person_comes_first() -> None:
    queue: FairQueue[str] = FairQueue(10)
    queue.push(QUIET, "quiet")
    for _ in range(3):
        queue.push(KNOWN, "known")

    assert pop_all(queue) == ["known"] * 3 + ["quiet"]


def test_the_longest_lane_loses_an_item_when_too_many_wait() -> None:
    queue: FairQueue[str] = FairQueue(3)
    for number in range(3):
        assert queue.push(LOUD, f"{number}") is None

    assert queue.push(LOUD, "3") == "3"
    assert queue.push(QUIET, "quiet") == "2"
    assert pop_all(queue) == ["0", "quiet", "1"]


def test_after_a_reset_all_lanes_are_equal() -> None:
    queue: FairQueue[str] = FairQueue(10)
    queue.serve(LOUD)
    queue.reset_counts()
    queue.push(LOUD, "loud")
    queue.push(QUIET, "quiet")

    assert pop_all(queue) == ["loud", "quiet"]


class Work:
    """Work that ends when a test calls end()."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._may_end = Event()

    def do(self, name: str) -> str:
        self.begun.append(name)
        self._may_end.wait(5)
        return name

    def end(self) -> None:
        self._may_end.set()


async def test_sixty_callers_of_one_address_do_not_delay_another_address() -> None:
    work, threads = Work(), ThreadPoolExecutor(2)
    pool = FairPool(threads, 2)
    crowd = [asyncio.create_task(pool.run(LOUD, work.do, "loud")) for _ in range(60)]
    await until(lambda: len(work.begun) == 2)

    quiet = asyncio.create_task(pool.run(QUIET, work.do, "quiet"))
    await asyncio.sleep(0)
    work.end()

    assert await quiet == "quiet"
    assert "quiet" in work.begun[2:4]  # one of the next two, because there are two threads
    assert await asyncio.gather(*crowd) == ["loud"] * 60
    threads.shutdown()


async def test_a_caller_that_leaves_frees_its_place() -> None:
    work, threads = Work(), ThreadPoolExecutor(1)
    pool = FairPool(threads, 1, waiting_max=1)
    first = asyncio.create_task(pool.run(LOUD, work.do, "first"))
    await until(lambda: work.begun)
    second = asyncio.create_task(pool.run(LOUD, work.do, "second"))
    await asyncio.sleep(0)
    assert await outcome(pool.run(LOUD, work.do, "third")) == "TOO_MANY_REQUESTS"

    second.cancel()
    await asyncio.wait([second])
    fourth = asyncio.create_task(pool.run(LOUD, work.do, "fourth"))
    await asyncio.sleep(0)
    work.end()

    assert [await first, await fourth] == ["first", "fourth"]
    assert work.begun == ["first", "fourth"]
    threads.shutdown()


async def test_a_thread_stays_busy_until_its_work_is_done() -> None:
    work, threads = Work(), ThreadPoolExecutor(1)
    pool = FairPool(threads, 1)
    left = asyncio.create_task(pool.run(LOUD, work.do, "left"))
    await until(lambda: work.begun)
    left.cancel()
    await asyncio.wait([left])

    others = [asyncio.create_task(pool.run(LOUD, work.do, f"{number}")) for number in range(3)]
    await asyncio.sleep(0)
    assert await count_waiting(pool, work) == 61
    work.end()

    assert await asyncio.gather(*others) == ["0", "1", "2"]
    threads.shutdown()


async def count_waiting(pool: FairPool, work: Work) -> int:
    """Adds a hundred callers. Returns how many of them could wait; the others are refused at once."""
    flood = [asyncio.create_task(pool.run(LOUD, work.do, "flood")) for _ in range(100)]
    await until(lambda: any(task.done() for task in flood))
    refused = [task for task in flood if task.done()]
    for task in flood:
        task.cancel()
    await asyncio.wait(flood)
    with pytest.raises(TooManyRequests):
        refused[0].result()
    return 100 - len(refused)
