"""A person who has just proven their address waits until the context knows, and at most a second."""

import asyncio
from pathlib import Path

import pytest

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.common.v1.options_pb2 import ACCESS_BUYER
from services.kit.db.database import Database
from services.kit.feeds import caught_up
from services.kit.feeds.caught_up import IDENTITY, CaughtUp
from services.kit.feeds.follower import move_cursor
from services.kit.feeds.positions import positioned
from services.kit.rpc.call import Caller
from tests import databases
from tests.kit.shop import tell
from tests.stage import until


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A folder without migrations: the database has only the kit's tables."""
    folder = tmp_path / "schema"
    folder.mkdir()
    return folder


def knows(position: int, epoch: str = "epo_1") -> Caller:
    """A person who proved their address when identity's history was at a position."""
    return Caller(kind=ACCESS_BUYER, subject_id="gst_ana", known_epoch=epoch, known_position=position)


async def read_to(database: Database, before: int, position: int) -> None:
    """Moves the context's cursor in identity's feed."""
    start = Revision(epoch="epo_1", position=before) if before else Revision()
    await database.write(move_cursor, IDENTITY, start, Revision(epoch="epo_1", position=position))


async def test_it_waits_until_the_cursor_is_there(tmp_path: Path, schema: Path) -> None:
    database = await databases.opened("shop", tmp_path, schema)
    read = CaughtUp(database)
    await read_to(database, 0, 3)
    waiting = asyncio.create_task(read.wait(knows(5)))
    await read.wait(knows(3))
    assert not waiting.done()

    await read_to(database, 3, 5)

    await until(waiting.done)
    await read.wait(knows(4))
    await database.close()


async def test_a_caller_with_an_ordinary_token_does_not_wait(tmp_path: Path, schema: Path) -> None:
    database = await databases.opened("shop", tmp_path, schema)
    await database.close()

    await CaughtUp(database).wait(Caller(kind=ACCESS_BUYER, subject_id="gst_ana"))  # reading the cursor would fail


async def test_it_waits_no_longer_than_people_do(tmp_path: Path, schema: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caught_up, "PATIENCE_S", 0.05)
    database = await databases.opened("shop", tmp_path, schema)
    await read_to(database, 0, 3)

    await CaughtUp(database).wait(knows(99))
    await database.close()


async def test_another_history_is_not_waited_for(tmp_path: Path, schema: Path) -> None:
    database = await databases.opened("shop", tmp_path, schema)
    await read_to(database, 0, 3)

    async with asyncio.timeout(caught_up.PATIENCE_S / 2):
        await CaughtUp(database).wait(knows(99, epoch="epo_2"))
    await database.close()


async def test_a_topics_position_is_known_once_all_of_it_has_one(tmp_path: Path, schema: Path) -> None:
    database = await databases.opened("shop", tmp_path, schema)

    for n in range(1, 4):
        await database.write(tell, "gst_ana", n)
        assert (await positioned(database, "gst_ana")).position == n
    await database.close()
