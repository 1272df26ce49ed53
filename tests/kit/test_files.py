"""A file is written whole or not at all, and for its own user only."""

import os
import stat
from pathlib import Path

import pytest

from services.kit.values import write_all_durably, write_durably


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


def test_several_files_are_written_and_their_folder_is_flushed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, flush = [], os.fsync

    def seen(file: int) -> None:
        flushed.append(stat.S_ISDIR(os.fstat(file).st_mode))
        flush(file)

    monkeypatch.setattr(os, "fsync", seen)
    write_all_durably({tmp_path / f"{n}.eml": str(n).encode() for n in range(3)})

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "0.eml": b"0",
        "1.eml": b"1",
        "2.eml": b"2",
    }
    assert flushed == [False, False, False, True], "the files, and the folder after them"


def test_an_error_leaves_each_file_old_or_new(tmp_path: Path) -> None:
    (tmp_path / "1.eml").mkdir()
    (tmp_path / "2.eml").write_bytes(b"old")

    with pytest.raises(OSError):  # noqa: PT011 - as the disk says it
        write_all_durably({tmp_path / f"{n}.eml": b"new" for n in range(3)})
    assert [(tmp_path / f"{n}.eml").read_bytes() for n in (0, 2)] == [b"new", b"old"]
