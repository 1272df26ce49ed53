"""BlockSeats and UnblockSeats: the organizer keeps seats back."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_FINANCE, ROLE_MANAGER, ROLE_OWNER, ROLE_VIEWER, Role
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.inventory.world import (
    EVENT,
    ORGANIZER,
    STALLS,
    available,
    confirm,
    counts,
    held,
    hld,
    hold,
    lock,
    open_theatre,
    rows,
    seats,
)
from tests.stage import Stage, outcome

FREE, BLOCKED = nouns.SEAT_STATE_FREE, nouns.SEAT_STATE_BLOCKED


async def block(member: EventHub, *seat_ids: str, event_id: str = EVENT) -> list[tuple[str, int, int]]:
    """Blocks seats. Returns the id, state and version of each afterwards."""
    answer = await member.inventory.BlockSeats(pb.BlockSeatsRequest(event_id=event_id, seat_ids=seat_ids))
    return [(seat.seat_id, seat.state, seat.version) for seat in answer.seats]


async def unblock(member: EventHub, *seat_ids: str, event_id: str = EVENT) -> list[tuple[str, int, int]]:
    answer = await member.inventory.UnblockSeats(pb.UnblockSeatsRequest(event_id=event_id, seat_ids=seat_ids))
    return [(seat.seat_id, seat.state, seat.version) for seat in answer.seats]


@pytest.mark.parametrize("role", [ROLE_OWNER, ROLE_MANAGER, ROLE_BOX_OFFICE])
async def test_a_blocked_seat_cannot_be_held_until_it_is_freed(stage: Stage, role: Role.ValueType) -> None:
    await open_theatre(stage)
    member, ana = stage.member(ORGANIZER, role), stage.buyer()

    for _ in range(2):
        assert await block(member, "A-06", "A-05") == [("A-05", BLOCKED, 2), ("A-06", BLOCKED, 2)]
    assert (await available(ana))[STALLS] == 8
    assert (await counts(stage))["seats"] == (18, 0, 0)
    with pytest.raises(refusals.SeatTaken):
        await hold(ana, hld(1), seats("A-05"))

    for _ in range(2):
        assert await unblock(member, "A-05", "A-06") == [("A-05", FREE, 3), ("A-06", FREE, 3)]
    await hold(ana, hld(1), seats("A-05"))


async def test_all_are_blocked_or_none(stage: Stage) -> None:
    await held(stage)
    member = stage.member()

    with pytest.raises(refusals.SeatTaken) as taken:
        await block(member, "A-04", "A-05", "A-06")
    with pytest.raises(refusals.SeatNotFound) as missing:
        await block(member, "A-04", "Z-01")

    assert (taken.value.seat_id, missing.value.seat_id) == ("A-05", "Z-01")
    assert await rows(stage, "SELECT seat_id FROM seat WHERE state = 'BLOCKED'") == []


async def test_unblocking_leaves_held_and_sold_seats_alone(stage: Stage) -> None:
    orders = await held(stage)
    member = stage.member()

    assert await unblock(member, "A-05", "A-06") == [("A-05", nouns.SEAT_STATE_HELD, 2), ("A-06", FREE, 1)]
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    assert await unblock(member, "A-05") == [("A-05", nouns.SEAT_STATE_SOLD, 3)]
    with pytest.raises(refusals.SeatNotFound):
        await unblock(member, "Z-01")


async def test_only_the_events_own_organizer_blocks(stage: Stage) -> None:
    await open_theatre(stage)

    for change in (block, unblock):
        with pytest.raises(refusals.EventNotFound):
            await change(stage.member("org_rival"), "A-05")
        with pytest.raises(refusals.EventNotFound):
            await change(stage.member(), "A-05", event_id="evt_other")
        for client in (stage.member(role=ROLE_FINANCE), stage.member(role=ROLE_VIEWER), stage.buyer()):
            with pytest.raises(refusals.AccessDenied):
                await change(client, "A-05")
        with pytest.raises(refusals.InvalidRequest):
            await change(stage.member())
        with pytest.raises(refusals.InvalidRequest):
            await change(stage.member(), "A-05", "A-05")
    assert await rows(stage, "SELECT * FROM seat_event") == []


async def test_a_seat_is_blocked_or_held_and_never_both(stage: Stage) -> None:
    await open_theatre(stage)
    member = stage.member()
    calls = [
        block(member, "A-05") if n % 2 else hold(stage.buyer(f"gst_{n}"), hld(n), seats("A-05")) for n in range(16)
    ]

    answers = await asyncio.gather(*(outcome(call) for call in calls))

    blocked, holding = answers[1::2].count("done"), answers[::2].count("done")
    assert (blocked, holding) in ((8, 0), (0, 1))
