"""Blocked seats have labels, and the counter sells them without freeing them first."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_VIEWER
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.inventory.test_blocking import BLOCKED, block, unblock
from tests.inventory.world import (
    ANA,
    EVENT,
    STALLS,
    TTL_S,
    available,
    confirm,
    counts,
    give_back,
    hld,
    hold,
    lock,
    open_theatre,
    rows,
    seats,
)
from tests.stage import Stage, outcome


async def take(client: EventHub, n: int, *seat_ids: str) -> None:
    """Holds seats that may be blocked."""
    await client.inventory.Hold(
        pb.HoldRequest(hold_id=hld(n), event_id=EVENT, items=[seats(*seat_ids)], take_blocked=True)
    )


async def release(client: EventHub, n: int) -> None:
    await client.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))


async def label(member: EventHub, label: str, *seat_ids: str, reason: str = "") -> None:
    """Blocks seats for a contingent."""
    request = pb.BlockSeatsRequest(event_id=EVENT, seat_ids=seat_ids, label=label, reason=reason)
    await member.inventory.BlockSeats(request)


async def listed(member: EventHub, size: int = 0, event_id: str = EVENT) -> list[tuple[str, str, str]]:
    """The label, the seat and the reason of each blocked seat, read page by page."""
    found: list[tuple[str, str, str]] = []
    request = pb.ListBlockedSeatsRequest(event_id=event_id, page=PageRequest(size=size))
    while True:
        answer = await member.inventory.ListBlockedSeats(request)
        assert all(blocked.seat.state == BLOCKED for blocked in answer.seats)
        found += [(blocked.label, blocked.seat.seat_id, blocked.reason) for blocked in answer.seats]
        if not answer.next_page_token:
            return found
        request.page.token = answer.next_page_token


async def states(stage: Stage) -> dict[str, str]:
    """The states of all seats that are not free."""
    found = await rows(stage, "SELECT seat_id, state FROM seat WHERE state <> 'FREE' ORDER BY seat_id")
    return {row[0]: row[1] for row in found}


async def test_blocked_seats_are_listed_by_label(stage: Stage) -> None:
    await open_theatre(stage)
    member = stage.member()
    await label(member, "VIP", "A-01")
    await label(member, "Imprensa", "A-03", "A-02", reason="Pedido da produção")
    await block(member, "A-04")

    in_order = [
        ("", "A-04", ""),
        ("Imprensa", "A-02", "Pedido da produção"),
        ("Imprensa", "A-03", "Pedido da produção"),
        ("VIP", "A-01", ""),
    ]
    for size in (0, 1, 3):
        assert await listed(member, size) == in_order
    await label(member, "Imprensa", "A-01")
    await unblock(member, "A-02", "A-04")
    assert await listed(member) == [("Imprensa", "A-01", ""), ("Imprensa", "A-03", "Pedido da produção")]
    assert (await rows(stage, "SELECT version FROM seat WHERE seat_id = 'A-01'")) == [
        (2,)
    ]  # a label is no change of it


async def test_only_members_of_the_organizer_list_blocked_seats(stage: Stage) -> None:
    await open_theatre(stage)

    with pytest.raises(refusals.EventNotFound):
        await listed(stage.member("org_rival"))
    with pytest.raises(refusals.EventNotFound):
        await listed(stage.member(), event_id="evt_other")
    with pytest.raises(refusals.AccessDenied):
        await listed(stage.buyer())
    assert await listed(stage.member(role=ROLE_VIEWER)) == []


@pytest.mark.parametrize("wrong", [{"label": "x" * 41}, {"reason": "x" * 201}, {"label": "two\nlines"}])
async def test_labels_and_reasons_are_short_texts(stage: Stage, wrong: dict[str, str]) -> None:
    await open_theatre(stage)

    with pytest.raises(refusals.InvalidRequest):
        await stage.member().inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["A-01"], **wrong))
    assert await states(stage) == {}


async def test_the_counter_holds_blocked_seats_and_they_are_blocked_again(stage: Stage) -> None:
    await open_theatre(stage)
    member = stage.member()
    await label(member, "Imprensa", "A-05", "A-06", reason="Jornal")

    for _ in range(2):
        await take(member, 1, "A-05", "A-07")
    assert await states(stage) == {"A-05": "HELD", "A-06": "BLOCKED", "A-07": "HELD"}
    assert await listed(member) == [("Imprensa", "A-06", "Jornal")]
    assert (await counts(stage))["seats"] == (19, 2, 0)
    with pytest.raises(refusals.SeatTaken):
        await block(member, "A-05")

    for _ in range(2):
        await release(member, 1)
    assert await states(stage) == {"A-05": "BLOCKED", "A-06": "BLOCKED"}
    assert await listed(member) == [("Imprensa", "A-05", "Jornal"), ("Imprensa", "A-06", "Jornal")]
    assert (await counts(stage))["seats"] == (18, 0, 0)


async def test_blocked_seats_that_lapse_are_blocked_again(stage: Stage) -> None:
    await open_theatre(stage)
    await label(stage.member(), "Imprensa", "A-05")
    await take(stage.member(), 1, "A-05")
    stage.clock.pass_unseen(TTL_S)

    with pytest.raises(refusals.SeatTaken):  # the hold of a buyer lapses what has expired, and finds it blocked
        await hold(stage.buyer(), hld(2), seats("A-05"))

    assert await listed(stage.member()) == [("Imprensa", "A-05", "")]


async def test_blocked_seats_are_sold_and_come_back_blocked(stage: Stage) -> None:
    orders = await open_theatre(stage)
    member = stage.member(subject_id=ANA)
    await label(member, "Imprensa", "A-05")
    await take(member, 1, "A-05")
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    assert await states(stage) == {"A-05": "SOLD"}

    await orders.ReturnSold(give_back())
    assert await states(stage) == {"A-05": "HELD"}
    await release(member, 1)

    assert await listed(member) == [("Imprensa", "A-05", "")]


async def test_a_seat_unblocked_while_it_is_held_is_free_afterwards(stage: Stage) -> None:
    await open_theatre(stage)
    member = stage.member()
    await label(member, "Imprensa", "A-05", "A-06")
    await take(member, 1, "A-05", "A-06")

    assert await unblock(member, "A-05") == [("A-05", nouns.SEAT_STATE_HELD, 3)]
    await release(member, 1)

    assert await states(stage) == {"A-06": "BLOCKED"}
    assert (await available(member))[STALLS] == 9


async def test_only_the_counter_takes_blocked_seats(stage: Stage) -> None:
    await open_theatre(stage)
    await block(stage.member(), "A-05")

    for client in (stage.buyer(), stage.member("org_rival")):
        with pytest.raises(refusals.AccessDenied):
            await take(client, 1, "A-05")
        with pytest.raises(refusals.SeatTaken):
            await hold(client, hld(1), seats("A-05"))
    with pytest.raises(refusals.SeatTaken):  # only if the wish says so
        await hold(stage.member(), hld(1), seats("A-05"))
    assert await states(stage) == {"A-05": "BLOCKED"}
    assert await rows(stage, "SELECT * FROM hold") == []


async def test_of_sixteen_clerks_one_gets_a_blocked_seat(stage: Stage) -> None:
    await open_theatre(stage)
    await block(stage.member(), "A-05", "A-06")

    answers = await asyncio.gather(
        *(outcome(take(stage.member(subject_id=f"acc_{n}"), n, "A-05", "A-06")) for n in range(16))
    )

    assert sorted(answers) == ["SEAT_TAKEN"] * 15 + ["done"]
    assert (await counts(stage))["seats"] == (20, 2, 0)


async def test_a_seat_that_is_unblocked_while_it_comes_back_is_free(stage: Stage) -> None:
    await open_theatre(stage)
    member, names = stage.member(), [f"A-{n:02d}" for n in range(1, 9)]
    await block(member, *names)
    for n, name in enumerate(names):
        await take(member, n, name)

    calls = [call for n, name in enumerate(names) for call in (release(member, n), unblock(member, name))]
    await asyncio.gather(*calls)

    assert await states(stage) == {}
    assert await listed(member) == []
    assert await rows(stage, "SELECT * FROM seat_block") == []
    assert (await counts(stage))["seats"] == (20, 0, 0)
