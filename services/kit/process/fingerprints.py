"""Keys that must never be lost: a database remembers which it was begun with, and a start without them is refused."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fnmatch import fnmatch
from pathlib import Path

from services.kit.db.database import Database, Tx
from services.kit.observe import log
from services.kit.values.config import BadSetting, Settings

SHOWN = 16


@asynccontextmanager
async def remembered(
    database: Database, settings: Settings, lasting: tuple[str, ...], rotated: str = ""
) -> AsyncIterator[None]:
    """Inside, keys that are missing may be made: they are new. Files of the keys' folder by pattern: those of lasting
    stay for ever; of rotated some may go, while there is another. Raises BadSetting for any that is
    missing or another, and where a key cannot be read or made."""
    folder, patterns = settings.keys_folder, (*lasting, *filter(None, [rotated]))
    before = await database.read(read)
    here = await asyncio.to_thread(fingerprints, folder, patterns)
    lost = {name for name, print_ in before.items() if here.get(name) != print_}
    gone = {name for name in lost if fnmatch(name, rotated) and name not in here}
    if any(fnmatch(name, rotated) for name in here):
        lost -= gone  # taken out: another is in use
    complain(folder, {name: name in here for name in lost - settings.anew})
    try:
        yield
    except (OSError, ValueError) as odd:
        raise BadSetting(f"the keys in {folder}: {odd}") from None
    here = await asyncio.to_thread(fingerprints, folder, patterns)
    if here != before:
        log.get(database.name).info("keys noted", names=sorted(name for name in here if here[name] != before.get(name)))
        await database.write(keep, here, set(before) - set(here))


def complain(folder: Path, lost: dict[str, bool]) -> None:
    """Raises BadSetting for keys that are lost, each with whether another is in its place."""
    if not lost:
        return
    names = ",".join(sorted(lost))
    told = ", ".join(f"{name} is {'another' if other else 'missing'}" for name, other in sorted(lost.items()))
    raise BadSetting(
        f"the keys in {folder} are not those of this installation: {told}. Restore them from a backup: what they made"
        f" is worth nothing without them. What is lost for good is begun anew by EVENTHUB_BEGIN_ANEW={names}"
    )


def fingerprints(folder: Path, patterns: tuple[str, ...]) -> dict[str, str]:
    """The fingerprint of each key of a folder, by its file's name."""
    files = sorted(path for pattern in patterns for path in folder.glob(pattern))
    return {path.name: hashlib.sha256(b"eventhub key\0" + path.read_bytes()).hexdigest()[:SHOWN] for path in files}


async def read(tx: Tx) -> dict[str, str]:
    """The keys a database knows."""
    rows = await tx.all("SELECT name, fingerprint FROM key_fingerprint ORDER BY name")
    return {row[0]: row[1] for row in rows}


async def keep(tx: Tx, here: dict[str, str], gone: set[str]) -> None:
    """Has a database know these keys, and those no longer that are gone."""
    for name in sorted(gone):
        await tx.run("DELETE FROM key_fingerprint WHERE name = $1", name)
    for name, print_ in sorted(here.items()):
        await tx.run(
            """INSERT INTO key_fingerprint (name, fingerprint) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint""",
            name,
            print_,
        )
