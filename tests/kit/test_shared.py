"""Watchers share reads: one read for all, a failure for all, no read for none."""

import asyncio
from collections.abc import Callable

import pytest

from eventhub.refusals import Unavailable
from services.kit.feeds.shared import KeptReads, PacedReads
from tests.stage import until

Share = Callable[[str], "asyncio.Future[int]"]


class Source:
    """A value that tests read. Each read waits for open."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self.cancelled = 0
        self.open = asyncio.Event()
        self.open.set()
        self.refuses = False

    async def read(self, key: str) -> int:
        """Returns the number of this read, counted from one."""
        self.reads.append(key)
        number = len(self.reads)
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.refuses:
            raise Unavailable(retry_after_s=1.0)
        return number


def paced(source: Source, pause_s: float = 0.0) -> Share:
    reads = PacedReads(source.read, pause_s=pause_s)
    return lambda key: asyncio.ensure_future(reads.next(key))


def kept(source: Source, kept_s: float = 60.0) -> Share:
    reads = KeptReads(source.read, kept_s=kept_s)
    return lambda key: asyncio.ensure_future(reads.get(key))


@pytest.mark.parametrize("sharing", [paced, kept])
async def test_watchers_that_ask_at_once_share_a_read(sharing: Callable[[Source], Share]) -> None:
    source = Source()
    share = sharing(source)

    answers = await asyncio.gather(*(share(key) for key in ("evt_1", "evt_1", "evt_2", "evt_1")))

    assert answers == [1, 1, 2, 1]
    assert source.reads == ["evt_1", "evt_2"]


@pytest.mark.parametrize("sharing", [paced, kept])
async def test_a_failure_reaches_all_and_the_next_watcher_reads_anew(sharing: Callable[[Source], Share]) -> None:
    source = Source()
    share, source.refuses = sharing(source), True

    failures = await asyncio.gather(*(share("evt_1") for _ in range(3)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [Unavailable] * 3

    source.refuses = False
    assert await share("evt_1") == 2


@pytest.mark.parametrize("sharing", [paced, kept])
async def test_a_read_goes_on_until_the_last_watcher_has_left(sharing: Callable[[Source], Share]) -> None:
    source = Source()
    share = sharing(source)
    source.open.clear()
    first, second = share("evt_1"), share("evt_1")
    await until(lambda: source.reads)

    first.cancel()
    await asyncio.wait([first])
    assert source.cancelled == 0
    second.cancel()
    await until(lambda: source.cancelled)

    source.open.set()
    assert await share("evt_1") == 2


async def test_a_paced_read_begins_after_it_was_asked_for() -> None:
    source = Source()
    share = paced(source)
    source.open.clear()
    early = share("evt_1")
    await until(lambda: source.reads)

    late, later = share("evt_1"), share("evt_1")
    source.open.set()

    assert [await early, await late, await later] == [1, 2, 2]


async def test_a_watcher_that_leaves_a_read_under_way_takes_no_other_from_the_next_read() -> None:
    source = Source()
    share = paced(source, pause_s=0.05)
    source.open.clear()
    first = share("evt_1")
    await until(lambda: source.reads == ["evt_1"])
    second = share("evt_1")
    await asyncio.sleep(0)
    first.cancel()
    await until(lambda: source.cancelled)
    third = share("evt_1")
    source.open.set()

    assert await second == await third == 2
    assert source.reads == ["evt_1", "evt_1"]


async def test_paced_reads_of_one_key_have_a_pause_between_them() -> None:
    source, loop = Source(), asyncio.get_running_loop()
    share, began = paced(source, pause_s=0.05), loop.time()

    await share("evt_1")
    await share("evt_2")
    assert loop.time() - began < 0.05, "the first read of a key begins at once"
    await share("evt_1")

    assert loop.time() - began >= 0.05


async def test_a_read_that_ended_a_moment_ago_serves_later_watchers() -> None:
    source = Source()
    share = kept(source)

    assert [await share("evt_1") for _ in range(3)] == [1, 1, 1]


async def test_a_read_is_not_kept_for_longer() -> None:
    source = Source()
    share = kept(source, kept_s=0.0)
    assert await share("evt_1") == 1

    async def anew() -> bool:
        return await share("evt_1") > 1

    await until(anew)
