"""Brings databases up to date: python -m services.migrate [CONTEXT ...], none: all of them."""

import argparse
import asyncio
import sys
from pathlib import Path

from eventhub.refusals import Overloaded, Unavailable
from services.kit import config, log, process
from services.kit.clock import SystemClock
from services.kit.config import Settings
from services.kit.ids import SystemIds
from services.kit.migrate import migrate
from services.kit.storage import opened

HERE = Path(__file__).parent


def schemas(context: str) -> dict[str, Path]:
    """A context's databases by name, each with the folder of its migrations: schema is that of the context's own
    database, NAME_schema that of another of its."""
    found = {folder.name.removesuffix("_schema"): folder for folder in sorted((HERE / context).glob("*schema"))}
    return {context if name == "schema" else name: folder for name, folder in found.items()}


def contexts() -> list[str]:
    """Every context that has a database."""
    return sorted({folder.parent.name for folder in HERE.glob("*/schema")} - {"kit"})


def main() -> None:
    """Migrates, says what it did, exits 0; another code where a database could not be reached."""
    parser = argparse.ArgumentParser(prog="migrate", description="Brings EventHub's databases up to date.")
    parser.add_argument("contexts", nargs="*", metavar="CONTEXT", help=f"of {', '.join(contexts())}; none: all")
    wanted = parser.parse_args().contexts or contexts()
    odd = sorted(set(wanted) - set(contexts()))
    if odd:
        process.refuse("migrate", f"no context of the name {', '.join(odd)}")
    try:
        settings = config.from_environment()
        config.open_data_dir(settings)
    except config.BadSetting as wrong:
        process.refuse("migrate", wrong)
    log.configure(level=settings.log_level, style=settings.log_format)
    asyncio.run(run(settings, wanted))


async def run(settings: Settings, wanted: list[str]) -> None:
    """Migrates one database after the other."""
    clock, ids = SystemClock(), SystemIds()
    for context in wanted:
        for name, schema in schemas(context).items():
            database = await opened(settings, name, ids)
            try:
                await migrate(database, schema, epoch=ids.new("epo"), now_us=clock.now_us())
            except (Unavailable, Overloaded):
                sys.exit(f"migrate: the database of {name} cannot be used")
            finally:
                await database.close()
            print(f"{name} is up to date", flush=True)  # noqa: T201 - a job says what it did


if __name__ == "__main__":
    main()
