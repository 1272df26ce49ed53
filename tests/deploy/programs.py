"""Programs that tests run. requirements-dev.txt installs them beside the interpreter."""

import os
import shutil
import sys
from pathlib import Path

BESIDE = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def program(name: str) -> str:
    """Returns the path of a program; fails if it is not installed."""
    found = shutil.which(name, path=BESIDE)
    assert found, f"{name} is not installed: requirements-dev.txt brings it on supported systems"
    return found
