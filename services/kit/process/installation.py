"""Refuses a start if some databases of the installation are lost, instead of beginning them empty.

Each database stores the names of all. Example: orders.db was deleted by mistake. An empty one would let the process
start, and every sold order would be gone without an error.
"""

from collections.abc import Iterable

from eventhub.refusal import TransientRefusal
from services.kit.db.database import Database, Tx
from services.kit.db.migrations import has_table
from services.kit.db.opening import opened
from services.kit.observe import log
from services.kit.values import config
from services.kit.values.clock import Clock
from services.kit.values.config import BadSetting, Settings
from services.kit.values.ids import Ids

LOOK_EVERY_S = 1.0
# PostgreSQL's error if it has no database with this name.
NO_DATABASE = "InvalidCatalogNameError"
Known = dict[str, set[str] | None]


class Away(Exception):
    """A database cannot be reached. Its text is the database's name."""


async def known(settings: Settings, names: Iterable[str], ids: Ids) -> Known:
    """Reads from each database the names of all databases of the installation. The value is None for a database that
    does not exist or is empty. Raises Away."""
    return {name: await told_by(settings, name, ids) for name in names}


async def waited_for(settings: Settings, names: Iterable[str], ids: Ids, clock: Clock) -> Known:
    """As known(), but waits until all databases can be reached."""
    said = ""
    while True:
        try:
            return await known(settings, names, ids)
        except Away as away:
            if said != str(away):
                said = str(away)
                log.get(said).warning("waiting for the database", why="it cannot be reached")
        await clock.sleep(LOOK_EVERY_S)


async def told_by(settings: Settings, name: str, ids: Ids) -> set[str] | None:
    """Reads one database, and does not create it if it does not exist. Raises Away."""
    if not config.database_url(settings) and not (settings.data_dir / f"{name}.db").exists():
        return None
    database = await opened(settings, name, ids)
    try:
        return await database.read(read, database.dialect)
    except TransientRefusal as away:
        if str(away.__cause__) == NO_DATABASE:
            return None
        raise Away(name) from None
    finally:
        await database.close()


async def read(tx: Tx, dialect: str) -> set[str] | None:
    """The names that a database stores; None if it is empty, so that it has had no migration."""
    if not await has_table(tx, dialect, "schema_version"):
        return None
    if not await has_table(tx, dialect, "installation"):
        return set()
    return {row[0] for row in await tx.all("SELECT name FROM installation ORDER BY name")}


def check(found: Known, settings: Settings) -> set[str]:
    """Returns the lost databases that begin anew because the settings say so. Raises BadSetting if others are lost,
    that is, another database names them but they do not exist or are empty."""
    told = set[str]().union(*(names for names in found.values() if names))
    lost = {name for name in told & found.keys() if found[name] is None}
    unwanted = ",".join(sorted(lost - settings.anew))
    if unwanted:
        place = "PostgreSQL" if config.database_url(settings) else settings.data_dir
        raise BadSetting(
            f"of this installation's databases in {place}, some are missing or empty: {unwanted}. Restore all of"
            f" them to one moment. To begin these empty, set EVENTHUB_BEGIN_ANEW={unwanted}"
        )
    if lost:
        log.get("installation").warning("databases begun anew", names=sorted(lost))
    return lost


async def note(databases: Iterable[Database], names: Iterable[str]) -> None:
    """Stores the names of all databases in each of them."""

    async def keep(tx: Tx) -> None:
        for name in told:
            await tx.run("INSERT INTO installation (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", name)

    told = sorted(names)
    for database in databases:
        if await database.read(read, database.dialect) != set(told):
            await database.write(keep)


async def begin_anew(databases: Iterable[Database], producers: Iterable[str]) -> None:
    """Deletes the cursors for some producers in all databases, so that followers read the new histories from the
    beginning."""

    async def forget(tx: Tx) -> None:
        for producer in producers:
            await tx.run("DELETE FROM feed_cursor WHERE producer = $1", producer)

    for database in databases:
        await database.write(forget)
