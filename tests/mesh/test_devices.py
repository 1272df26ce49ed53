"""Proving an address on one device does not cut off the others."""

from pathlib import Path

from eventhub.client import EventHub
from tests.mesh import devices
from tests.mesh import show as shows
from tests.mesh.house import house


async def test_every_device_sees_its_own_purchases_and_the_proven_one_sees_all(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        async with EventHub(home.address) as bia:
            show = await shows.open_show(bia)

            await devices.play(lambda: EventHub(home.address), bia, show, tmp_path / "mail")
