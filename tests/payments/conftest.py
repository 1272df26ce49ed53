from collections.abc import Iterator

import pytest
import pytest_asyncio

from services.kit.values import failpoints
from services.payments import provider_client
from tests.payments.world import World, open_world
from tests.stage import Stage


@pytest_asyncio.fixture
async def world(stage: Stage) -> World:
    return await open_world(stage)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens the timeout of a call: tests wait for it in real time."""
    monkeypatch.setattr(provider_client, "ATTEMPT_S", 0.05)


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")
