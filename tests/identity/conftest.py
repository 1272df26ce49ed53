"""A lobby, open."""

import pytest_asyncio

from tests.identity.lobby import Lobby
from tests.stage import Stage


@pytest_asyncio.fixture
async def lobby(stage: Stage) -> Lobby:
    """identity on stage."""
    return await Lobby(stage).open()
