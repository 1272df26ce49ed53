"""Programs that tests run: requirements-dev.txt brings them, beside the interpreter."""

import os
import shutil
import sys
from pathlib import Path

BESIDE = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def program(name: str) -> str:
    """Where a program is."""
    found = shutil.which(name, path=BESIDE)
    assert found, f"{name} is not there: requirements-dev.txt brings it where it can"
    return found
