from collections.abc import Iterator

import pytest
import pytest_asyncio

from services.kit.values import failpoints
from services.payments import line
from tests.payments.desk import Desk, open_desk
from tests.stage import Stage


@pytest_asyncio.fixture
async def desk(stage: Stage) -> Desk:
    return await open_desk(stage)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is waited for in real time: not three seconds of it in a test."""
    monkeypatch.setattr(line, "ATTEMPT_S", 0.05)


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")
