"""The fixtures that open identity: on stage with its neighbours, and alone with its own keys."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.identity.alone import IdentityAlone
from tests.identity.world import World
from tests.stage import Stage


@pytest_asyncio.fixture
async def world(stage: Stage) -> AsyncIterator[World]:
    """identity on stage with its neighbours."""
    world = await World(stage).open()
    yield world
    await world.close()


@pytest_asyncio.fixture
async def alone(tmp_path: Path) -> AsyncIterator[IdentityAlone]:
    """identity alone, with its own keys."""
    alone = IdentityAlone(tmp_path)
    await alone.open()
    yield alone
    await alone.close()
