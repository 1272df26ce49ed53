"""Fixtures for every test."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from services.kit.observe import log
from services.kit.process.program import COLLECT_AFTER
from tests import databases, postgres
from tests.stage import Stage

# Files and folders of tests, and the option that asks for each.
ASKED_FOR = {
    **dict.fromkeys(
        ("hostile", "test_kill.py", "test_measurements.py", "test_new_context.py", "test_package.py"), "--long"
    ),
    **dict.fromkeys(("test_cluster.py", "test_soak.py"), "--mesh"),
    "test_languages.py": "--languages",
}
# Files that tests copy elsewhere.
collect_ignore = ["data"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options: the database to test on, and further groups of tests."""
    parser.addoption("--database", choices=databases.CHOICES, default="sqlite", help="what contexts are kept in")
    parser.addoption("--long", action="store_true", help="also tests that take long")
    parser.addoption("--mesh", action="store_true", help="also the tests of a whole mesh, which take minutes")
    parser.addoption("--languages", action="store_true", help="also the programs in Go, TypeScript and Java")


def pytest_configure(config: pytest.Config) -> None:
    """Stores the database to test on, and lets a log line be short: most are never read."""
    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(as_json)])
    databases.chosen[0] = config.getoption("--database")
    postgres.pooled[0] = databases.chosen[0] == "pgbouncer"


def as_json(event: dict[str, object], **_: object) -> str:
    """A log line as the platform writes it."""
    return log.encode(event).decode()


def pytest_collection_finish() -> None:
    """Lets collections of garbage skip the modules and the tests, as they skip the platform when it runs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skips tests whose option is not given: those that take minutes, a mesh of eighteen processes that needs the whole
    machine, and programs in other languages that download their compilers' packages. scripts/test --all runs all."""
    option = ASKED_FOR.get(collection_path.name)
    return True if option is not None and not config.getoption(option) else None


@pytest_asyncio.fixture(autouse=True)
async def _databases() -> AsyncIterator[None]:
    """Drops the databases of a test after it."""
    before = databases.given()
    yield
    await databases.forget(before)


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty stage. Add contexts, script neighbours, start."""
    empty = Stage(tmp_path)
    yield empty
    await empty.stop()
