"""A frozen sale: which calls are refused, which still answer, and how it goes on as before."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.inventory.lists import join, proven
from tests.inventory.relocation.moves import (
    FREEZE,
    MOVE,
    REL,
    THAW,
    arena,
    busy_theatre,
    catalog,
    check_all,
    everything,
    freeze,
    new_mover,
    stage_arena,
    staged,
    taken,
)
from tests.inventory.streams import watch_seats
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    ORGANIZER,
    STALLS,
    TTL_S,
    available,
    build_theatre,
    confirm,
    describe,
    give_back,
    hld,
    hold,
    lock,
    open_theatre,
    places,
    program,
    rows,
    seats,
    state,
    unlock,
)
from tests.stage import Stage, outcome, until

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

OTHER = "rel_2"
LEFT = pb.BatchGetAvailabilityRequest(event_ids=[EVENT])


def changes(stage: Stage, orders: "InventoryMeshAsyncStub") -> list[Awaitable[object]]:
    """A call of each kind that would change or show the event's seats."""
    ana, member = stage.buyer(ANA), stage.member()
    counter = pb.HoldAtCounterRequest(hold_id=hld(9), event_id=EVENT, organizer_id=ORGANIZER, member_id="acc_bia")
    counter.items.append(places(1))
    best = pb.FindBestSeatsRequest(event_id=EVENT, ticket_type_id=STALLS, quantity=1)
    return [
        hold(ana, hld(8), seats("A-09")),
        hold(ana, hld(8), places(1)),
        orders.HoldAtCounter(counter),
        ana.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1))),
        orders.LockHold(lock("ord_1")),
        orders.ConfirmHold(confirm("ord_2", n=2)),
        orders.UnlockHold(unlock("ord_2", n=2)),
        orders.ReturnSold(give_back("ord_3", n=3)),
        member.inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["B-05"])),
        member.inventory.UnblockSeats(pb.UnblockSeatsRequest(event_id=EVENT, seat_ids=["B-01"])),
        join(proven(stage, "acc_leo"), 1),
        ana.inventory.FindBestSeats(best),
        anext(watch_seats(stage.anyone())),
    ]


async def test_each_change_of_a_frozen_event_is_refused_and_changes_nothing(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    await freeze(stage)
    before = await everything(stage)

    refusals = [await outcome(change) for change in changes(stage, orders)]

    assert refusals == ["EVENT_MOVING"] * len(refusals)
    assert await everything(stage) == before


async def test_a_frozen_event_has_no_ticket_left_and_its_holds_are_still_shown(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    ana, held = stage.buyer(ANA), await orders.DescribeHold(describe())
    assert [left.event_id for left in (await catalog(stage).BatchGetAvailability(LEFT)).events] == [EVENT]

    await freeze(stage)

    assert set((await available(ana)).values()) == {0}
    assert list((await catalog(stage).BatchGetAvailability(LEFT)).events) == []
    assert await orders.DescribeHold(describe()) == held
    again = await hold(ana, hld(1), seats("A-06", "A-05"), places(2))
    assert again.hold == held.hold, "a repeat gets the hold as it is"


async def test_a_relocation_that_is_given_up_leaves_everything_as_it_was(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    before = await everything(stage)

    await freeze(stage)
    await stage_arena(stage)
    while not (await catalog(stage).ThawSale(THAW)).thawed:
        pass

    assert await everything(stage) == before
    assert await rows(stage, "SELECT step FROM relocation") == [("THAWED",)]
    await orders.ConfirmHold(confirm("ord_2", n=2))
    await stage.buyer(ANA).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))
    await hold(stage.buyer(ANA), hld(8), seats("A-05"))
    await check_all(stage)


async def test_a_relocation_that_is_given_up_is_not_begun_again(stage: Stage) -> None:
    await open_theatre(stage)
    early = pb.ThawSaleRequest(event_id=EVENT, relocation_id=OTHER)

    assert (await catalog(stage).ThawSale(early)).thawed, "it had not begun"
    await freeze(stage)
    for _ in range(2):
        assert (await catalog(stage).ThawSale(THAW)).thawed

    for late in (FREEZE, pb.FreezeSaleRequest(event_id=EVENT, relocation_id=OTHER)):
        assert await outcome(catalog(stage).FreezeSale(late)) == "EVENT_STATE"
    assert await outcome(catalog(stage).MoveSeats(MOVE)) == "EVENT_STATE"
    assert await rows(stage, "SELECT moving FROM event_sale") == [(0,)]


async def test_holds_are_frozen_and_thawed_one_part_after_the_other(stage: Stage) -> None:
    await busy_theatre(stage)
    before = await everything(stage)

    calls = 1
    while not await new_mover(stage).freeze(EVENT, REL):
        assert await rows(stage, "SELECT sum(frozen) FROM hold") == [(calls,)]
        calls += 1
    assert calls == 6, "five holds are in force, and the sixth call finds no more"
    assert await rows(stage, "SELECT state FROM hold WHERE frozen = 0") == [("RELEASED",)]
    assert await new_mover(stage).freeze(EVENT, REL), "a repeat"

    while not await new_mover(stage).thaw(EVENT, REL):
        assert await rows(stage, "SELECT moving FROM event_sale") == [(1,)]
    assert await everything(stage) == before


async def test_a_relocation_is_given_up_while_holds_are_being_frozen(stage: Stage) -> None:
    await busy_theatre(stage)
    before = await everything(stage)
    for _ in range(2):
        assert not await new_mover(stage).freeze(EVENT, REL)

    while not await new_mover(stage).thaw(EVENT, REL):
        pass

    assert await everything(stage) == before


async def test_an_expired_hold_lapses_after_the_thaw(stage: Stage) -> None:
    await busy_theatre(stage)
    await freeze(stage)

    stage.clock.advance(TTL_S)
    stage.clock.advance(2)
    await until(lambda: len(stage.clock.asleep()) >= 3)
    assert await state(stage) == "HELD"
    assert await outcome(catalog(stage).ThawSale(THAW)) == "done"

    async def lapsed() -> bool:
        stage.clock.advance(1)
        return await rows(stage, "SELECT count(*) FROM hold WHERE state = 'HELD'") == [(0,)]

    await until(lapsed)
    await check_all(stage)


async def test_calls_at_the_wrong_time_are_refused(stage: Stage) -> None:
    unknown = {"event_id": "evt_other", "relocation_id": REL}
    await build_theatre(stage)
    mesh = catalog(stage)
    await mesh.Provision(program(stage))
    assert await outcome(mesh.FreezeSale(FREEZE)) == "EVENT_STATE", "before sales open"

    await mesh.ProvisionSeats(pb.ProvisionSeatsRequest(event_id=EVENT, seats=arena()))
    await mesh.OpenSales(pb.OpenSalesRequest(event_id=EVENT, seat_count=24))
    stage_one = staged(arena()[:1], {})
    assert await outcome(mesh.StageSeats(stage_one)) == "EVENT_STATE", "not frozen"
    assert await outcome(mesh.MoveSeats(MOVE)) == "EVENT_STATE", "not frozen"
    await freeze(stage)
    other = pb.StageSeatsRequest(event_id=EVENT, relocation_id=OTHER, seats=stage_one.seats)
    assert await outcome(mesh.StageSeats(other)) == "EVENT_STATE", "frozen for another relocation"
    assert await outcome(mesh.FreezeSale(pb.FreezeSaleRequest(event_id=EVENT, relocation_id=OTHER))) == "EVENT_MOVING"
    twice = staged([*arena()[:1], *arena()[:1]], {})
    assert await outcome(mesh.StageSeats(twice)) == "INVALID_REQUEST"

    for call in (
        mesh.FreezeSale(pb.FreezeSaleRequest(**unknown)),
        mesh.ThawSale(pb.ThawSaleRequest(**unknown)),
        mesh.StageSeats(pb.StageSeatsRequest(**unknown, seats=stage_one.seats)),
        mesh.MoveSeats(pb.MoveSeatsRequest(**unknown, plan_id="pln", seat_count=1)),
        mesh.ListTakenSeats(pb.ListTakenSeatsRequest(event_id="evt_other")),
    ):
        assert await outcome(call) == "EVENT_NOT_FOUND"


@pytest.mark.parametrize("many", [16])
async def test_of_sixteen_relocations_one_freezes_the_event(stage: Stage, many: int) -> None:
    await busy_theatre(stage)
    requests = [pb.FreezeSaleRequest(event_id=EVENT, relocation_id=f"rel_{n}") for n in range(many)]

    answers = await asyncio.gather(*(outcome(catalog(stage).FreezeSale(request)) for request in requests))

    assert sorted(answers) == ["EVENT_MOVING"] * (many - 1) + ["done"]
    assert await rows(stage, "SELECT DISTINCT frozen FROM hold WHERE state <> 'RELEASED'") == [(1,)]
    assert await outcome(catalog(stage).FreezeSale(requests[answers.index("done")])) == "done"


async def test_each_seat_that_was_blocked_or_held_at_once_with_the_freeze_is_listed(stage: Stage) -> None:
    await open_theatre(stage)
    member, buyers = stage.member(), [stage.buyer("gst_leo"), stage.buyer("gst_mia")]

    async def take(n: int) -> str:
        if n % 2:
            request = pb.BlockSeatsRequest(event_id=EVENT, seat_ids=[f"B-{n // 2 + 1:02d}"])
            return await outcome(member.inventory.BlockSeats(request))
        return await outcome(hold(buyers[n // 8], hld(n), seats(f"A-{n // 2 + 1:02d}")))

    takes = [asyncio.create_task(take(n)) for n in range(16)]
    await freeze(stage)
    listed = {seat.seat_id for seat in await taken(stage)}
    answers = await asyncio.gather(*takes)

    assert set(answers) <= {"done", "EVENT_MOVING"}
    assert listed == {f"{'AB'[n % 2]}-{n // 2 + 1:02d}" for n, answer in enumerate(answers) if answer == "done"}


async def test_taken_seats_are_listed_with_their_holds_and_orders(stage: Stage) -> None:
    await busy_theatre(stage)

    found = [
        (seat.seat_id, seat.state, seat.hold_id, seat.order_id, seat.ticket_type_id) for seat in await taken(stage)
    ]

    assert found == [
        ("A-01", 2, hld(2), "ord_2", STALLS),
        ("A-02", 2, hld(2), "ord_2", STALLS),
        ("A-05", 2, hld(1), "", STALLS),
        ("A-06", 2, hld(1), "", STALLS),
        ("A-10", 3, hld(3), "ord_3", STALLS),
        ("B-01", 4, "", "", ""),
        ("B-02", 2, hld(6), "", BALCONY),
        ("B-10", 3, hld(3), "ord_3", BALCONY),
    ]
