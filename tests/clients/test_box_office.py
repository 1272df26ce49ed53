"""Runs clients/box_office.py as its usage says."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from eventhub import EventHub
from tests.mesh import show as shows
from tests.mesh.platform_process import PlatformProcess, platform_process
from tests.sources import ROOT

PATIENCE_S = 60


@pytest_asyncio.fixture
async def on_sale(tmp_path: Path) -> AsyncIterator[tuple[PlatformProcess, shows.Show]]:
    """Runs a platform with an event on sale."""
    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as hub:
            yield platform, await shows.open_show(hub)


def ran(*command: str, typed: str = "") -> str:
    """Returns the output of a Python program. typed: the user's input."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients")},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_lists_and_buys_as_its_usage_says(on_sale: tuple[PlatformProcess, shows.Show]) -> None:
    platform, show = on_sale

    listed = ran("clients/box_office.py", platform.address)
    bought = ran("clients/box_office.py", platform.address, show.event_id, "Ana Souza", "ana@example.com")
    asked = ran("clients/box_office.py", platform.address, show.event_id, typed="Rui\nrui@example.com\n")

    assert listed.split() == [show.event_id, "2036-05-04T19:00", "Show"]
    assert bought == "ORDER_STATE_PAID Geral\n"
    assert asked.endswith("ORDER_STATE_PAID Geral\n")
