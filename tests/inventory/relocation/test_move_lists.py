"""Waiting lists of an event that moves: no place is offered meanwhile, and offers move with their seats."""

from eventhub.inventory.v1 import inventory_pb2 as nouns
from services.inventory.waiting.offer_transactions import offer_next
from tests.inventory.lists import become, entry, join, leave, named, proven, release, sold_out, states, swept, wai
from tests.inventory.relocation.moves import (
    arena,
    arena_program,
    catalog,
    check_all,
    facts_of_moves,
    freeze,
    label,
    move,
    relocate,
    stage_arena,
    target,
)
from tests.inventory.test_history import check_counts, check_holds
from tests.inventory.world import ANA, EVENT, STALLS, confirm, hld, hold, lock, open_theatre, rows, seats
from tests.stage import Stage, outcome

LEO = "gst_leo"


async def test_no_place_is_offered_before_the_event_sells_again(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, LEO), 1)
    await freeze(stage)
    larger = arena_program(stage)
    larger.pools[0].capacity = 5
    await catalog(stage).Provision(larger)

    await swept(stage)
    database, now_us = stage.platform.contexts[0].database, stage.clock.now_us()
    assert not await database.write(offer_next, EVENT, hld(99), lasts_us=1, now_us=now_us)
    assert await states(stage) == {wai(1): "WAITING"}
    await stage_arena(stage)
    await move(stage)

    await become(stage, "OFFERED")
    await check_counts(stage)
    await check_holds(stage)


async def offered_seat(stage: Stage) -> nouns.WaitingEntry:
    """The stalls are sold out, one seat has come back, and Leo is offered it."""
    await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats(*(f"A-{n:02d}" for n in range(1, 10))))
    await hold(ana, hld(2), seats("A-10"))
    await join(proven(stage, LEO), 1, ticket_type_id=STALLS)
    await release(ana, 2)
    await become(stage, "OFFERED")
    return await entry(proven(stage, LEO), 1)


async def test_an_offer_moves_with_its_seat(stage: Stage) -> None:
    leos = await offered_seat(stage)

    await relocate(stage)

    (place,) = (await facts_of_moves(stage))[leos.hold_id].places
    assert (place.seat_id, place.seat_label) == (target("A-10"), label(target("A-10")))
    await check_all(stage)
    assert named((await leave(proven(stage, LEO), 1)).state) == "DECLINED"
    await check_all(stage)


async def test_an_offer_is_not_given_back_while_the_event_moves(stage: Stage) -> None:
    leos = await offered_seat(stage)
    await freeze(stage)

    assert await outcome(leave(proven(stage, LEO), 1)) == "EVENT_MOVING"

    await catalog(stage).Provision(arena_program(stage))
    await stage_arena(stage)
    await move(stage)
    assert await rows(stage, f"SELECT state FROM hold WHERE hold_id = '{leos.hold_id}'") == [("HELD",)]
    assert len(arena()) == (await rows(stage, "SELECT count(*) FROM seat"))[0][0]


async def test_seats_that_the_new_plan_has_more_are_offered(stage: Stage) -> None:
    orders = await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats(*(f"A-{n:02d}" for n in range(1, 11))))
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    await join(proven(stage, LEO), 1, quantity=2, ticket_type_id=STALLS)

    await relocate(stage)

    await become(stage, "OFFERED")
    offer = (await entry(proven(stage, LEO), 1)).hold_id
    assert await rows(stage, f"SELECT seat_id FROM seat WHERE hold_id = '{offer}' ORDER BY seat_id") == [
        ("B-01",),
        ("B-02",),
    ]
