"""An address that is proven on one device cuts no other off."""

from pathlib import Path

from eventhub.client import EventHub
from tests.mesh import devices
from tests.mesh import show as shows
from tests.mesh.house import house


async def test_every_device_sees_what_it_bought_and_the_proven_one_all_of_it(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        async with EventHub(home.address) as bia:
            show = await shows.open_show(bia)

            await devices.play(lambda: EventHub(home.address), bia, show, tmp_path / "mail")
