"""The sandbox is no payment provider for people: where they could come, somebody has to say that it may be one."""

from dataclasses import replace
from typing import Any

import pytest

from services.kit.values.config import BadSetting, Settings
from services.payments import permission
from services.payments.wiring import build
from tests.deploy.rendered import settings
from tests.stage import Stage

PUBLIC = "https://links.eventhub.example"


@pytest.mark.parametrize("said", [{"sandbox": "no"}, {"public_url": PUBLIC}, {"sandbox": "no", "public_url": PUBLIC}])
async def test_payments_does_not_start_with_it_where_people_come(stage: Stage, said: dict[str, Any]) -> None:
    stage.platform.runtime.settings = replace(stage.platform.runtime.settings, **said)

    with pytest.raises(BadSetting, match=r"^EVENTHUB_SANDBOX: .*'yes'"):
        await stage.add(build)


async def test_whoever_says_yes_is_told_at_every_start_and_by_a_figure(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.platform.runtime.settings = replace(stage.platform.runtime.settings, sandbox="yes", public_url=PUBLIC)

    context = await stage.add(build)

    assert "no money moves" in capsys.readouterr().out
    readings = [reading for gauges in context.gauges for reading in await gauges()]
    assert [reading.value for reading in readings if reading.name == "payments_sandbox"] == [1.0]


def test_on_ones_own_machine_it_is_there_unasked() -> None:
    permission.check(Settings())


def test_production_says_no() -> None:
    assert settings("overlays/prod")["EVENTHUB_SANDBOX"] == "no"
