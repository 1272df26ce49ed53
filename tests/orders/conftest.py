import pytest_asyncio

from tests.orders.world import World, open_world
from tests.stage import Stage


@pytest_asyncio.fixture
async def world(stage: Stage) -> World:
    """orders on stage with its neighbours; Ana has the first hold."""
    opened = await open_world(stage)
    opened.hold()
    return opened
