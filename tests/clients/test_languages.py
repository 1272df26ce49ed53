"""Programs in other languages buy a ticket with stubs that they generate from the shipped image."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub import EventHub
from tests.mesh import show as shows
from tests.mesh.platform_process import platform_process
from tests.sources import ROOT

EXAMPLES = ROOT / "examples"
# The first run downloads a language's packages.
PATIENCE_S = 600
COLOURS = re.compile(r"\x1b\[\d*m")
IN_CI = "CI" in os.environ
# As the guide says it.
GO_PLUGINS = re.findall(r"^go install (\S+)$", (ROOT / "docs" / "clients.md").read_text(), re.MULTILINE)
MAVEN = ("mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "-Dstyle.color=never")


@dataclass(frozen=True, slots=True)
class Language:
    """The commands that build and run an example. needs: programs that must be installed. {address}: the platform's
    gRPC address."""

    needs: tuple[str, ...]
    make: tuple[Sequence[str], ...]
    run: Sequence[str]
    settings: Mapping[str, str] = field(default_factory=dict)


LANGUAGES = {
    "go": Language(
        ("go",),
        (*(("go", "install", plugin) for plugin in GO_PLUGINS), ("buf", "generate"), ("go", "build", "-o", "buy", ".")),
        ("./buy", "{address}"),
    ),
    "typescript": Language(
        ("node", "npm"),
        (
            ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"),
            ("npm", "run", "--silent", "generate"),
            ("npm", "run", "--silent", "build"),
        ),
        ("npm", "start", "--silent", "--", "{address}"),
    ),
    "java": Language(
        ("mvn", "javac"),
        ((*MAVEN, "compile"),),
        (*MAVEN, "compile", "exec:java", "-Dexec.args={address}"),
    ),
}


@pytest_asyncio.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Runs a platform with an event on sale and yields its address."""
    with platform_process(tmp_path / "data") as platform:
        async with EventHub(platform.address) as hub:
            await shows.open_show(hub)
        yield platform.address


def ran(folder: Path, command: Sequence[str]) -> str:
    """Returns the output of a command. If it fails, the test fails with the output."""
    tools = folder / "tools"
    environment = {
        **os.environ,
        "GOBIN": str(tools),
        "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return COLOURS.sub("", done.stdout)


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("name", LANGUAGES)
def test_a_ticket_is_bought(name: str, tmp_path: Path, address: str) -> None:
    language = LANGUAGES[name]
    missing = [program for program in language.needs if shutil.which(program) is None]
    if missing and not IN_CI:
        pytest.skip(f"{', '.join(missing)} is not installed")
    assert not missing, f"CI must bring {', '.join(missing)}"
    # A fresh clone: the image and the service config lie beside the example, and nothing is built.
    folder = tmp_path / "clone" / "examples" / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("node_modules", "target", "gen", "contract"))
    shutil.copytree(ROOT / "clients" / "eventhub", tmp_path / "clone" / "clients" / "eventhub")

    for command in language.make:
        ran(folder, command)
    said = ran(folder, [word.format(address=address) for word in language.run])

    lines = said.splitlines()
    assert "ORDER_STATE_PAID" in lines
    assert "ticket Geral" in lines
    assert "refused eventhub EVENT_NOT_FOUND" in lines
