"""Numbered, forward-only migrations: first the kit's own, then services/<context>/schema/0001_name.sql and so on."""

from pathlib import Path

from services.kit.db.database import Database, Tx

SERVICES = Path(__file__).parents[2]
KIT_SCHEMA = Path(__file__).parent / "schema"
# Number of the advisory lock that a migration holds on PostgreSQL. Any number will do that no other lock has.
MIGRATING = 7_070_001
# Answers a row if there is a table with this name.
HAS_TABLE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = $1",
    "postgres": "SELECT 1 FROM pg_tables WHERE tablename = $1",
}
VERSIONS = "CREATE TABLE IF NOT EXISTS schema_version (name TEXT PRIMARY KEY, at_us BIGINT NOT NULL)"


def contexts() -> list[str]:
    """The names of all contexts that have a database."""
    return sorted({folder.parent.name for folder in SERVICES.glob("*/schema")} - {"kit"})


def schemas(context: str) -> dict[str, Path]:
    """A context's databases by name, with the folder of each one's migrations. The folder `schema` belongs to the
    context's main database; a folder `NAME_schema` belongs to an additional database NAME."""
    found = {folder.name.removesuffix("_schema"): folder for folder in sorted((SERVICES / context).glob("*schema"))}
    return {context if name == "schema" else name: folder for name, folder in found.items()}


def databases() -> list[str]:
    """The names of all databases of an installation."""
    return [name for context in contexts() for name in schemas(context)]


def scripts(folder: Path, dialect: str) -> list[tuple[str, str]]:
    """The migrations of a folder as (name, SQL), in order: those for both dialects (0001_x.sql) and those for this one
    (0001_x.sqlite.sql)."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        name, *dialects, _ = path.name.split(".")
        if dialects in ([], [dialect]):
            found.append((f"{folder.parent.name}/{name}", path.read_text()))
    return found


def statements(text: str) -> list[str]:
    """Splits a script into statements at each ";" that ends a line. So a ";" at the end of a line must end a statement:
    the body of a trigger, for example, has to stand on one line."""
    return [part.strip() for part in f"{text.strip()}\n".split(";\n") if part.strip()]


async def migrate(database: Database, schema: Path, *, epoch: str, now_us: int) -> None:
    """Applies the migrations that a database has not had yet, all in one transaction. If several processes migrate at
    once, one works and the others wait.

    epoch: id for the history of this database's facts, kept if the database has one already.
    """

    async def apply(tx: Tx) -> None:
        if database.dialect == "postgres":
            await tx.all("SELECT pg_advisory_xact_lock($1)", MIGRATING)
        await tx.run(VERSIONS)
        done = await applied(tx)
        for name, text in scripts(KIT_SCHEMA, database.dialect) + scripts(schema, database.dialect):
            if name in done:
                continue
            for statement in statements(text):
                await tx.run(statement)
            await tx.run("INSERT INTO schema_version (name, at_us) VALUES ($1, $2)", name, now_us)
        await tx.run("INSERT INTO feed_head (one, epoch) VALUES (1, $1) ON CONFLICT (one) DO NOTHING", epoch)

    await database.migrate(apply)


async def applied(tx: Tx) -> set[str]:
    """The names of the migrations that a database has had."""
    return {row[0] for row in await tx.all("SELECT name FROM schema_version ORDER BY name")}


async def has_table(tx: Tx, dialect: str, name: str) -> bool:
    """Whether there is a table with this name."""
    return await tx.one(HAS_TABLE[dialect], name) is not None


async def is_current(database: Database, schema: Path) -> bool:
    """Whether a database has had every migration that this code needs. It may have had later ones, from a newer
    release. Raises Unavailable if the database does not answer."""
    needed = {name for name, _ in scripts(KIT_SCHEMA, database.dialect) + scripts(schema, database.dialect)}

    async def missing(tx: Tx) -> set[str]:
        counted = await has_table(tx, database.dialect, "schema_version")
        return needed - (await applied(tx) if counted else set())

    return not await database.read(missing)
