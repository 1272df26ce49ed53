"""Fixtures for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.stage import Stage


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty stage. Add contexts, script neighbours, start."""
    empty = Stage(tmp_path)
    yield empty
    await empty.stop()
