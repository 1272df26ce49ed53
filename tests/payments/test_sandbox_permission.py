"""The sandbox moves no money: on an installation that buyers can reach, it needs the operator's permission."""

from dataclasses import replace
from typing import Any

import pytest

from services.kit.values.config import BadSetting, Settings
from services.payments import sandbox_permission
from services.payments.wiring import build
from tests.deploy.rendered import settings
from tests.stage import Stage

PUBLIC = "https://links.eventhub.example"


@pytest.mark.parametrize("said", [{"sandbox": "no"}, {"public_url": PUBLIC}, {"sandbox": "no", "public_url": PUBLIC}])
async def test_payments_does_not_start_without_permission_if_buyers_can_come(
    stage: Stage, said: dict[str, Any]
) -> None:
    stage.platform.runtime.settings = replace(stage.platform.runtime.settings, **said)

    with pytest.raises(BadSetting, match=r"^EVENTHUB_SANDBOX: .*'yes'"):
        await stage.add(build)


async def test_an_operator_that_permits_it_is_told_at_every_start_and_by_a_gauge(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.platform.runtime.settings = replace(stage.platform.runtime.settings, sandbox="yes", public_url=PUBLIC)

    context = await stage.add(build)

    assert "no money moves" in capsys.readouterr().out
    readings = [reading for gauges in context.gauges for reading in await gauges()]
    assert [reading.value for reading in readings if reading.name == "payments_sandbox"] == [1.0]


def test_on_a_developers_machine_it_needs_no_permission() -> None:
    sandbox_permission.check(Settings())


def test_production_says_no() -> None:
    assert settings("overlays/prod")["EVENTHUB_SANDBOX"] == "no"
