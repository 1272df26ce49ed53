"""A file is written whole or not at all, and for its own user only."""

import os
from pathlib import Path

import pytest

from services.kit.values import write_durably


def test_a_file_is_replaced_and_only_its_user_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "token-1.key"
    path.write_bytes(b"old")
    path.chmod(0o644)

    write_durably(path, b"new")

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError

    path = tmp_path / "token-1.key"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError):  # noqa: PT011 - as the disk says it
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"

    monkeypatch.undo()
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
