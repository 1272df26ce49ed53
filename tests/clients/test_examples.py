"""Runs examples/python as their usage describes: an organizer, a watcher, a buyer and a gate."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mesh.platform_process import PlatformProcess, platform_process
from tests.sources import ROOT

PATIENCE_S = 60
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "clients"), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[PlatformProcess]:
    with platform_process(tmp_path) as running:
        yield running


def command(name: str, *words: str) -> list[str]:
    return [sys.executable, f"examples/python/{name}.py", *words]


def ran(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(name, *words),
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def values(printed: str) -> dict[str, str]:
    """Parses lines of the form "NAME value"."""
    lines = (line.partition(" ") for line in printed.splitlines())
    return {name: value for name, _, value in lines if name.isupper()}


def test_a_ticket_goes_from_the_organizer_to_the_gate(platform: PlatformProcess) -> None:
    organized = ran("organizer", platform.address, "bia@casa.example")
    told = values(organized.stdout)
    watched = command("watcher", platform.address, "bia@casa.example", "correct horse battery", told["EVENT"], "1")
    watcher = subprocess.Popen(watched, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    bought = ran("buyer", platform.address, told["EVENT"], "Ana Souza", "ana@example.com")
    scan = platform.address, told["GATE"], told["SECRET"], told["EVENT"], values(bought.stdout)["CODE"]
    first, second = ran("gate", *scan), ran("gate", *scan)
    seen, _ = watcher.communicate(timeout=PATIENCE_S)

    assert "ORDER_STATE_PAID" in bought.stdout
    assert first.stdout == "come in: Inteira \n"
    assert (second.returncode, "North gate" in second.stderr) == (1, True)
    assert seen.splitlines()[-1] == "1 sold, 0 held of 40"
