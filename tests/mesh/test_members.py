"""A removed member loses access in the single process as in the mesh."""

from pathlib import Path

from eventhub.client import EventHub
from tests.mesh import members
from tests.mesh import show as shows
from tests.mesh.house import house


async def test_a_removed_member_is_refused_at_once_and_their_stream_ends(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        async with EventHub(home.address) as bia:
            show = await shows.open_show(bia)

            await members.play(lambda: [EventHub(home.address)], bia, show, tmp_path / "mail")
