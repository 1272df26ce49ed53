"""One context in a separate process: alive from the start, ready when its database is."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.client import EventHub
from eventhub.inventory.v1.inventory_service_pb2 import GetAvailabilityRequest
from eventhub.refusals import EventNotFound, Unavailable
from scripts import certificates
from scripts.cluster.running import Mesh, health
from scripts.cluster.table import Service, table
from services import keys
from tests.postgres import server
from tests.sources import ROOT
from tests.stage import until

CONTEXT = "inventory"
NAME = "serve_{context}"
STARTS_WITHIN_S = 30.0
ASKED = GetAvailabilityRequest(event_id=f"evt_{1:026d}")


class Alone(Mesh):
    """A mesh of one process."""

    @property
    def only(self) -> Service:
        """The row of the only process."""
        return self.rows[0]

    async def says(self, service: str) -> str:
        """Returns a health status from its health port."""
        return await health(self.only.ports.health, service)

    async def until_ready_is(self, wanted: str) -> None:
        """Waits until its readiness has a value."""

        async def so() -> bool:
            return await self.says("readiness") == wanted

        await until(so, STARTS_WITHIN_S)

    async def ask(self) -> None:
        """Asks for an unknown event. Raises EventNotFound if the context serves."""
        async with EventHub(f"127.0.0.1:{self.only.ports.public}") as hub:
            await hub.inventory.GetAvailability(ASKED)

    def migrate(self) -> None:
        """Runs the migration job."""
        command = [sys.executable, "-m", "services.migrate", "--new", CONTEXT]
        subprocess.run(command, cwd=ROOT, env=self.environment(self.only), check=True, stdout=subprocess.DEVNULL)


@pytest_asyncio.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Alone]:
    await server().create(NAME.format(context=CONTEXT))
    keys.make(tmp_path / "keys")
    certificates.issue(certificates.authority(), tmp_path / "certificates" / CONTEXT, CONTEXT)
    rows = [row for row in table(first_port=0) if row.context == CONTEXT]
    process = Alone(tmp_path, rows, server().url_of(NAME), neighbours="dns:///{context}.invalid:1")
    yield process
    await process.stop()
    await server().tell("start")
    await server().drop(NAME.format(context=CONTEXT))


async def test_with_an_old_schema_it_is_alive_and_waits_for_the_job(alone: Alone) -> None:
    await alone.spawn(alone.only)
    await alone.until_ready_is("NOT_SERVING")

    assert await alone.says("liveness") == "SERVING"
    await until(lambda: "older than this program" in alone.journal(alone.only.name), STARTS_WITHIN_S)

    alone.migrate()

    await alone.until_ready_is("SERVING")
    with pytest.raises(EventNotFound):
        await alone.ask()


async def test_a_schema_of_a_later_version_serves_as_well(alone: Alone) -> None:
    alone.migrate()
    await server().run(
        "INSERT INTO schema_version (name, at_us) VALUES ('inventory/9999_later', 1)", NAME.format(context=CONTEXT)
    )

    await alone.start_one(alone.only)

    with pytest.raises(EventNotFound):
        await alone.ask()


async def test_a_context_waits_for_a_database_that_is_down_at_the_start(alone: Alone) -> None:
    alone.migrate()
    await server().tell("crash")
    await alone.spawn(alone.only)
    await alone.until_ready_is("NOT_SERVING")
    await until(lambda: "cannot be reached" in alone.journal(alone.only.name), STARTS_WITHIN_S)

    assert await alone.says("liveness") == "SERVING"

    await server().tell("start")

    await alone.until_ready_is("SERVING")


async def test_a_context_reports_a_lost_database_and_recovers_by_itself(alone: Alone) -> None:
    alone.migrate()
    await alone.start_one(alone.only)

    await server().tell("crash")
    with pytest.raises(Unavailable):
        await alone.ask()
    await alone.until_ready_is("NOT_SERVING")
    assert await alone.says("liveness") == "SERVING"
    assert await alone.says("eventhub.inventory.v1.InventoryService") in ("", "NOT_SERVING")

    await server().tell("start")
    await alone.until_ready_is("SERVING")
    with pytest.raises(EventNotFound):
        await alone.ask()


async def test_a_waiting_context_stops_when_it_is_told(alone: Alone) -> None:
    await alone.spawn(alone.only)
    await alone.until_ready_is("NOT_SERVING")

    assert await alone.stop_one(alone.only) == 0


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "services.serve", CONTEXT],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}", "EVENTHUB_TLS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode != 0
    assert "serve inventory" in told.stderr
    assert "tls.crt" in told.stderr
