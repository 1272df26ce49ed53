"""scripts/up: restarts lose nothing, a data folder has one master, odd settings are named."""

import subprocess
import sys
from pathlib import Path

import pytest

from eventhub.client import EventHub
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import GetOrderRequest
from tests.mesh import show as shows
from tests.mesh.house import ROOT, STOPS_WITHIN_S, house, start


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        async with EventHub(home.address) as hub, EventHub(home.address) as buyer:
            show = await shows.open_show(hub)
            await shows.come(buyer)
            bought = await shows.pay(buyer, await shows.hold(buyer, show))
            await shows.hold(buyer, show, quantity=4)
            tokens = buyer.tokens
        assert home.stop() == 0

    with house(tmp_path) as home:
        async with EventHub(home.address) as buyer, EventHub(home.address) as hub:
            buyer.tokens = tokens
            order = (await buyer.orders.GetOrder(GetOrderRequest(order_id=bought.order.order_id))).order

            assert order.state == ORDER_STATE_PAID
            assert await shows.left(buyer, show) == 95
            await hub.sign_in(shows.EMAIL, shows.PASSWORD)


def test_nobody_else_may_read_what_is_in_the_data_folder(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        assert home.stop() == 0

    written = [path for path in tmp_path.rglob("*") if path.name != "up.log"]
    assert any(path.name == "operator.key" for path in written)
    assert not [path for path in written if path.stat().st_mode & 0o077]


def test_a_data_folder_has_one_master(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        second = start(tmp_path, "--port", "0")

        assert second.wait(STOPS_WITHIN_S) == 1
        assert f"another EventHub, process {home.process.pid}" in home.journal()
        assert second.stdout is not None
        second.stdout.close()


@pytest.mark.parametrize("option", ["--port", "--http-port", "--metrics-port"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, option: str) -> None:
    with house(tmp_path / "first") as home:
        taken = str(home.port) if option == "--port" else home.http.rpartition(":")[2]
        second = start(tmp_path / "second", "--port", "0", option, taken)

        assert second.wait(STOPS_WITHIN_S) == 1
        assert "cannot listen on ports" in (tmp_path / "second" / "up.log").read_text()
        assert "Traceback" not in (tmp_path / "second" / "up.log").read_text()
        assert second.stdout is not None
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

    assert ran.returncode == 1
    assert ran.stderr.startswith("up: the data folder cannot be used")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [("portt", "1", "EVENTHUB_PORTT is no setting"), ("smtp_port", "x", "EVENTHUB_SMTP_PORT is no int")],
)
def test_odd_settings_are_named(tmp_path: Path, name: str, value: str, complaint: str) -> None:
    process = start(tmp_path, "--port", "0", **{name: value})

    assert process.wait(STOPS_WITHIN_S) == 1
    assert complaint in (tmp_path / "up.log").read_text()
    assert process.stdout is not None
    process.stdout.close()


def test_a_password_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    smtp = {"smtp_host": "mail.example", "smtp_user": "hub", "smtp_password_file": "/nope"}
    process = start(tmp_path, "--port", "0", **smtp)

    assert process.wait(STOPS_WITHIN_S) == 1
    said = (tmp_path / "up.log").read_text()
    assert "up: EVENTHUB_SMTP_PASSWORD_FILE cannot be read" in said
    assert "Traceback" not in said
    assert process.stdout is not None
    process.stdout.close()
