"""WatchSeats and WatchOccupancy: a snapshot, then the changes, without gap or repeat."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from eventhub import refusals
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.facts import settled
from tests.inventory.streams import (
    BLOCKED,
    FREE,
    HELD,
    SEATS,
    SOLD,
    changes,
    counted,
    shown,
    watch_counts,
    watch_seats,
)
from tests.inventory.world import (
    ANA,
    EVENT,
    HALF,
    ORGANIZER,
    PLAN,
    build_theatre,
    confirm,
    held,
    hld,
    hold,
    lock,
    open_theatre,
    places,
    program,
    seats,
)
from tests.stage import Stage


async def release(stage: Stage, n: int = 1) -> None:
    await stage.buyer(ANA).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))


async def test_the_states_of_all_seats_come_first_and_then_the_changes(stage: Stage) -> None:
    orders = await held(stage)
    stream = watch_seats(stage.anyone())

    first = await anext(stream)
    assert (first.seats.plan_id, first.seats.seat_count) == (PLAN, 20)
    assert shown(first) == dict.fromkeys(SEATS, FREE) | {"A-05": HELD}
    assert list(first.changes) == []

    await orders.LockHold(lock())  # a locked seat is held, as it was
    await orders.ConfirmHold(confirm())
    assert changes(await anext(stream)) == [("A-05", SOLD)]
    await stage.member().inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["B-01", "B-02"]))
    assert changes(await anext(stream)) == [("B-01", BLOCKED), ("B-02", BLOCKED)]


async def test_an_event_without_numbered_seats_has_an_empty_map(stage: Stage) -> None:
    await build_theatre(stage)
    catalog = InventoryMeshStub(stage.channel("catalog"))
    standing = program(stage)
    standing.plan_id, standing.seat_count = "", 0
    await catalog.Provision(standing)
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT))

    first = await anext(watch_seats(stage.anyone()))
    assert first == pb.WatchSeatsResponse(seats=nouns.SeatStates(), revision=first.revision)


async def test_a_watch_goes_on_from_its_revision_without_gap_or_repeat(stage: Stage) -> None:
    await held(stage)
    start = (await anext(watch_seats(stage.anyone()))).revision
    await release(stage)
    await hold(stage.buyer(ANA), hld(2), seats("A-01"))
    await hold(stage.buyer(ANA), hld(3), places(1))
    await settled(stage.platform.contexts[0].database)

    missed = await anext(watch_seats(stage.anyone(), start))
    assert changes(missed) == [("A-05", FREE), ("A-01", HELD)]
    assert not missed.HasField("seats")

    stream = watch_seats(stage.anyone(), missed.revision)
    following = asyncio.ensure_future(anext(stream))
    await hold(stage.buyer(ANA), hld(4), seats("A-02"))
    assert changes(await following) == [("A-02", HELD)]


async def test_a_seat_that_changed_often_is_told_as_it_ended_up(stage: Stage) -> None:
    await held(stage)
    start = (await anext(watch_seats(stage.anyone()))).revision
    await release(stage)
    for n in range(2, 6):
        await hold(stage.buyer(ANA), hld(n), seats("A-05"))
        await release(stage, n)
    await settled(stage.platform.contexts[0].database)

    assert changes(await anext(watch_seats(stage.anyone(), start))) == [("A-05", FREE)]


@pytest.mark.parametrize("start", [Revision(epoch="epo_other", position=1), Revision(position=1)])
async def test_another_historys_revision_is_refused(stage: Stage, start: Revision) -> None:
    await held(stage)

    with pytest.raises(refusals.RevisionUnknown):
        await anext(watch_seats(stage.anyone(), start))
    with pytest.raises(refusals.RevisionUnknown):
        await anext(watch_counts(stage.member(), start))


async def test_a_revision_from_the_future_is_refused(stage: Stage) -> None:
    await held(stage)
    now = (await anext(watch_seats(stage.anyone()))).revision
    ahead = Revision(epoch=now.epoch, position=now.position + 5)

    with pytest.raises(refusals.RevisionUnknown):
        await anext(watch_seats(stage.anyone(), ahead))


async def test_counts_are_absolute_and_told_after_each_change(stage: Stage) -> None:
    orders = await held(stage)
    stream = watch_counts(stage.member())

    assert counted(await anext(stream)) == {"places": (100, 3, 0), "half": (4, 1, 0), "seats": (20, 1, 0)}
    await hold(stage.buyer(ANA), hld(2), places(4))
    assert counted(await anext(stream)) == {"places": (100, 7, 0), "half": (4, 1, 0), "seats": (20, 1, 0)}
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    assert counted(await anext(stream)) == {"places": (100, 4, 3), "half": (4, 0, 1), "seats": (20, 0, 1)}
    await stage.member().inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["B-01"]))
    assert counted(await anext(stream)) == {"places": (100, 4, 3), "half": (4, 0, 1), "seats": (19, 0, 1)}


async def test_all_watchers_of_a_rush_end_with_the_true_counts(stage: Stage) -> None:
    """Eight buyers hold at once while six clients watch; each client is told fewer messages than there are holds, and
    the last of them is true."""
    await open_theatre(stage)
    streams = [watch_counts(stage.member()) for _ in range(6)]
    for stream in streams:
        assert counted(await anext(stream))["seats"] == (20, 0, 0)

    async def see_all_held(stream: AsyncGenerator[pb.WatchOccupancyResponse, None]) -> list[tuple[int, int]]:
        numbers: list[tuple[int, int]] = []
        async for answer in stream:
            numbers.append((answer.revision.position, counted(answer)["seats"][1]))
            if numbers[-1][1] == 8:
                break
        return numbers

    async with asyncio.timeout(5):
        holding = asyncio.gather(*(hold(stage.buyer(f"gst_{n}"), hld(n), seats(f"A-{n:02d}")) for n in range(1, 9)))
        seen = await asyncio.gather(*(see_all_held(stream) for stream in streams))
        await holding

    for counts_seen in seen:
        assert counts_seen == sorted(set(counts_seen)), "counts and revisions grow, and nothing is told twice"
        assert len(counts_seen) <= 8


async def test_watches_that_begin_together_each_tell_the_changes_once(stage: Stage) -> None:
    await held(stage)
    first, second = watch_seats(stage.anyone()), watch_seats(stage.anyone())
    opened = await asyncio.gather(anext(first), anext(second))
    assert opened[0] == opened[1]

    await release(stage)
    late = watch_seats(stage.anyone())
    known = shown(await anext(late))

    for stream in (first, second):
        assert changes(await anext(stream)) == [("A-05", FREE)]
    if known["A-05"] == HELD:  # it began with the snapshot that the others began with
        assert changes(await anext(late)) == [("A-05", FREE)]


async def test_counts_go_on_from_a_revision(stage: Stage) -> None:
    await held(stage)
    start = (await anext(watch_counts(stage.member()))).revision

    stream = watch_counts(stage.member(), start)
    following = asyncio.ensure_future(anext(stream))
    await hold(stage.buyer(ANA), hld(2), places(1, HALF))
    assert counted(await following)["half"] == (4, 2, 0)

    missed = await anext(watch_counts(stage.member(), start))
    assert counted(missed)["half"] == (4, 2, 0)


async def test_only_the_events_own_organizer_sees_counts(stage: Stage) -> None:
    await held(stage)

    for stream in (watch_counts(stage.member("org_rival")), watch_counts(stage.member(), event_id="evt_other")):
        with pytest.raises(refusals.EventNotFound):
            await anext(stream)
    with pytest.raises(refusals.AccessDenied):
        await anext(watch_counts(stage.buyer()))
    with pytest.raises(refusals.TokenMissing):
        await anext(watch_counts(stage.anyone()))


async def test_an_unknown_event_has_no_map(stage: Stage) -> None:
    await held(stage)

    with pytest.raises(refusals.EventNotFound):
        await anext(aiter(stage.anyone().inventory.WatchSeats(pb.WatchSeatsRequest(event_id="evt_other"))))


async def test_streams_end_with_their_token(stage: Stage) -> None:
    await held(stage)
    map_, occupancy = watch_seats(stage.buyer(ANA)), watch_counts(stage.member(ORGANIZER))
    await anext(map_)
    await anext(occupancy)

    stage.clock.pass_unseen(601)
    await hold(stage.buyer("gst_leo"), hld(2), seats("A-01"))  # news: the streams check their token

    for stream in (map_, occupancy):
        with pytest.raises(refusals.TokenExpired):
            await _rest(stream)


async def _rest(stream: AsyncIterator[object]) -> None:
    async for _ in stream:
        pass


async def test_streams_end_with_the_server_and_say_so(stage: Stage) -> None:
    await held(stage)
    map_, occupancy = watch_seats(stage.anyone()), watch_counts(stage.member())
    await anext(map_)
    await anext(occupancy)

    stopping = asyncio.create_task(stage.platform.stop(grace_s=3))

    for stream in (map_, occupancy):
        with pytest.raises(refusals.Draining):
            await _rest(stream)
    await stopping
