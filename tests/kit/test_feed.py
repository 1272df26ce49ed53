"""Facts are applied exactly once and in order, and one that fails does not stop the others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.inventory.v1.inventory_service_pb2 import FeedRequest, FeedResponse
from eventhub.refusals import RevisionUnknown
from services.kit.db.database import Database, Tx
from services.kit.feeds import feed
from services.kit.feeds.follower import Follower, Moved, UnknownFact, read_cursor
from tests import databases
from tests.fakes.clock import FakeClock
from tests.stage import PATIENCE_S, until

SCHEMA = "CREATE TABLE total (one INTEGER PRIMARY KEY, minor BIGINT NOT NULL, seen TEXT NOT NULL);\n"


@pytest_asyncio.fixture
async def books(tmp_path: Path) -> AsyncIterator[Database]:
    folder = tmp_path / "books" / "schema"
    folder.mkdir(parents=True)
    (folder / "0001_total.sql").write_text(SCHEMA)
    database = await databases.opened("books", tmp_path, folder)
    yield database
    await database.close()


async def add(tx: Tx, money: Money, fact: Fact) -> None:
    """Stores an amount; fails for 13."""
    if money.minor == 13:
        raise ValueError(money.minor)
    await tx.run(
        """INSERT INTO total (one, minor, seen) VALUES (1, $1, $2)
           ON CONFLICT (one) DO UPDATE SET minor = total.minor + $1, seen = total.seen || $2""",
        money.minor,
        f"{fact.position} ",
    )


async def total(tx: Tx) -> tuple[int, str]:
    row = await tx.one("SELECT minor, seen FROM total")
    return (row[0], row[1].strip()) if row else (0, "")


async def parked(tx: Tx) -> list[int]:
    return [row[0] for row in await tx.all("SELECT pos FROM parked_fact ORDER BY pos")]


def fact(position: int, minor: int, aggregate_id: str = "") -> Fact:
    payload = Money(minor=minor, currency="BRL").SerializeToString()
    kind = Money.DESCRIPTOR.full_name
    return Fact(position=position, type=kind, aggregate_id=aggregate_id or f"a{position}", payload=payload)


def follower(books: Database, facts: list[Fact], *, epoch: str = "epo_x", starts: list[int] | None = None) -> Follower:
    """Follows a producer that sends some facts and then nothing."""

    async def open_feed(after: Revision) -> AsyncIterator[FeedResponse]:
        if starts is not None:
            starts.append(after.position)
        left = [one for one in facts if one.position > after.position]
        if left:
            yield FeedResponse(batch=FactBatch(epoch=epoch, facts=left))
        await asyncio.Event().wait()

    return Follower(books, FakeClock(), producer="shop", open_feed=open_feed, takes={Money: add})


async def run_until(books: Database, one: Follower, position: int) -> None:
    task = asyncio.create_task(one.run())

    async def there() -> bool:
        return (await books.read(read_cursor, "shop")).position >= position

    await until(there)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def taken(batches: AsyncIterator[FactBatch], count: int) -> AsyncIterator[FactBatch]:
    """The first batches of a feed."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(count):
            yield await anext(batches)


async def at(books: Database, position: int) -> bool:
    """Whether that many facts have positions."""
    return (await books.read(feed.head)).position == position


async def test_facts_are_taken_in_once_and_in_order(books: Database) -> None:
    facts = [fact(1, 5), fact(2, 7)]
    await run_until(books, follower(books, facts), 2)
    starts: list[int] = []

    await run_until(books, follower(books, [*facts, fact(3, 1)], starts=starts), 3)

    assert await books.read(total) == (13, "1 2 3")
    assert starts == [2]


async def test_two_followers_at_once_take_each_fact_once(books: Database) -> None:
    facts = [fact(n, 1) for n in range(1, 50)]

    await asyncio.gather(*(run_until(books, follower(books, facts), 49) for _ in range(4)))

    assert (await books.read(total))[0] == 49


async def test_a_fact_that_fails_is_parked_with_those_behind_it(books: Database) -> None:
    facts = [fact(1, 5, "a"), fact(2, 13, "b"), fact(3, 7, "a"), fact(4, 1, "b"), fact(5, 2, "c")]

    await run_until(books, follower(books, facts), 5)

    assert await books.read(total) == (14, "1 3 5")
    assert await books.read(parked) == [2, 4]


async def test_a_fact_of_unknown_type_stops_the_feed(books: Database) -> None:
    strange = Fact(position=2, type=PageRequest.DESCRIPTOR.full_name, aggregate_id="a")
    one = follower(books, [])
    start = await one.take(FactBatch(epoch="epo_x", facts=[fact(1, 5)]), Revision())

    with pytest.raises(UnknownFact):
        await one.take(FactBatch(epoch="epo_x", facts=[strange, fact(3, 7)]), start)

    assert await books.read(total) == (5, "1")
    assert (await books.read(read_cursor, "shop")).position == 1


async def test_facts_of_another_history_are_not_taken_in(books: Database) -> None:
    await run_until(books, follower(books, [fact(1, 5)]), 1)
    one = follower(books, [])

    with pytest.raises(Moved):
        await one.take(FactBatch(epoch="epo_y", facts=[fact(2, 7)]), Revision(epoch="epo_x", position=1))

    assert await books.read(total) == (5, "1")


@pytest.mark.parametrize(
    "start", [Revision(epoch="epo_2", position=1), Revision(epoch="epo_1", position=9), Revision(position=1)]
)
async def test_a_reader_from_an_unknown_revision_is_refused(books: Database, start: Revision) -> None:
    async def tell(tx: Tx) -> None:
        await tx.announce(Money(minor=1, currency="BRL"), aggregate_id="a", at_us=1)

    await books.write(tell)

    with pytest.raises(RevisionUnknown):
        await feed.check_start(books, start)


async def test_a_feed_begins_after_its_readers_place(books: Database) -> None:
    async def tell(tx: Tx, count: int) -> None:
        for n in range(count):
            await tx.announce(Money(minor=n, currency="BRL"), aggregate_id=f"a{n}", at_us=1)

    await books.write(tell, 3)

    await until(lambda: at(books, 3))
    batch = await books.read(feed.facts_after, 1)

    assert [one.position for one in batch.facts] == [2, 3]
    assert batch.epoch == "epo_1"


async def test_a_reader_is_not_sent_what_it_ignores_and_knows_how_far_it_has_read(books: Database) -> None:
    async def tell(tx: Tx) -> None:
        for n in range(3):
            await tx.announce(Money(minor=n, currency="BRL"), aggregate_id="a", at_us=1)
        await tx.announce(PageRequest(size=1), aggregate_id="a", at_us=1)
        await tx.announce(Money(minor=3, currency="BRL"), aggregate_id="a", at_us=1)

    await books.write(tell)
    await until(lambda: at(books, 5))
    money, pages = Money.DESCRIPTOR.full_name, PageRequest.DESCRIPTOR.full_name

    batch = await books.read(feed.facts_after, 0, "", [money])
    nothing = await books.read(feed.facts_after, 2, "", [money, pages])

    assert [(one.position, one.type) for one in batch.facts] == [(4, pages)]
    assert batch.read_to == 5
    assert (list(nothing.facts), nothing.read_to) == ([], 5)


async def test_a_reader_that_ignores_a_long_history_goes_through_it_in_parts(books: Database) -> None:
    async def tell(tx: Tx) -> None:
        for n in range(feed.LOOKED_THROUGH_MAX):
            await tx.announce(Money(minor=n, currency="BRL"), aggregate_id="a", at_us=1)
        await tx.announce(PageRequest(size=1), aggregate_id="a", at_us=1)

    await books.write_long(tell)
    await until(lambda: at(books, feed.LOOKED_THROUGH_MAX + 1))
    request = FeedRequest(consumer="shop", ignored_types=[Money.DESCRIPTOR.full_name])

    first, second = [batch async for batch in taken(feed.batches(books, request, lambda: False), 2)]

    assert (list(first.facts), first.read_to) == ([], feed.LOOKED_THROUGH_MAX)
    assert [one.position for one in second.facts] == [second.read_to] == [feed.LOOKED_THROUGH_MAX + 1]


async def test_a_follower_goes_past_facts_that_it_does_not_want(books: Database) -> None:
    async def open_feed(after: Revision) -> AsyncIterator[FeedResponse]:
        yield FeedResponse(batch=FactBatch(epoch="epo_x", facts=[fact(2, 5)], read_to=4))
        yield FeedResponse(batch=FactBatch(epoch="epo_x", read_to=9))
        await asyncio.Event().wait()

    one = Follower(books, FakeClock(), producer="shop", open_feed=open_feed, takes={Money: add})

    await run_until(books, one, 9)

    assert await books.read(total) == (5, "2")
