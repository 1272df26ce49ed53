"""A lobby, open."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.identity.lobby import Lobby
from tests.stage import Stage


@pytest_asyncio.fixture
async def lobby(stage: Stage) -> AsyncIterator[Lobby]:
    """identity on stage."""
    opened = await Lobby(stage).open()
    yield opened
    await opened.close()
