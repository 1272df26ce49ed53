"""The command eventhub: which programs there are, which version it is, and that nothing else is done by mistake."""

import re
import subprocess
import sys
import tomllib

import pytest

from services.__main__ import PROGRAMS
from services.kit.values.version import VERSION
from tests.sources import CLIENTS, ROOT

PATIENCE_S = 60


def said(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """What the command says."""
    return subprocess.run(
        [sys.executable, "-m", "services", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("-h", "up")])
def test_the_command_says_which_programs_there_are(arguments: tuple[str, ...]) -> None:
    told = said(*arguments)

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("usage: eventhub PROGRAM")
    assert re.findall(r"^  (\w+) ", told.stdout, re.MULTILINE) == list(PROGRAMS)


def test_the_command_says_its_version() -> None:
    told = said("--version")

    assert (told.returncode, told.stdout, told.stderr) == (0, f"eventhub {VERSION}\n", "")


def test_the_client_and_the_server_have_one_version() -> None:
    client = tomllib.loads((CLIENTS / "pyproject.toml").read_text())["project"]
    wanted = (ROOT / "requirements-client.in").read_text().splitlines()

    assert client["version"] == VERSION
    assert f"eventhub=={VERSION}" in wanted


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_says_what_it_takes(name: str) -> None:
    told = said(name, "--help")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"usage: {name} ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "eventhub: say which program, one of: up, serve, migrate, keys, probe\n"),
        (("upp",), "eventhub: there is no program 'upp', one of: up, serve, migrate, keys, probe\n"),
        (("--data-dir", "x"), "eventhub: there is no program '--data-dir', one of: up, serve, migrate, keys, probe\n"),
    ],
)
def test_another_program_is_refused_in_one_line(arguments: tuple[str, ...], line: str) -> None:
    told = said(*arguments)

    assert (told.returncode, told.stdout, told.stderr) == (2, "", line)
