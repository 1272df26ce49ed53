"""python -m services.migrate updates every database, however often and by however many processes it runs."""

import os
import subprocess
import sys
from pathlib import Path

from services.kit.db.migrations import is_current
from services.kit.db.postgres import PostgresDatabase
from tests.databases import every, middle
from tests.postgres import server
from tests.sources import ROOT

NAMES = every()


def migrating(url: str, *arguments: str) -> "subprocess.Popen[str]":
    """Starts the migration job."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}", "EVENTHUB_DATABASE_URL": url}
    command = [sys.executable, "-m", "services.migrate", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


async def test_every_database_is_brought_up_to_date(tmp_path: Path) -> None:
    for name, _ in NAMES:
        await server().create(f"migrate_{name}")
    url = server().url_of("migrate_{context}")
    twice = [migrating(url), migrating(url)]

    for job in twice:
        out, err = job.communicate()
        assert (job.returncode, err) == (0, "")
        assert len(out.splitlines()) == len(NAMES) == 10

    for name, schema in NAMES:
        database = await PostgresDatabase.opened(name, url.replace("{context}", name), middle)
        assert await is_current(database, schema)
        await database.close()
        await server().drop(f"migrate_{name}")


def test_an_unreachable_database_is_named() -> None:
    job = migrating("postgresql://127.0.0.1:1/nowhere", "identity")
    _, err = job.communicate()

    assert job.returncode == 2
    assert "migrate: the database of identity cannot be used" in err


async def test_an_empty_database_of_one_context_is_filled_only_with_new(tmp_path: Path) -> None:
    await server().create("migrate_orders")
    url = server().url_of("migrate_{context}")

    job = migrating(url, "orders")
    out, err = job.communicate()
    assert (job.returncode, out) == (2, "")
    assert err == "migrate: the database orders is empty: restore it, or say --new at a first installation\n"

    for arguments in (["orders", "--new"], ["orders"]):
        job = migrating(url, *arguments)
        assert job.communicate() == ("orders is up to date\n", "")
    await server().drop("migrate_orders")


async def test_a_lost_database_of_a_whole_installation_is_not_made_anew(tmp_path: Path) -> None:
    for name, _ in NAMES:
        await server().create(f"migrate_{name}")
    url = server().url_of("migrate_{context}")
    job = migrating(url)
    assert job.communicate()[1] == ""
    await server().drop("migrate_orders")
    await server().create("migrate_orders")

    job = migrating(url)
    out, err = job.communicate()

    assert (job.returncode, out) == (2, "")
    assert "some are missing or empty: orders. Restore all of them to one moment." in err
    for name, _ in NAMES:
        await server().drop(f"migrate_{name}")


def test_an_unknown_context_is_named() -> None:
    job = migrating("", "identities")
    _, err = job.communicate()

    assert job.returncode == 2
    assert "identities" in err
