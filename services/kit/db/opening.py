"""Opens a context's database with the driver that the settings choose."""

from services.kit.db.database import Database
from services.kit.values import config
from services.kit.values.config import Settings
from services.kit.values.ids import Ids


async def opened(settings: Settings, name: str, ids: Ids) -> Database:
    """Opens the database with this name, without migrating it: on the PostgreSQL server if the settings give a URL, in
    a file in the data folder otherwise. Raises ValueError if the URL is malformed, OSError if the file that holds the
    URL cannot be read."""
    url = config.database_url(settings)
    # Import only the driver that is used: each takes several megabytes of memory.
    if url:
        from services.kit.db.postgres import PostgresDatabase  # noqa: PLC0415

        return await PostgresDatabase.opened(name, url.replace("{context}", name), ids.jitter)
    from services.kit.db.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqliteDatabase(name, settings.data_dir / f"{name}.db")
