"""scripts/up: a restart loses nothing, only one process may use a data folder, wrong settings are named."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eventhub.client import EventHub
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import GetOrderRequest
from tests.mesh import show as shows
from tests.mesh.platform_process import STOPS_WITHIN_S, platform_process, start
from tests.sources import ROOT
from tests.stage import until

# SQLite, even if the tests run on PostgreSQL.
ON_SQLITE: dict[str, Any] = {"database_url": ""}


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as hub, EventHub(platform.address) as buyer:
            show = await shows.open_show(hub)
            await shows.come(buyer)
            bought = await shows.pay(buyer, await shows.hold(buyer, show))
            await shows.hold(buyer, show, quantity=4)
            tokens = buyer.tokens
        assert platform.stop() == 0

    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as buyer, EventHub(platform.address) as hub:
            buyer.tokens = tokens
            order = (await buyer.orders.GetOrder(GetOrderRequest(order_id=bought.order.order_id))).order

            assert order.state == ORDER_STATE_PAID
            assert await shows.left(buyer, show) == 95
            await hub.sign_in(shows.EMAIL, shows.PASSWORD)


def test_only_its_owner_may_read_the_data_folder(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        assert platform.stop() == 0

    written = [path for path in tmp_path.rglob("*") if path.name != "up.log"]
    assert any(path.name == "operator.key" for path in written)
    assert not [path for path in written if path.stat().st_mode & 0o077]


def test_only_one_platform_may_use_a_data_folder(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        second = start(tmp_path, "--port", "0")

        assert second.wait(STOPS_WITHIN_S) == 2
        assert f"another EventHub, process {platform.process.pid}" in platform.journal()
        second.stdout.close()


@pytest.mark.parametrize("option", ["--port", "--http-port", "--metrics-port"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, option: str) -> None:
    with platform_process(tmp_path / "first") as platform:
        taken = str(platform.port) if option == "--port" else platform.http.rpartition(":")[2]
        second = start(tmp_path / "second", "--port", "0", option, taken)

        assert second.wait(STOPS_WITHIN_S) == 2
        assert journal(tmp_path / "second") == (
            f"up: cannot listen on 127.0.0.1:{taken}: Address already in use ({option}, {setting(option)})\n"
        )
        assert list((tmp_path / "second").glob("*.db")) == [], "it refuses before it makes any file"
        second.stdout.close()


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "services.up", "--data-dir", "/proc/nowhere"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=STOPS_WITHIN_S,
    )

    assert ran.returncode == 2
    assert ran.stderr.startswith("up: the data folder cannot be used")


def refused(folder: Path, *arguments: str, **settings: str) -> str:
    """Returns the error message of a platform that refuses to start; checks that it prints nothing else."""
    process = start(folder, "--port", "0", *arguments, **settings)
    assert process.wait(STOPS_WITHIN_S) == 2
    assert process.stdout.read() == ""
    process.stdout.close()
    return journal(folder)


def journal(folder: Path) -> str:
    return (folder / "up.log").read_text()


def setting(option: str) -> str:
    return f"EVENTHUB_{option.removeprefix('--').replace('-', '_').upper()}"


def test_a_wrong_setting_is_refused_in_one_line(tmp_path: Path) -> None:
    assert refused(tmp_path, smtp_port="x") == "up: EVENTHUB_SMTP_PORT is 'x', not a whole number from 0 to 65,535\n"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"mail_from": "EventHub"}, "EVENTHUB_MAIL_FROM is no address"),
        ({"mail_reply_to": "help"}, "EVENTHUB_MAIL_REPLY_TO is no address"),
        ({"smtp_host": "mail.example", "smtp_user": "hub"}, "EVENTHUB_SMTP_USER is set"),
        ({"smtp_host": "mail.example", "smtp_ca_file": "/nowhere"}, "EVENTHUB_SMTP_CA_FILE: no certificates"),
    ],
)
def test_mail_that_could_never_leave_is_said_before_anything_is_made(
    tmp_path: Path, settings: dict[str, str], complaint: str
) -> None:
    told = refused(tmp_path, **settings)

    assert told.startswith(f"up: {complaint}")
    assert told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["up.log"]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "orders.db").write_text("Not a database. " * 100)

    told = refused(tmp_path, **ON_SQLITE)

    assert told == f"up: the database {tmp_path}/orders.db: it is no SQLite database: another file lies in its place\n"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    with platform_process(tmp_path, **ON_SQLITE) as platform:
        assert platform.stop() == 0
    file = tmp_path / "orders.db"
    file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 40_000)
    (tmp_path / "up.log").unlink()

    assert f"up: the database {file}: it is damaged: restore it from a backup" in refused(tmp_path, **ON_SQLITE)


async def test_up_waits_for_postgres_and_says_so(tmp_path: Path) -> None:
    process = start(tmp_path, "--port", "0", database_url="postgresql://127.0.0.1:1/away_{context}")
    await until(lambda: "waiting for the database" in journal(tmp_path), STOPS_WITHIN_S)

    process.send_signal(signal.SIGINT)
    assert process.wait(STOPS_WITHIN_S) == 0
    assert "Traceback" not in journal(tmp_path)
    process.stdout.close()


def test_help_lists_every_setting() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "services.up", "--help"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=STOPS_WITHIN_S,
    )

    assert "EVENTHUB_DATABASE_URL_FILE=" in told.stdout
