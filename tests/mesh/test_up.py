"""scripts/up: restarts lose nothing, a data folder has one master, odd settings are named."""

from pathlib import Path

import pytest

from eventhub.client import EventHub
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import GetOrderRequest
from tests.mesh import show as shows
from tests.mesh.house import STOPS_WITHIN_S, house, start


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


def test_a_data_folder_has_one_master(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        second = start(tmp_path, "--port", "0")

        assert second.wait(STOPS_WITHIN_S) == 1
        assert f"another EventHub, process {home.process.pid}" in home.journal()
        assert second.stdout is not None
        second.stdout.close()


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
