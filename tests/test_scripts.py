"""The scripts: --help says what each takes and does nothing else, and the environment is set up no more than needed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import ROOT

PATIENCE_S = 60
SCRIPTS = sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and path.stat().st_mode & 0o100)
SETS = ("requirements.txt", "requirements-dev.txt")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose environment is set up."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("services", "clients"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    for wanted in SETS:
        shutil.copy(ROOT / wanted, tmp_path)
    program(tmp_path / ".venv" / "bin" / "python", f'exec {sys.executable} "$@"')
    for wanted in SETS:
        stamp(tmp_path, wanted)
    return tmp_path


def program(path: Path, does: str) -> None:
    """A program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)


def stamp(clone: Path, wanted: str) -> None:
    """Has a set of packages count as installed."""
    shutil.copy(clone / wanted, clone / ".venv" / f"installed-{wanted}")


def ran(clone: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """A script of the clone, as it ran."""
    return subprocess.run(
        [str(clone / "scripts" / command[0]), *command[1:]],
        cwd=clone,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def files(clone: Path) -> set[str]:
    """What lies in the clone, but for compiled code."""
    return {str(path) for path in clone.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_what_a_script_takes_and_does_nothing_else(clone: Path, name: str) -> None:
    before = files(clone)

    told = ran(clone, name, "--help")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"usage: {name} ")
    assert files(clone) == before


def test_help_of_the_tests_names_their_own_options(clone: Path) -> None:
    told = ran(clone, "test", "tests/inventory", "-h").stdout

    for option in ("--all", "--long", "--database", "--mesh", "--languages"):
        assert f"\n  {option}" in told


@pytest.mark.parametrize("command", [("check", "services"), ("gen", "--out"), ("manifests", "--out")])
def test_what_a_script_does_not_take_is_refused(clone: Path, command: tuple[str, ...]) -> None:
    before = files(clone)

    assert ran(clone, *command).returncode == 2
    assert files(clone) == before
