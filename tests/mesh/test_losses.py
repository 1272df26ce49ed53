"""The platform never silently replaces lost keys or databases with new ones."""

import shutil
from pathlib import Path

import pytest

from eventhub.client import EventHub
from eventhub.ticketing.v1.ticketing_service_pb2 import ListTicketsRequest
from tests import databases
from tests.mesh import show as shows
from tests.mesh.platform_process import STOPS_WITHIN_S, copied, platform_process, start
from tests.postgres import server
from tests.stage import until


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of a platform that has run and stopped."""
    folder = tmp_path_factory.mktemp("ran")
    with platform_process(folder) as platform:
        assert platform.stop() == 0
    return folder


@pytest.fixture
def folder(ran: Path, tmp_path: Path) -> Path:
    """Returns a copy of that folder."""
    return copied(ran, tmp_path / "platform")


def refused(folder: Path) -> str:
    """Starts a platform that must refuse. Returns its only line of output; checks that it makes no files."""
    (folder / "up.log").unlink(missing_ok=True)
    before = sorted(folder.rglob("*.*"))
    process = start(folder, "--port", "0")
    assert process.wait(STOPS_WITHIN_S) == 2
    process.stdout.close()
    told = (folder / "up.log").read_text()
    (folder / "up.log").unlink()
    assert told.count("\n") == 1, told
    assert sorted(folder.rglob("*.*")) == before
    return told


def lose(folder: Path, name: str) -> None:
    """Deletes a database; on PostgreSQL an empty one takes its place."""
    if databases.on_postgres():
        databases.apart(anew(f"{databases.prefix(folder)}_{name}"))
    for file in folder.glob(f"{name}.db*"):
        file.unlink()


async def anew(name: str) -> None:
    await server().drop(name)
    await server().create(name)


@pytest.mark.parametrize("name", ["contact.key", "links.key"])
def test_a_start_without_a_key_is_refused_and_names_it(folder: Path, name: str) -> None:
    kept = (folder / "keys" / name).rename(folder / "kept")

    told = refused(folder)

    assert f"{folder}/keys are not those of this installation: {name} is missing. Restore them from a backup" in told
    kept.rename(folder / "keys" / name)
    with platform_process(folder):
        pass


def test_a_start_with_another_key_is_refused(folder: Path) -> None:
    (ticket_key,) = (folder / "keys").glob("ticket-*.key")
    kept = ticket_key.read_bytes()
    with platform_process(folder / "other") as other:
        assert other.stop() == 0
    shutil.copy(next((folder / "other" / "keys").glob("ticket-*.key")), ticket_key)

    assert f"{ticket_key.name} is another. Restore them" in refused(folder)

    ticket_key.write_bytes(kept)
    with platform_process(folder):
        pass


def test_a_lost_folder_of_keys_is_not_filled_again(folder: Path) -> None:
    shutil.rmtree(folder / "keys")

    told = refused(folder)

    assert "codes.key is missing, contact.key is missing, token-1.key is missing" in told
    assert not (folder / "keys").exists()


def test_keys_are_rotated_as_the_guide_says(folder: Path) -> None:
    keys = folder / "keys"
    (keys / "token-2.key").write_bytes(bytes(range(32)))
    with platform_process(folder) as platform:
        assert platform.stop() == 0
    (keys / "token-1.key").unlink()
    with platform_process(folder) as platform:
        assert platform.stop() == 0

    (keys / "token-2.key").unlink()
    assert "token-2.key is missing" in refused(folder)


def test_a_key_that_is_lost_for_good_is_replaced_on_request(folder: Path) -> None:
    (folder / "keys" / "links.key").unlink()

    with platform_process(folder, begin_anew="links.key") as platform:
        assert platform.stop() == 0
    with platform_process(folder) as platform:
        assert platform.stop() == 0


@pytest.mark.parametrize("name", ["orders", "sandbox"])
def test_a_start_without_a_database_is_refused_and_names_it(folder: Path, name: str) -> None:
    lose(folder, name)

    told = refused(folder)

    assert f"some are missing or empty: {name}. Restore all of them to one moment." in told
    assert f"EVENTHUB_BEGIN_ANEW={name}\n" in told


async def test_a_database_that_is_lost_for_good_is_replaced_on_request_and_read_from_its_start(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as hub, EventHub(platform.address) as buyer:
            show = await shows.open_show(hub)
            await shows.come(buyer)
            await shows.pay(buyer, await shows.hold(buyer, show))
            tokens = buyer.tokens
        assert platform.stop() == 0
    lose(tmp_path, "orders")

    with platform_process(tmp_path, begin_anew="orders") as platform:
        async with EventHub(platform.address) as buyer:
            buyer.tokens = tokens
            bought = await shows.pay(buyer, await shows.hold(buyer, show))

            async def issued() -> bool:
                asked = ListTicketsRequest(order_id=bought.order.order_id)
                return len((await buyer.ticketing.ListTickets(asked)).tickets) == 1

            await until(issued, STOPS_WITHIN_S)
        assert platform.stop() == 0
    assert "REVISION_UNKNOWN" not in (tmp_path / "up.log").read_text()
    with platform_process(tmp_path) as platform:
        assert platform.stop() == 0
