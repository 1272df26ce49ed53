"""Files that are written whole or not at all."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

PRIVATE_FILE = 0o600


def write_durably(path: Path, data: bytes) -> None:
    """Writes a file that only this process's user can read, in place of any file with this name. It is complete and on
    the disk when this returns. Raises OSError.

    After a crash the path holds the old file or the new one, never a part: the data goes into a second file, which is
    flushed and then renamed. The folder is flushed too, because the rename itself is otherwise lost with a power cut.
    """
    write_all_durably({path: data})


def write_all_durably(files: Mapping[Path, bytes]) -> None:
    """Writes several files, each as write_durably() does, with fewer waits for the disk: all are written before the
    first is flushed, and a folder is flushed once. After an error each path holds the old file or the new one. Raises
    OSError."""
    unfinished = {path: path.with_name(f".{path.name}.new") for path in files}
    with ExitStack() as opened:
        written = []
        for path, data in files.items():
            unfinished[path].unlink(missing_ok=True)
            descriptor = os.open(unfinished[path], os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            file = opened.enter_context(os.fdopen(descriptor, "wb"))
            file.write(data)
            file.flush()
            written.append(file)
        for file in written:
            os.fsync(file.fileno())
    for path, new in unfinished.items():
        new.replace(path)
    for folder in {path.parent for path in files}:
        flush_folder(folder)


def flush_folder(folder: Path) -> None:
    """Waits until the disk has the names of a folder's files. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
