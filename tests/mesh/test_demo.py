"""The story of the demo holds, within its time."""

import re
import subprocess
import sys
from pathlib import Path

from tests.sources import ROOT


def test_the_story_holds_from_the_plan_to_the_reports(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "scripts.story", "--out", str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}", "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert len(re.findall(r"^\d\. ", told.stdout, re.MULTILINE)) == 9
    assert {path.suffix for path in tmp_path.glob("ticket-*")} == {".png", ".svg"}


def test_a_story_without_a_platform_ends_with_an_error(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "scripts.story", "--out", str(tmp_path)],
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}",
            "PATH": "/usr/bin:/bin",
            "TMPDIR": str(tmp_path),
            "EVENTHUB_PORTT": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode != 0
    assert "EVENTHUB_PORTT is no setting" in told.stdout + told.stderr
