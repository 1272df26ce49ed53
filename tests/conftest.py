"""Fixtures for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests import databases
from tests.stage import Stage

ALONE = ("test_cluster.py", "test_soak.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which database the tests run on, and whether a mesh is tested."""
    parser.addoption("--database", choices=databases.DIALECTS, default="sqlite", help="what contexts are kept in")
    parser.addoption("--mesh", action="store_true", help="also the tests of a whole mesh, which take minutes")


def pytest_configure(config: pytest.Config) -> None:
    """Which database the tests run on."""
    databases.chosen[0] = config.getoption("--database")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A mesh of eighteen processes wants the machine to itself: its tests run alone (scripts/test --all)."""
    return True if collection_path.name in ALONE and not config.getoption("--mesh") else None


@pytest_asyncio.fixture(autouse=True)
async def _databases() -> AsyncIterator[None]:
    """Every test begins with databases of its own."""
    before = databases.given()
    yield
    await databases.forget(before)


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty stage. Add contexts, script neighbours, start."""
    empty = Stage(tmp_path)
    yield empty
    await empty.stop()
