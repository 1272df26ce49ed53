"""Files that are written whole or not at all."""

import os
from pathlib import Path

PRIVATE_FILE = 0o600


def write_durably(path: Path, data: bytes) -> None:
    """Writes a file that only this process's user can read, in place of any file with this name. It is complete and on
    the disk when this returns. Raises OSError.

    After a crash the path holds the old file or the new one, never a part: the data goes into a second file, which is
    flushed and then renamed. The folder is flushed too, because the rename itself is otherwise lost with a power cut.
    """
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
