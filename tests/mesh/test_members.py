"""A removed member loses access in the single process as in the mesh."""

from pathlib import Path

from eventhub.client import EventHub
from tests.mesh import members
from tests.mesh import show as shows
from tests.mesh.platform_process import platform_process


async def test_a_removed_member_is_refused_at_once_and_their_stream_ends(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as bia:
            show = await shows.open_show(bia)

            await members.play(lambda: [EventHub(platform.address)], bia, show, tmp_path / "mail")
