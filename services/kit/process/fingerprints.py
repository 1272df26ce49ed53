"""Guards keys that must never be lost: the database stores their fingerprints, and a start with other keys is refused.

Example: ticketing signs tickets with its keys. If the folder of keys were lost and new keys made silently, no ticket
sold so far would open a gate.
"""

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
    """Checks the keys, then lets the caller make those that are missing because they are new, then stores the
    fingerprints of all. Raises BadSetting if a known key is missing or has changed, or if a key cannot be read or made.

    lasting: patterns of key files that must never change.
    rotated: pattern of key files of which some may be deleted, as long as one is left.
    """
    folder, patterns = settings.keys_folder, (*lasting, *filter(None, [rotated]))
    before = await database.read(read)
    here = await asyncio.to_thread(fingerprints, folder, patterns)
    lost = {name for name, print_ in before.items() if here.get(name) != print_}
    gone = {name for name in lost if fnmatch(name, rotated) and name not in here}
    if any(fnmatch(name, rotated) for name in here):
        lost -= gone  # the operator has rotated them out
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
    """Raises BadSetting if keys are lost. lost: whether each has another key in its place, by name."""
    if not lost:
        return
    names = ",".join(sorted(lost))
    told = ", ".join(f"{name} is {'another' if other else 'missing'}" for name, other in sorted(lost.items()))
    raise BadSetting(
        f"the keys in {folder} are not those of this installation: {told}. Restore them from a backup: everything made"
        f" with them is worthless without them. To make new ones, set EVENTHUB_BEGIN_ANEW={names}"
    )


def fingerprints(folder: Path, patterns: tuple[str, ...]) -> dict[str, str]:
    """The fingerprints of a folder's keys, by file name."""
    files = sorted(path for pattern in patterns for path in folder.glob(pattern))
    return {path.name: hashlib.sha256(b"eventhub key\0" + path.read_bytes()).hexdigest()[:SHOWN] for path in files}


async def read(tx: Tx) -> dict[str, str]:
    """The fingerprints that the database stores, by file name."""
    rows = await tx.all("SELECT name, fingerprint FROM key_fingerprint ORDER BY name")
    return {row[0]: row[1] for row in rows}


async def keep(tx: Tx, here: dict[str, str], gone: set[str]) -> None:
    """Stores fingerprints, and deletes those of keys that are gone."""
    for name in sorted(gone):
        await tx.run("DELETE FROM key_fingerprint WHERE name = $1", name)
    for name, print_ in sorted(here.items()):
        await tx.run(
            """INSERT INTO key_fingerprint (name, fingerprint) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint""",
            name,
            print_,
        )
