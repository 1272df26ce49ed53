"""The scripts: --help says what each takes and does nothing else, and the environment is set up no more than needed."""

import re
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


# What pip says of these, the third of which is there already and the last of which is for another system.
PINS = "asked==1 \\\n    --hash=sha256:0\nbuilt==1\nthere==1\nelsewhere==1 ; sys_platform == 'win32'\n"
PIP = """
Ignoring elsewhere: markers 'sys_platform == "win32"' don't match your environment
Collecting asked==1 (from -r requirements-dev.txt (line 1))
  Downloading asked-1-py3-none-any.whl (1 kB)
Collecting built==1 (from -r requirements-dev.txt (line 3))
  Installing build dependencies: started
  Installing build dependencies: finished with status 'done'
Requirement already satisfied: there==1 in ./.venv/lib (from -r requirements-dev.txt (line 4))
Installing collected packages: asked, built
Successfully installed asked-1 built-1
"""


def with_pip(clone: Path) -> None:
    """Puts a pip in the clone that installs nothing, notes what it is called for, and says what pip does."""
    does = (
        f'case $2 in pip) echo "$*" >> .venv/asked; cat << \'END\'\n{PIP}\nEND\n;; *) exec {sys.executable} "$@";; esac'
    )
    program(clone / ".venv" / "bin" / "python", does)


def asked(clone: Path) -> list[str]:
    """Which sets pip was asked to install."""
    calls = clone / ".venv" / "asked"
    return re.findall(r"-r (\S+)", calls.read_text()) if calls.exists() else []


def test_setting_up_counts_to_the_end_and_unpacks_once(clone: Path) -> None:
    (clone / "requirements-dev.txt").write_text(PINS)
    with_pip(clone)

    told = ran(clone, "gen", "--help")

    assert told.returncode == 0
    assert told.stderr.splitlines() == [
        "Setting up .venv from requirements-dev.txt, this once: up to 4 packages, in one to three minutes",
        "  fetching 1 of 3: asked==1",
        "  fetching 2 of 3: built==1",
        "  having 3 of 3: there==1",
        "  unpacking them",
        "  compiling",
    ]
    assert ran(clone, "gen", "--help").stderr == ""


def test_the_larger_set_covers_the_smaller(clone: Path) -> None:
    with_pip(clone)
    (clone / ".venv" / "installed-requirements.txt").unlink()

    assert ran(clone, "bench", "--help").stderr == ""
    assert asked(clone) == []


def test_a_smaller_set_that_is_not_covered_is_installed(clone: Path) -> None:
    with_pip(clone)
    with (clone / "requirements.txt").open("a") as pins:
        pins.write("new==1\n")

    assert ran(clone, "bench", "--help").returncode == 0
    assert ran(clone, "bench", "--help").stderr == ""
    assert asked(clone) == ["requirements.txt"]


def test_what_was_installed_before_is_looked_at_again_after_another_set(clone: Path) -> None:
    with_pip(clone)
    now = (clone / "requirements.txt").read_text()
    (clone / "requirements.txt").write_text("older==1\n")
    ran(clone, "bench", "--help")
    (clone / "requirements.txt").write_text(now)

    ran(clone, "bench", "--help")

    assert asked(clone) == ["requirements.txt"] * 2


def test_what_runs_is_pinned_alike_for_development() -> None:
    smaller, larger = (set(re.findall(r"^\S+==\S+", (ROOT / wanted).read_text(), re.MULTILINE)) for wanted in SETS)

    assert smaller < larger
