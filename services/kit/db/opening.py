"""Opens a context's database with the driver that the settings choose."""

import asyncio

from services.kit.db.database import Database
from services.kit.values import config
from services.kit.values.config import Settings
from services.kit.values.ids import Ids


async def opened(settings: Settings, name: str, ids: Ids) -> Database:
    """Opens the database with this name, without migrating it: on the PostgreSQL server if the settings give a URL, in
    a file in the data folder otherwise. Raises ValueError if a URL is malformed, BadSetting if the file that holds it
    cannot be read."""
    url, read_url = config.database_url(settings), config.database_url(settings, "database_read_url")
    # Import only the driver that is used: each takes several megabytes of memory.
    if url:
        from services.kit.db.postgres import PostgresDatabase  # noqa: PLC0415

        primary = await PostgresDatabase.opened(name, url.replace("{context}", name), ids.jitter)
        if not read_url:
            return primary
        from services.kit.db.read_replica import ReplicatedDatabase  # noqa: PLC0415

        replica = await PostgresDatabase.opened(f"{name}-replica", read_url.replace("{context}", name), ids.jitter)
        return ReplicatedDatabase(primary, replica, asyncio.get_running_loop().time)
    from services.kit.db.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqliteDatabase(name, settings.data_dir / f"{name}.db")
