"""The README's commands work as they are printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.deploy.programs import BESIDE
from tests.mesh.platform_process import platform_process
from tests.sources import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
(PYTHON,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
GRPCURL_BLOCKS = [block for block in BLOCKS if "grpcurl" in block or "call " in block]
NOTHING_YET = "nothing without numbered seats is on sale yet\n"
WATCH = "call inventory.v1.InventoryService/WatchOccupancy"


def test_every_command_and_the_program_work_as_printed(tmp_path: Path) -> None:
    # The last stream runs until Ctrl-C, as the README explains; this test reads only its first message.
    text = "\n".join(GRPCURL_BLOCKS).replace(WATCH, f"first_message {WATCH}")
    script = "set -eu\n" + FIRST_MESSAGE + text
    with platform_process(tmp_path, port=7070):
        before = printed_by(sys.executable, "-c", PYTHON, cwd=tmp_path)
        ran = printed_by("bash", "-c", script, cwd=tmp_path)
        after = printed_by(sys.executable, "-c", PYTHON, cwd=tmp_path)

    assert (before, after) == (NOTHING_YET, "ORDER_STATE_PAID\n")
    for sign in (
        "eventhub.orders.v1.OrdersService",
        '"status": "SERVING"',
        '"state": "EVENT_STATE_PUBLISHED"',
        '"state": "ORDER_STATE_PAID"',
        '"minor": "7200"',
        '"ticketTypeName": "Ouvinte"',
        '"link": "http',
        '"state": "TICKET_STATE_USED"',
        "TICKET_USED",
        '"stocks":',
    ):
        assert sign in ran, f"{sign} is missing in:\n{ran}"
    assert re.findall(r'"seatId": "(.*?)"', ran)[:4] == ["A-3", "A-4"] * 2, "those proposed, and those held"


def printed_by(*command: str, cwd: Path) -> str:
    """What a command prints. It must not fail."""
    environment = {**os.environ, "PATH": BESIDE, "PYTHONPATH": str(ROOT / "clients")}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=cwd, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


FIRST_MESSAGE = """
first_message() {
    coproc "$@" 2>/dev/null
    while read -r line <&"${COPROC[0]}"; do echo "$line"; [ "$line" = "}" ] && break; done
    kill "$COPROC_PID" 2>/dev/null || true
}
"""


def test_the_readme_has_the_blocks_this_file_runs() -> None:
    commands = len(re.findall(r"^call |^grpcurl ", "\n".join(GRPCURL_BLOCKS), re.MULTILINE))

    assert commands >= 15
    assert WATCH in README
    assert README.count("grpcurl") >= 5


def test_the_readme_names_every_script() -> None:
    scripts = [path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix]

    assert [name for name in scripts if name != "env" and name not in README] == []
