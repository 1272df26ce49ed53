"""Another version of the sources, to measure beside this one."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.measurements.servers import ROOT

IMAGE = Path("clients") / "eventhub" / "eventhub.binpb"


class UnknownVersion(Exception):
    """Git has no such commit."""


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Yields a temporary folder with the sources of a commit, and removes it. Raises UnknownVersion."""
    with tempfile.TemporaryDirectory(prefix="eventhub-version-") as name:
        folder = Path(name) / "sources"
        added = git("worktree", "add", "--detach", str(folder), commit)
        if added.returncode:
            raise UnknownVersion(f"{commit}: {added.stderr.strip()}")
        try:
            # This version was compiled by scripts/env; without this, the first start of the other would take longer.
            compiled = (sys.executable, "-m", "compileall", "-q", "services", "clients")
            subprocess.run(compiled, cwd=folder, check=True)
            yield folder
        finally:
            git("worktree", "remove", "--force", str(folder))


def git(*command: str) -> "subprocess.CompletedProcess[str]":
    """Runs git on this version's repository."""
    return subprocess.run(("git", *command), cwd=ROOT, capture_output=True, text=True, check=False)


def changed_wire(other: Path) -> list[str]:
    """Returns the files of the contract that differ in the sources of another version, apart from their comments. The
    load generator speaks this version's contract."""
    if not (other / IMAGE).exists():
        return [str(IMAGE)]
    ours, theirs = contract(ROOT), contract(other)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def contract(root: Path) -> dict[str, bytes]:
    """Returns the files of a version's contract by name, without comments."""
    image = FileDescriptorSet.FromString((root / IMAGE).read_bytes())
    for file in image.file:
        file.ClearField("source_code_info")
    return {file.name: file.SerializeToString(deterministic=True) for file in image.file}
