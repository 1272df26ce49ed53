"""Watchers of a topic share its news: one read and one message for all, and each change exactly once for each."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.common.v1.feed_pb2 import Fact, Revision
from eventhub.common.v1.money_pb2 import Money
from eventhub.contract import methods, services
from eventhub.refusals import TokenExpired, Unavailable
from services.kit.db.database import Database
from services.kit.feeds import feed, news
from services.kit.feeds.news import SharedNews, Watcher
from services.kit.rpc.call import Call, Caller
from tests import databases
from tests.facts import settled
from tests.fakes.clock import FakeClock
from tests.kit.shop import tell
from tests.stage import PATIENCE_S, until

SHOW, QUIET = "evt_show", "evt_quiet"
# The amount that makes reading fail.
UNREADABLE = 13
METHOD = next(method for service in services() for method in methods(service) if method.name == "WatchSeats")


class Shop:
    """A shop whose watchers are told amounts. encoded: each message that was made, in order."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()
        self.encoded: list[bytes] = []
        self.stack = ExitStack()
        self.news = SharedNews(database, self.decode, self.encode)

    @staticmethod
    def decode(fact: Fact) -> list[int]:
        """The amount of a fact; none for nothing."""
        minor = Money.FromString(fact.payload).minor
        if minor == UNREADABLE:
            raise Unavailable(retry_after_s=1.0)
        return [minor] if minor else []

    def encode(self, amounts: Iterable[int], revision: Revision) -> bytes:
        self.encoded.append(f"{' '.join(map(str, amounts))} @{revision.position}".encode())
        return self.encoded[-1]

    def call(self, life_s: int = 600) -> Call:
        """A call whose token is valid for some seconds."""
        caller = Caller(expires_at_us=self.clock.now_us() + life_s * 1_000_000)
        return Call(
            method=METHOD, caller=caller, request_id="", deadline=None, clock=self.clock, draining=lambda: False
        )

    def watcher(self, position: int = 0, *, life_s: int = 600, topic: str = SHOW) -> Watcher[int]:
        """A watcher that knows all facts up to a position, until the test ends."""
        return self.stack.enter_context(self.news.watch(topic, position, self.call(life_s)))

    async def tell(self, *amounts: int) -> None:
        for amount in amounts:
            await self.database.write(tell, SHOW, amount)
        await settled(self.database)

    async def head(self) -> int:
        return (await self.database.read(feed.head)).position


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    folder = tmp_path / "shop" / "schema"
    folder.mkdir(parents=True)
    (folder / "0001_shelf.sql").write_text("CREATE TABLE shelf (name TEXT PRIMARY KEY);\n")
    opened = Shop(await databases.opened("shop", tmp_path, folder))
    async with asyncio.timeout(PATIENCE_S):
        yield opened
    opened.stack.close()
    await opened.database.close()


async def amounts(watcher: Watcher[int], count: int) -> list[int]:
    """The next amounts that a watcher is told; fails if a message has more."""
    found: list[int] = []
    while len(found) < count:
        found += map(int, (await watcher.next()).partition(b" @")[0].split())
    assert len(found) == count
    return found


async def test_all_watchers_get_the_same_bytes_made_once(shop: Shop) -> None:
    watchers = [shop.watcher() for _ in range(120)]
    waiting = [asyncio.ensure_future(watcher.next()) for watcher in watchers]
    await asyncio.sleep(0)

    await shop.tell(7)
    messages = await asyncio.gather(*waiting)

    assert messages == [b"7 @1"] * 120
    assert len({id(message) for message in messages}) == 1
    assert shop.encoded == [b"7 @1"]


async def test_a_slow_watcher_is_told_what_it_missed_in_one_message(shop: Shop) -> None:
    quick, slow = shop.watcher(), shop.watcher()
    await shop.tell(1)
    assert (await slow.next(), await quick.next()) == (b"1 @1", b"1 @1")

    await shop.tell(2)
    assert await quick.next() == b"2 @2"
    await shop.tell(3)
    assert await quick.next() == b"3 @3"

    assert await slow.next() == b"2 3 @3"


async def test_a_caller_who_resumes_from_many_positions_fills_no_memory(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "MESSAGES_MAX", 2)
    quick = shop.watcher()
    for amount in (1, 2, 3, 4):
        await shop.tell(amount)
        await quick.next()
    made = len(shop.encoded)

    for position in (1, 2, 3, 2, 1):
        await shop.watcher(position).next()

    assert len(shop.encoded) - made == 4, "the message from 1 was dropped, and that from 2 was kept"


async def test_a_watcher_that_lacks_dropped_changes_reads_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "CHANGES_MAX", 2)
    quick, slow = shop.watcher(), shop.watcher()
    for amount in range(1, 9):
        await shop.tell(amount)
        assert await amounts(quick, 1) == [amount]

    assert await amounts(slow, 8) == list(range(1, 9))
    await shop.tell(9)
    assert await slow.next() == await quick.next() == b"9 @9"


async def test_a_watcher_that_resumes_is_told_what_it_missed(shop: Shop) -> None:
    await shop.tell(1, 2, 3)

    assert await amounts(shop.watcher(1), 2) == [2, 3]


async def test_facts_without_changes_are_not_told(shop: Shop) -> None:
    watcher = shop.watcher()
    waiting = asyncio.ensure_future(watcher.next())
    await shop.tell(0, 0)

    await shop.tell(5)
    assert await waiting == b"5 @3"


async def test_a_quiet_watcher_gets_a_heartbeat_with_its_position(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "LOOK_S", 0.001)
    monkeypatch.setattr(news, "HEARTBEAT_S", 0.002)
    await shop.tell(1)

    assert await shop.watcher(await shop.head(), topic=QUIET).next() == b" @1"


async def test_a_waiting_watcher_ends_with_its_token(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "LOOK_S", 0.001)
    first, second = (asyncio.ensure_future(shop.watcher(life_s=life_s).next()) for life_s in (60, 600))
    await asyncio.sleep(0)

    shop.clock.pass_unseen(61)

    with pytest.raises(TokenExpired):
        await first
    await shop.tell(7)
    assert await second == b"7 @1"


async def test_a_failure_reaches_all_watchers_and_the_next_one_reads_anew(shop: Shop) -> None:
    waiting = [asyncio.ensure_future(shop.watcher().next()) for _ in range(3)]
    idle = shop.watcher()
    await asyncio.sleep(0)
    await shop.tell(UNREADABLE)

    failures = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(failure) for failure in failures] == [Unavailable] * 3
    with pytest.raises(Unavailable):
        await idle.next()

    late = asyncio.ensure_future(shop.watcher(await shop.head()).next())
    await asyncio.sleep(0)
    await shop.tell(7)
    assert await late == b"7 @2"


async def test_reading_ends_with_the_last_watcher(shop: Shop) -> None:
    def reading() -> list[str]:
        return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("news of")]

    first, second = (asyncio.ensure_future(leave_after_one(shop)) for _ in range(2))
    await until(reading)
    first.cancel()
    await asyncio.sleep(0)
    assert reading() == [f"news of {SHOW}"]

    await shop.tell(1)
    await second
    await until(lambda: not reading())


async def leave_after_one(shop: Shop) -> None:
    with shop.news.watch(SHOW, 0, shop.call()) as watcher:
        await watcher.next()


async def test_with_many_watchers_the_messages_a_second_are_bounded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "MESSAGES_A_S", 100)

    assert shop.news.pause_s == news.PAUSE_S
    for n in range(40):
        shop.watcher(topic=(SHOW, QUIET)[n % 2])
    assert shop.news.pause_s == 0.4
