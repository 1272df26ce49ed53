"""A house, open."""

import pytest_asyncio

from tests.stage import Stage
from tests.ticketing.house import House


@pytest_asyncio.fixture
async def house(stage: Stage) -> House:
    """ticketing on stage with its neighbours."""
    return await House(stage).open()
