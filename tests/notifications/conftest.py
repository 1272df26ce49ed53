import pytest_asyncio

from tests.notifications.world import World
from tests.stage import Stage


@pytest_asyncio.fixture
async def world(stage: Stage) -> World:
    """notifications on stage with its neighbours."""
    return await World(stage).open()
