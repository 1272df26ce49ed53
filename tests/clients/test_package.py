"""Two distributions: the client has only the top-level name eventhub, and the server has a command."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.sources import ROOT

PATIENCE_S = 300
PARTS = ("services", "clients", "pyproject.toml", "requirements.in", "requirements-client.in", "README.md", "LICENSE")
# What the texts tell people to type.
INSTALLS = ("pip install ./clients", "pip install './clients[types]'", "pip install ./clients .")


def wheel(source: Path, out: Path) -> Path:
    """Builds the wheel of a folder's distribution."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", str(out), str(source)], check=True, timeout=PATIENCE_S)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies the sources, because a build writes files beside them."""
    folder = tmp_path_factory.mktemp("sources")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return folder


@pytest.mark.timeout(PATIENCE_S)
def test_the_client_brings_one_name_and_all_that_callers_need(sources: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel(sources / "clients", tmp_path)) as built:
        names = built.namelist()
        built.extractall(tmp_path / "installed")

    assert {name.split("/")[0] for name in names} == {"eventhub", "eventhub-2026.11.0.dist-info"}
    wanted = {"py.typed", "__init__.pyi", "eventhub.binpb", "service_config.json", "buf/validate/validate_pb2.py"}
    assert {f"eventhub/{name}" for name in wanted} <= set(names)
    used = subprocess.run(
        [sys.executable, "-c", "from eventhub import EventHub, HoldRequest, SeatTaken; print(EventHub.__module__)"],
        env={"PYTHONPATH": str(tmp_path / "installed"), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert used.stdout == "eventhub.client\n"


@pytest.mark.timeout(PATIENCE_S)
def test_the_server_brings_its_schemas_its_templates_and_its_command(sources: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel(sources, tmp_path)) as built:
        names = set(built.namelist())
        about = "eventhub_server-2026.11.0.dist-info"
        commands = built.read(f"{about}/entry_points.txt").decode()
        needs = built.read(f"{about}/METADATA").decode()

    tops = {name.split("/")[0] for name in names}
    data = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "services").rglob("*")
        if path.suffix in (".sql", ".html", ".txt")
    }
    assert tops == {"services", about}
    assert data <= names
    assert "eventhub = services.__main__:main" in commands
    assert "Requires-Dist: eventhub==2026.11.0" in needs


def test_the_texts_say_how_both_are_installed() -> None:
    for text in (ROOT / "README.md", ROOT / "clients" / "README.md"):
        assert set(re.findall(r"`(pip install [^`]+)`", text.read_text())) == set(INSTALLS)


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("command", INSTALLS)
def test_what_the_texts_say_installs(sources: Path, command: str) -> None:
    words = [sys.executable, "-m", *shlex.split(command), "--dry-run", "--disable-pip-version-check"]
    told = subprocess.run(words, cwd=sources, capture_output=True, text=True, check=False, timeout=PATIENCE_S)

    assert told.returncode == 0, told.stderr
    assert "Would install eventhub-2026.11.0" in told.stdout
    assert ("eventhub-server-2026.11.0" in told.stdout) == command.endswith(" .")
