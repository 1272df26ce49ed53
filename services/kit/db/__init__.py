"""A context's database: the port that contexts know, its drivers for SQLite and PostgreSQL, migrations, the outbox."""

from services.kit.db.database import Database, Row, Tx, batches
from services.kit.db.migrations import contexts, databases, migrate, schemas
from services.kit.db.opening import opened

__all__ = ["Database", "Row", "Tx", "batches", "contexts", "databases", "migrate", "opened", "schemas"]
