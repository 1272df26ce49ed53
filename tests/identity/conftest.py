"""A lobby, open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.identity.home import Home
from tests.identity.lobby import Lobby
from tests.stage import Stage


@pytest_asyncio.fixture
async def lobby(stage: Stage) -> AsyncIterator[Lobby]:
    """identity on stage."""
    opened = await Lobby(stage).open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """identity alone, with its own tokens."""
    alone = Home(tmp_path)
    await alone.open()
    yield alone
    await alone.close()
