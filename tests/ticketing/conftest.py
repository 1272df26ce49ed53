"""The fixture that opens ticketing with its neighbours."""

import pytest_asyncio

from tests.stage import Stage
from tests.ticketing.world import World


@pytest_asyncio.fixture
async def world(stage: Stage) -> World:
    """ticketing on stage with its neighbours."""
    return await World(stage).open()
