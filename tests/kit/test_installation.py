"""Databases store the names of all others, so those that are left show which are lost."""

from pathlib import Path

import pytest

from services.kit.db.database import Database
from services.kit.process import installation
from services.kit.process.installation import Away, Known
from services.kit.values.config import BadSetting, Settings
from tests import databases
from tests.fakes.ids import FakeIds
from tests.postgres import server

BOTH = {"orders", "payments"}


@pytest.mark.parametrize(
    "found",
    [
        {"orders": None, "payments": None},  # a first start
        {"orders": BOTH, "payments": BOTH},
        {"orders": set[str](), "payments": None},  # a first start that was interrupted
        {"orders": {"orders"}, "payments": None},  # payments is a context of a later version
        {"orders": BOTH},  # a process that knows only its own database
    ],
)
def test_nothing_is_gone(found: Known) -> None:
    assert installation.check(found, Settings()) == set()


def test_a_database_is_lost_if_another_names_it_and_it_is_missing_or_empty() -> None:
    found: Known = {"orders": None, "payments": BOTH}

    with pytest.raises(BadSetting, match=r"some are missing or empty: orders\. .*EVENTHUB_BEGIN_ANEW=orders"):
        installation.check(found, Settings())
    with pytest.raises(BadSetting):
        installation.check(found, Settings(begin_anew="payments"))
    assert installation.check(found, Settings(begin_anew="links.key,orders")) == {"orders"}


async def test_every_database_tells_of_all(tmp_path: Path) -> None:
    schema = tmp_path / "schema"
    schema.mkdir()
    both: list[Database] = [await databases.opened(name, tmp_path, schema) for name in sorted(BOTH)]
    settings = Settings(data_dir=tmp_path, database_url=databases.url(tmp_path))
    assert await installation.known(settings, BOTH, FakeIds()) == {"orders": set(), "payments": set()}

    for _ in range(2):
        await installation.note(both, BOTH)

    assert await installation.known(settings, BOTH, FakeIds()) == {"orders": BOTH, "payments": BOTH}
    for database in both:
        await database.close()


def made(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_looking_for_a_file_does_not_make_it(tmp_path: Path) -> None:
    assert await installation.known(Settings(data_dir=tmp_path), ["orders"], FakeIds()) == {"orders": None}
    assert made(tmp_path) == []


async def test_a_server_that_has_no_such_database_is_told_from_one_that_is_away() -> None:
    there = Settings(database_url=server().url_of("none_{context}"))
    away = Settings(database_url="postgresql://127.0.0.1:1/none_{context}")

    assert await installation.known(there, ["orders"], FakeIds()) == {"orders": None}
    with pytest.raises(Away, match="orders"):
        await installation.known(away, ["orders"], FakeIds())
