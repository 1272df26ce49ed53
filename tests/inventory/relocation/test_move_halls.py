"""Halls with companions' seats and a rule about single seats keep both after a move."""

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from tests.inventory.halls import HALL, hall_seats, open_hall, propose
from tests.inventory.relocation.moves import check_all, facts_of_moves, relocate_to
from tests.inventory.test_accessible import need
from tests.inventory.world import ANA, EVENT, confirm, hld, hold, lock, rows, seats
from tests.stage import Stage, outcome


async def test_a_companion_comes_later_beside_the_moved_accessible_seat(stage: Stage) -> None:
    orders = await open_hall(stage, "oooWcooo")
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats("0-03", ticket_type_id=HALL))
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())

    await relocate_to(stage, hall_seats("ooo", "oocWoWco"), {"0-03": "1-05"}, EVENT)

    assert await outcome(hold(ana, hld(2), seats("1-02", ticket_type_id=HALL))) == "COMPANION_SEAT"
    await hold(ana, hld(2), seats("1-06", ticket_type_id=HALL))
    assert await propose(ana, 2, accessible=[need("WHEELCHAIR")]) == [["1-02", "1-03"]]
    assert await rows(stage, "SELECT seat_id FROM seat WHERE special = 1 ORDER BY seat_id") == [
        ("1-02",),
        ("1-03",),
        ("1-05",),
        ("1-06",),
    ]
    await check_all(stage)


async def test_the_rule_about_single_seats_holds_in_the_new_plan(stage: Stage) -> None:
    await open_hall(stage, "oooo", orphan_rule=nouns.ORPHAN_RULE_REFUSE)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats("0-00", "0-01", ticket_type_id=HALL))

    await relocate_to(stage, hall_seats("oooooo"), {"0-00": "0-00", "0-01": "0-01"}, EVENT)

    with pytest.raises(refusals.OrphanSeat) as refused:
        await hold(stage.buyer("gst_leo"), hld(2), seats("0-03", ticket_type_id=HALL))
    assert refused.value.facts["seat_id"] == "0-02"
    await hold(stage.buyer("gst_leo"), hld(2), seats("0-02", "0-03", ticket_type_id=HALL))
    assert await facts_of_moves(stage) == {}, "the hold kept its seats and their names"
    await check_all(stage)


async def test_a_hold_forgets_the_seats_that_it_left_alone_in_the_old_plan(stage: Stage) -> None:
    orders = await open_hall(stage, "oooo", orphan_rule=nouns.ORPHAN_RULE_WARN)
    held = (await hold(stage.buyer(ANA), hld(1), seats("0-01", ticket_type_id=HALL))).hold
    assert list(held.orphans) == ["0-00"]

    await relocate_to(stage, hall_seats("oo", "oooooo"), {"0-01": "1-02"}, EVENT)

    locked = (await orders.LockHold(lock())).hold
    assert (list(locked.orphans), locked.places[0].seat_label) == ([], "Zone 1 1-2")
    await check_all(stage)
