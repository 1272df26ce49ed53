"""A context's database.

For the author of a context: Database runs transactions (write, read, and their long forms), and each transaction is a
coroutine function whose first parameter is a Tx. Row is a row that a Tx answers; batches() splits a long list into
several statements, of_shards() reads the rows of some shards, and Shared is a key for write_serialized(). Read the
module docstring of database.py first: its rules make a write correct on both databases.

For programs: opened() opens a context's database, migrate() brings its tables up to date, and contexts(), databases()
and schemas() list the databases of an installation. The drivers for SQLite and PostgreSQL stay inside this wing.
"""

from services.kit.db.database import Database, Row, Shared, Tx, batches
from services.kit.db.migrations import contexts, databases, migrate, schemas
from services.kit.db.opening import opened
from services.kit.db.shards import of_shards

__all__ = [
    "Database",
    "Row",
    "Shared",
    "Tx",
    "batches",
    "contexts",
    "databases",
    "migrate",
    "of_shards",
    "opened",
    "schemas",
]
