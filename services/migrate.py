"""Brings databases up to date: python -m services.migrate [CONTEXT ...]. Without a context, all of them."""

import argparse
import asyncio
from contextlib import AsyncExitStack

from eventhub.refusal import TransientRefusal
from services.kit.db import contexts, databases, migrate, opened, schemas
from services.kit.observe import log
from services.kit.process import installation, program
from services.kit.values import Settings, SystemClock, SystemIds, config


def main() -> None:
    """Migrates and prints the name of each database. Exits with 0, or 2 if a database cannot be used."""
    parser = argparse.ArgumentParser(prog="migrate", description="Brings EventHub's databases up to date.")
    parser.add_argument("contexts", nargs="*", metavar="CONTEXT", help=f"of {', '.join(contexts())}; none: all")
    parser.add_argument("--new", action="store_true", help="databases that are empty are those of a new installation")
    given = parser.parse_args()
    wanted = given.contexts or contexts()
    odd = sorted(set(wanted) - set(contexts()))
    if odd:
        program.refuse("migrate", f"no context of the name {', '.join(odd)}")
    try:
        settings = config.from_environment()
        config.open_data_dir(settings)
    except config.BadSetting as wrong:
        program.refuse("migrate", wrong)
    log.configure(level=settings.log_level, style=settings.log_format)
    try:
        asyncio.run(run(settings, wanted, new=given.new))
    except config.BadSetting as wrong:
        program.refuse("migrate", wrong)
    except installation.Away as name:
        program.refuse("migrate", f"the database of {name} cannot be used")


async def run(settings: Settings, wanted: list[str], *, new: bool) -> None:
    """Migrates one database after the other. Raises BadSetting if a database is lost, Away if one cannot be reached.

    wanted: the contexts. new: whether this is a new installation, whose databases are empty.
    """
    clock, ids = SystemClock(), SystemIds()
    folders = {name: folder for context in wanted for name, folder in schemas(context).items()}
    found = await installation.known(settings, folders, ids)
    empty = {name for name, told in found.items() if told is None}
    if not new:
        installation.check(found, settings)
        if empty == folders.keys() != set(databases()) and not empty <= settings.anew:
            names = ", ".join(sorted(empty))
            raise config.BadSetting(f"the database {names} is empty: restore it, or say --new at a first installation")
    async with AsyncExitStack() as closing:
        migrated = []
        for name, folder in folders.items():
            database = await opened(settings, name, ids)
            closing.push_async_callback(database.close)
            try:
                await migrate(database, folder, epoch=ids.new("epo"), now_us=clock.now_us())
            except TransientRefusal:
                raise installation.Away(name) from None
            migrated.append(database)
            print(f"{name} is up to date", flush=True)  # noqa: T201 - a job reports its work
        await installation.note(migrated, folders)


if __name__ == "__main__":
    main()
