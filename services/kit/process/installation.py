"""What an installation has been made of: a start that finds some of its databases gone does not make them anew."""

from collections.abc import Iterable

from eventhub.refusals import Overloaded, Unavailable
from services.kit.db.database import Database, Tx
from services.kit.db.migrations import has_table
from services.kit.db.opening import opened
from services.kit.observe import log
from services.kit.values import config
from services.kit.values.clock import Clock
from services.kit.values.config import BadSetting, Settings
from services.kit.values.ids import Ids

LOOK_EVERY_S = 1.0
# What PostgreSQL says where it has no database of this name.
NO_DATABASE = "InvalidCatalogNameError"
Known = dict[str, set[str] | None]


class Away(Exception):
    """A database cannot be reached. Its text is the name."""


async def known(settings: Settings, names: Iterable[str], ids: Ids) -> Known:
    """What each of some databases says that the installation has; None for one that is not there, or is empty. Raises
    Away."""
    return {name: await told_by(settings, name, ids) for name in names}


async def waited_for(settings: Settings, names: Iterable[str], ids: Ids, clock: Clock) -> Known:
    """What the databases say, once all can be reached."""
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
    """What one database says. One that is not there is not made."""
    if not config.database_url(settings) and not (settings.data_dir / f"{name}.db").exists():
        return None
    database = await opened(settings, name, ids)
    try:
        return await database.read(read, database.dialect)
    except (Unavailable, Overloaded) as away:
        if str(away.__cause__) == NO_DATABASE:
            return None
        raise Away(name) from None
    finally:
        await database.close()


async def read(tx: Tx, dialect: str) -> set[str] | None:
    """The names a database tells; None where it has had no migration."""
    if not await has_table(tx, dialect, "schema_version"):
        return None
    if not await has_table(tx, dialect, "installation"):
        return set()
    return {row[0] for row in await tx.all("SELECT name FROM installation ORDER BY name")}


def check(found: Known, settings: Settings) -> set[str]:
    """The databases that are begun anew because the settings say so. Raises BadSetting for others that are gone: one of
    those looked at tells of them."""
    told = set[str]().union(*(names for names in found.values() if names))
    lost = {name for name in told & found.keys() if found[name] is None}
    unwanted = ",".join(sorted(lost - settings.anew))
    if unwanted:
        place = "PostgreSQL" if config.database_url(settings) else settings.data_dir
        raise BadSetting(
            f"of the databases that this installation has in {place} some are missing or empty: {unwanted}. Restore all"
            f" of them to one moment. What is lost for good is begun anew by EVENTHUB_BEGIN_ANEW={unwanted}"
        )
    if lost:
        log.get("installation").warning("databases begun anew", names=sorted(lost))
    return lost


async def note(databases: Iterable[Database], names: Iterable[str]) -> None:
    """Has every database tell which there are."""

    async def keep(tx: Tx) -> None:
        for name in told:
            await tx.run("INSERT INTO installation (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", name)

    told = sorted(names)
    for database in databases:
        if await database.read(read, database.dialect) != set(told):
            await database.write(keep)


async def begin_anew(databases: Iterable[Database], producers: Iterable[str]) -> None:
    """Has every reader begin at the beginning of the new histories of some producers."""

    async def forget(tx: Tx) -> None:
        for producer in producers:
            await tx.run("DELETE FROM feed_cursor WHERE producer = $1", producer)

    for database in databases:
        await database.write(forget)
