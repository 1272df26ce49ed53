"""The script that makes seating plans."""

import json
import subprocess
import sys
from pathlib import Path

from tests.catalog.requests import PLAN

SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "make_hall.py"


def test_it_makes_exactly_the_theatre_of_the_tests(tmp_path: Path) -> None:
    made = tmp_path / "teatro.json"
    subprocess.run([sys.executable, SCRIPT, "--out", made], check=True)
    assert made.read_bytes() == PLAN.read_bytes()


def test_it_makes_plain_halls(tmp_path: Path) -> None:
    made = tmp_path / "hall.json"
    subprocess.run([sys.executable, SCRIPT, "--rows", "3", "--seats-per-row", "4", "--out", made], check=True)
    rows = json.loads(made.read_text())["zones"][0]["rows"]
    assert [len(row["seats"]) for row in rows] == [4, 4, 4]


def test_it_wants_the_whole_size(tmp_path: Path) -> None:
    made = tmp_path / "hall.json"
    asked = subprocess.run([sys.executable, SCRIPT, "--rows", "3", "--out", made], check=False, capture_output=True)
    assert asked.returncode == 2
    assert not made.exists()
