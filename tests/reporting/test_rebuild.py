"""reporting's database can be deleted and rebuilt, in whatever order the producers' feeds are read."""

from collections.abc import Sequence
from itertools import permutations, zip_longest
from pathlib import Path

import pytest

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from eventhub.orders.v1 import orders_pb2
from services.kit.db.database import Row, Tx
from services.kit.feeds.follower import Follower
from services.reporting.wiring import build, followers
from tests.fakes.feed import EPOCH
from tests.reporting.world import FULL, HALF, VIP, Season, caught_up, gift, open_books, order
from tests.stage import Stage

PRODUCERS = ("catalog", "inventory", "orders", "ticketing")
TABLES = ("event_row", "type_row", "order_row", "sales_line", "refund_row", "stock_row", "admission_row")
Step = tuple[str, list[Fact]]


def a_season() -> Season:
    """Returns facts of every ticket_type: two events, orders in every state, counts, admissions, a new time zone."""
    season = Season()
    season.open(places=100, tkt_vip=10)
    season.publish()
    season.publish("evt_other", "org_other")
    for n in range(1, 9):
        bought = order(
            n, *[(FULL, HALF, VIP)[(n + k) % 3] for k in range(n % 3 + 1)], off=500 * (n % 2), coupon="C" * (n % 2)
        )
        season.place(bought)
        if n % 4:
            season.pay(bought, f"2026-12-0{n}T0{n}:4{n}")
        else:
            season.wait(bought)
        season.change("places", 100, n % 3, n)
        season.admit(f"tic_{n // 2}")
    season.sell(order(9, FULL, event_id="evt_other", organizer_id="org_other"))
    season.fail(order(4, VIP))
    season.sell(gift(10, VIP))
    season.sell(order(11, FULL, VIP))
    begun = season.give_back(
        order(11, FULL, VIP),
        "1",
        minor=8_000,
        refund=orders_pb2.ORDER_REFUND_STATE_PENDING,
        state=orders_pb2.ORDER_STATE_REFUNDING,
    )
    season.dispute(season.give_back(begun, "1", minor=8_000))
    season.sell(order(12, HALF))
    season.give_back(order(12, HALF), minor=1_000, refund_id="rfd_2")
    season.sell(reseated := order(11, FULL, HALF, off=500, coupon="C"))
    season.reseat(reseated)
    season.relocate("Asia/Kolkata")
    return season


async def tables(tx: Tx) -> dict[str, list[Row]]:
    """Returns the content of all tables, without the events' revisions: those depend on the batches that facts arrive
    in."""
    known = {table: await tx.all(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}
    known["event_row"] = await tx.all(
        "SELECT event_id, organizer_id, title, time_zone, currency, version FROM event_row ORDER BY event_id"
    )
    return known


async def parked(tx: Tx) -> list[Row]:
    return await tx.all("SELECT producer, pos, why FROM parked_fact ORDER BY producer, pos")


async def built(folder: Path, steps: Sequence[Step]) -> dict[str, list[Row]]:
    """Applies facts in this order to an empty database in a folder. Returns its content."""
    stage = Stage(empty(folder))
    context = await stage.add(build)
    readers: dict[str, Follower] = {
        follower.producer: follower for follower in followers(stage.platform.runtime, context.database)
    }
    cursors = dict.fromkeys(readers, Revision())
    for producer, facts in steps:
        batch = FactBatch(epoch=EPOCH, facts=facts)
        cursors[producer] = await readers[producer].take(batch, cursors[producer])
    assert await context.database.read(parked) == []
    known = await context.database.read(tables)
    await context.database.close()
    return known


def empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def one_after_another(season: Season, producers: Sequence[str]) -> list[Step]:
    return [(name, season.producers[name].facts) for name in producers]


def in_turn(season: Season) -> list[Step]:
    columns = [[(name, [fact]) for fact in fed.facts] for name, fed in season.producers.items()]
    return [step for row in zip_longest(*columns) for step in row if step is not None]


@pytest.mark.parametrize("names", list(permutations(PRODUCERS))[1::5], ids=" then ".join)
async def test_the_order_between_producers_does_not_matter(tmp_path: Path, names: Sequence[str]) -> None:
    season = a_season()
    usual = await built(tmp_path / "usual", one_after_another(season, PRODUCERS))

    other = await built(tmp_path / "other", one_after_another(season, names))

    assert other == usual
    assert all(usual.values()), "no table is empty"


async def test_facts_taken_one_by_one_and_in_turn_give_the_same(tmp_path: Path) -> None:
    season = a_season()
    usual = await built(tmp_path / "usual", one_after_another(season, PRODUCERS))

    other = await built(tmp_path / "other", in_turn(season))

    assert other == usual


async def test_a_rebuilt_database_equals_the_one_that_grew(stage: Stage, tmp_path: Path) -> None:
    later, season = a_season(), Season()
    await open_books(stage, season)
    for name, fed in later.producers.items():
        for fact in fed.facts:
            season.producers[name].repeat(fact)
            await caught_up(stage, season)
    grown = await stage.platform.contexts[0].database.read(tables)

    rebuilt = await built(tmp_path / "rebuilt", one_after_another(season, PRODUCERS))

    assert rebuilt == grown


async def test_a_feed_read_again_from_the_start_changes_nothing(stage: Stage) -> None:
    season = a_season()
    await open_books(stage, season)
    database = stage.platform.contexts[0].database
    before = await database.read(tables)

    async def forget(tx: Tx) -> None:
        await tx.run("DELETE FROM feed_cursor")

    await database.write(forget)
    for reader in followers(stage.platform.runtime, database):
        await reader.take(FactBatch(epoch=EPOCH, facts=season.producers[reader.producer].facts), Revision())
    after = await database.read(tables)

    del before["event_row"], after["event_row"]  # an event's revision may grow: streams then sum up once more
    assert after == before
