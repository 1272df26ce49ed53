"""The seats of an event move to another plan, and everything that is held, sold or blocked with them."""

import pytest

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.refusals import EventIncomplete
from services.inventory.relocation.relocations import Move
from tests.facts import told
from tests.inventory.relocation.moves import (
    ARENA,
    FREEZE,
    MOVE,
    REL,
    ROW,
    THAW,
    arena,
    arena_program,
    busy_theatre,
    catalog,
    check_all,
    everything,
    facts_of_moves,
    freeze,
    label,
    move,
    new_mover,
    relocate,
    stage_arena,
    staged,
    taken,
    target,
)
from tests.inventory.test_history import hold_blocked
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    PLAN,
    STALLS,
    all_seats,
    available,
    confirm,
    counts,
    describe,
    give_back,
    hld,
    hold,
    lock,
    open_theatre,
    program,
    rows,
    seats,
    unlock,
)
from tests.stage import Stage, outcome


async def places_of(stage: Stage, n: int) -> list[tuple[str, str]]:
    answer = await stage.buyer(ANA).inventory.GetHold(pb.GetHoldRequest(hold_id=hld(n)))
    return [(place.seat_id, place.seat_label) for place in answer.hold.places]


async def test_each_hold_has_its_places_in_the_new_plan_in_the_same_order(stage: Stage) -> None:
    await busy_theatre(stage)
    before = {n: await places_of(stage, n) for n in range(1, 5)}

    answer = await relocate(stage)

    assert answer == pb.MoveSeatsResponse(done=True, moved=8)
    for n, old in before.items():
        wanted = [(target(seat_id), label(target(seat_id))) if seat_id else ("", "") for seat_id, _ in old]
        assert await places_of(stage, n) == wanted
    assert before[1] == [("A-05", "Stalls A-5"), ("A-06", "Stalls A-6"), ("", ""), ("", "")]
    assert (await places_of(stage, 1))[:2] == [("B-08", "Arena B-8"), ("B-07", "Arena B-7")]
    found = {seat.seat_id: (seat.state, seat.hold_id) for seat in await taken(stage)}
    assert found == {
        "B-12": (nouns.SEAT_STATE_HELD, hld(2)),
        "B-11": (nouns.SEAT_STATE_HELD, hld(2)),
        "B-08": (nouns.SEAT_STATE_HELD, hld(1)),
        "B-07": (nouns.SEAT_STATE_HELD, hld(1)),
        "B-03": (nouns.SEAT_STATE_SOLD, hld(3)),
        "A-12": (nouns.SEAT_STATE_BLOCKED, ""),
        "A-11": (nouns.SEAT_STATE_HELD, hld(6)),
        "A-03": (nouns.SEAT_STATE_SOLD, hld(3)),
    }
    await check_all(stage)


async def test_a_fact_tells_the_new_places_of_each_hold_with_a_seat(stage: Stage) -> None:
    orders = await busy_theatre(stage)

    await relocate(stage)

    facts = await facts_of_moves(stage)
    assert sorted(facts) == [hld(1), hld(2), hld(3), hld(6)], "hold 4 has general places only"
    held = (await orders.DescribeHold(describe())).hold
    assert (facts[hld(1)].event_id, facts[hld(1)].places_revision) == (EVENT, 1)
    assert (held.places, held.places_revision) == (facts[hld(1)].places, 1)
    locked = (await orders.LockHold(lock("ord_2", n=2))).hold
    assert (locked.places, locked.places_revision) == (facts[hld(2)].places, 1)


async def test_the_event_sells_the_new_seats_after_the_move(stage: Stage) -> None:
    await busy_theatre(stage)
    before = await counts(stage)

    await relocate(stage)

    assert await counts(stage) == before | {"seats": (23, 5, 2)}
    left = await available(stage.buyer())
    assert (left[STALLS], left[BALCONY]) == (7, 9)
    assert await rows(stage, "SELECT plan_id, plan_seats FROM event_sale") == [(ARENA, 2 * ROW)]
    facts = [fact for fact in await told(stage.platform.contexts[0].database) if fact.type.endswith("StockChanged")]
    changes = [StockChanged.FromString(fact.payload) for fact in facts]
    (last,) = (change for change in changes if change.plan_id)
    assert last.plan_id == ARENA
    assert {stock.name: (stock.capacity, stock.held, stock.sold) for stock in last.stocks} == await counts(stage)
    best = pb.FindBestSeatsRequest(event_id=EVENT, ticket_type_id=STALLS, quantity=2)
    found = (await stage.anyone().inventory.FindBestSeats(best)).seats
    assert [(seat.seat_id, seat.zone) for seat in found] == [("B-09", "Arena"), ("B-10", "Arena")]
    await hold(stage.buyer("gst_leo"), hld(8), seats("B-09", "B-10"))
    assert await outcome(hold(stage.buyer("gst_leo"), hld(9), seats("B-07"))) == "SEAT_TAKEN"
    assert await outcome(hold(stage.buyer("gst_leo"), hld(9), seats("A-01"))) == "SEAT_NOT_OF_TYPE"
    await check_all(stage)


async def test_holds_go_on_after_the_move(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    await relocate(stage)

    await orders.LockHold(lock("ord_1"))
    await orders.ConfirmHold(confirm("ord_1"))
    await orders.UnlockHold(unlock("ord_2", n=2))
    await stage.buyer(ANA).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(2)))
    await orders.ReturnSold(give_back("ord_3", n=3))

    found = {seat.seat_id: seat.state for seat in await taken(stage)}
    assert (found["B-08"], found["B-07"], found["B-03"], found["A-03"]) == (3, 3, 2, 2)
    assert "B-12" not in found
    await check_all(stage)


async def test_places_that_an_order_has_given_back_do_not_move(stage: Stage) -> None:
    orders = await busy_theatre(stage)
    before = await places_of(stage, 3)
    await orders.ReturnPlaces(pb.ReturnPlacesRequest(hold_id=hld(3), order_id="ord_3", places=[0]))

    await relocate(stage)

    kept = [(target(seat_id), label(target(seat_id))) for seat_id, _ in before[1:]]
    assert await places_of(stage, 3) == [before[0], *kept]
    assert target(before[0][0]) not in {seat.seat_id for seat in await taken(stage)}


async def test_blocked_seats_move_with_their_label_and_also_while_a_hold_has_them(stage: Stage) -> None:
    await busy_theatre(stage)
    await relocate(stage)
    member = stage.member()

    found = await member.inventory.ListBlockedSeats(pb.ListBlockedSeatsRequest(event_id=EVENT))
    assert [(each.seat.seat_id, each.label, each.reason) for each in found.seats] == [("A-12", "press", "critics")]
    await member.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(6)))

    found = await member.inventory.ListBlockedSeats(pb.ListBlockedSeatsRequest(event_id=EVENT))
    assert [each.seat.seat_id for each in found.seats] == ["A-11", "A-12"]
    await member.inventory.UnblockSeats(pb.UnblockSeatsRequest(event_id=EVENT, seat_ids=["A-11", "A-12"]))
    assert await rows(stage, "SELECT count(*) FROM seat_block") == [(0,)]
    await hold_blocked(member, hld(8), "A-12", ticket_type_id=BALCONY)
    await check_all(stage)


async def test_each_step_can_be_repeated(stage: Stage) -> None:
    await busy_theatre(stage)
    await freeze(stage)
    await catalog(stage).Provision(arena_program(stage))
    for _ in range(2):
        assert (await catalog(stage).FreezeSale(FREEZE)).frozen
        await stage_arena(stage)

    first = await move(stage)

    before = await everything(stage)
    for _ in range(2):
        assert await catalog(stage).MoveSeats(MOVE) == first
    assert await outcome(catalog(stage).FreezeSale(FREEZE)) == "EVENT_STATE"
    assert await outcome(catalog(stage).ThawSale(THAW)) == "EVENT_STATE"
    assert await everything(stage) == before


async def test_an_event_moves_back_and_its_histories_go_on(stage: Stage) -> None:
    await busy_theatre(stage)
    await relocate(stage)
    there, mesh = await taken(stage), catalog(stage)

    back = pb.FreezeSaleRequest(event_id=EVENT, relocation_id="rel_2")
    assert (await mesh.FreezeSale(back)).frozen
    terms = program(stage)
    terms.version = 2
    await mesh.Provision(terms)
    sources = {theatre.seat_id: target(theatre.seat_id) for theatre in all_seats().seats}
    sources = {to: source for to, source in sources.items() if source in {seat.seat_id for seat in there}}
    await mesh.StageSeats(staged(all_seats().seats, sources, relocation_id="rel_2"))
    request = pb.MoveSeatsRequest(event_id=EVENT, relocation_id="rel_2", plan_id=PLAN, seat_count=20)
    while not (await mesh.MoveSeats(request)).done:
        pass

    assert await places_of(stage, 3) == [("A-10", "Stalls A-10"), ("B-10", "Balcony B-10")]
    assert (await facts_of_moves(stage))[hld(3)].places_revision == 2
    assert (await mesh.MoveSeats(MOVE)).done, "the first relocation is done as before"
    await check_all(stage)


async def test_a_move_waits_for_all_seats_and_for_all_targets(stage: Stage) -> None:
    await busy_theatre(stage)
    await freeze(stage)
    before = await everything(stage)
    with pytest.raises(EventIncomplete):
        await catalog(stage).MoveSeats(MOVE)
    sources = {target(seat.seat_id): seat.seat_id for seat in await taken(stage)}

    for odd in (
        {to: source for to, source in sources.items() if source != "A-05"},  # one has no target
        sources | {"B-01": "A-05"},  # one has two
        sources | {"B-01": "A-09"},  # a free seat has one
        sources | {"B-01": "Z-99"},  # a seat that is not there has one
    ):
        await catalog(stage).StageSeats(staged(arena(), odd))
        with pytest.raises(EventIncomplete):
            await catalog(stage).MoveSeats(MOVE)
    with pytest.raises(EventIncomplete):
        await new_mover(stage).move(Move(EVENT, REL, ARENA, 2 * ROW + 1))

    assert {name: found for name, found in (await everything(stage)).items() if name != "staged_seat"} == {
        name: found for name, found in before.items() if name != "staged_seat"
    }
    await catalog(stage).StageSeats(staged(arena(), sources))
    assert (await move(stage)).done


async def test_a_hall_without_a_taken_seat_moves_too(stage: Stage) -> None:
    await open_theatre(stage)

    assert await relocate(stage) == pb.MoveSeatsResponse(done=True, moved=0)

    assert await facts_of_moves(stage) == {}
    assert (await counts(stage))["seats"] == (2 * ROW, 0, 0)
    await check_all(stage)
