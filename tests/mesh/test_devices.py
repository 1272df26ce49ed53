"""Proving an address on one device does not cut off the others."""

from pathlib import Path

from eventhub.client import EventHub
from tests.mesh import devices
from tests.mesh import show as shows
from tests.mesh.platform_process import platform_process


async def test_every_device_sees_its_own_purchases_and_the_proven_one_sees_all(tmp_path: Path) -> None:
    with platform_process(tmp_path, changes_wait_s="1") as platform:
        async with EventHub(platform.address) as bia:
            show = await shows.open_show(bia)

            await devices.play(lambda: EventHub(platform.address), bia, show, tmp_path / "mail")
