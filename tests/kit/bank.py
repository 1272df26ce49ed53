"""A bank with accounts, for tests of databases."""

from pathlib import Path

from services.kit.db.database import Tx

SCHEMA = """
CREATE TABLE account (name TEXT PRIMARY KEY, units BIGINT NOT NULL CHECK (units >= 0));
CREATE TABLE noise (text TEXT NOT NULL);
"""


def schema(folder: Path) -> Path:
    """The folder of the bank's migrations."""
    found = folder / "bank" / "schema"
    found.mkdir(parents=True, exist_ok=True)
    (found / "0001_account.sql").write_text(SCHEMA)
    return found


async def put(tx: Tx, name: str, units: int) -> str:
    await tx.run("INSERT INTO account (name, units) VALUES ($1, $2)", name, units)
    return name


async def take_one(tx: Tx, name: str) -> bool:
    return (
        await tx.one("UPDATE account SET units = units - 1 WHERE name = $1 AND units > 0 RETURNING 1", name) is not None
    )


async def units(tx: Tx, name: str) -> int | None:
    row = await tx.one("SELECT units FROM account WHERE name = $1", name)
    return row[0] if row else None
