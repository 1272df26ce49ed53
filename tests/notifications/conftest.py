"""A lobby, open."""

import pytest_asyncio

from tests.notifications.lobby import Lobby
from tests.stage import Stage


@pytest_asyncio.fixture
async def lobby(stage: Stage) -> Lobby:
    """notifications on stage with its neighbours."""
    return await Lobby(stage).open()
