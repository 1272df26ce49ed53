"""Where a context's database is."""

from services.kit.db.database import Database
from services.kit.values import config
from services.kit.values.config import Settings
from services.kit.values.ids import Ids


async def opened(settings: Settings, name: str, ids: Ids) -> Database:
    """The database of a name as it is: on the PostgreSQL server the settings name, or else in a file. Raises ValueError
    for a URL that is none, OSError where the file that says it cannot be read."""
    url = config.database_url(settings)
    # Each driver takes memory: a process loads the one it uses.
    if url:
        from services.kit.db.postgres import PostgresDatabase  # noqa: PLC0415

        return await PostgresDatabase.opened(name, url.replace("{context}", name), ids.jitter)
    from services.kit.db.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqliteDatabase(name, settings.data_dir / f"{name}.db")
