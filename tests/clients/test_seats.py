"""The client's helper for seat maps, and examples/python/seat_map.py as its usage describes."""

import asyncio
import os
import subprocess
import sys

from eventhub import SeatState, SeatStates, seat_states
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.catalog.relocation.test_with_inventory import on_sale
from tests.catalog.requests import EVENT, TYPE, an_id
from tests.catalog.test_with_inventory import ready
from tests.sources import ROOT
from tests.stage import PATIENCE_S, Stage

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "clients")}


def test_each_seat_has_the_state_of_its_half_byte() -> None:
    states = seat_states(SeatStates(seat_count=3, states=bytes([0x21, 0x04])))

    assert states == [SeatState.SEAT_STATE_FREE, SeatState.SEAT_STATE_HELD, SeatState.SEAT_STATE_BLOCKED]
    assert seat_states(SeatStates()) == []


async def test_the_example_goes_on_with_the_hall_that_the_event_moves_to(stage: Stage) -> None:
    moves = await on_sale(stage)
    command = [sys.executable, "examples/python/seat_map.py", f"127.0.0.1:{stage.platform.port}", EVENT, "2"]
    shows = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE)
    assert shows.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert [(await shows.stdout.readline()).decode() for _ in range(2)] == ["   A ....\n", "   B ......\n"]
        await moves.relocate()

        seen, _ = await shows.communicate()

    assert (seen.decode(), shows.returncode) == ("   A ......\n   B .....\n", 0)


async def test_the_example_shows_the_hall_before_and_after_a_hold(stage: Stage) -> None:
    world = await ready(stage)
    await world.publish()
    target = f"127.0.0.1:{stage.platform.port}"
    command = [sys.executable, "examples/python/seat_map.py", target, EVENT, "2"]
    shows = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE)
    assert shows.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert [(await shows.stdout.readline()).decode() for _ in range(2)] == ["   1 ...\n", "   2 ...\n"]
        item = pb.HoldItem(ticket_type_id=TYPE, seat_ids=["1-3", "2-1"])
        await stage.buyer().inventory.Hold(pb.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[item]))

        seen, _ = await shows.communicate()

    assert (seen.decode(), shows.returncode) == ("   1 ..h\n   2 h..\n", 0)
