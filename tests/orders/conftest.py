import pytest_asyncio

from tests.orders.house import House, open_house
from tests.stage import Stage


@pytest_asyncio.fixture
async def house(stage: Stage) -> House:
    """orders among its neighbours; Ana has the first hold."""
    opened = await open_house(stage)
    opened.hold()
    return opened
