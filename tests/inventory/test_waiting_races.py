"""Waiting lists when many act at once: the list always wins, and no place is lost or sold twice."""

import asyncio
from collections import Counter

import pytest

from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.worker import SWEEP_EVERY_S
from tests.inventory.lists import FEW, become, entry, join, leave, named, proven, release, sold_out, states, swept, wai
from tests.inventory.test_history import chooser
from tests.inventory.world import ANA, EVENT, HALF, STANDING, counts, hld, hold, open_theatre, places, rows
from tests.stage import Stage, outcome


async def test_of_sixteen_joins_of_one_person_one_is_done(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")

    answers = await asyncio.gather(*(outcome(join(leo, n)) for n in range(16)))

    assert Counter(answers) == {"done": 1, "ALREADY_WAITING": 15}
    assert await rows(stage, "SELECT entries, tickets FROM waiting_type") == [(1, 1)]


async def test_sixteen_repeats_of_a_join_make_one_entry(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")

    answers = await asyncio.gather(*(join(leo, 1) for _ in range(16)))

    assert {answer.SerializeToString() for answer in answers} == {(await entry(leo, 1)).SerializeToString()}
    assert await rows(stage, "SELECT entries, tickets FROM waiting_type") == [(1, 1)]


async def test_sixteen_people_who_join_at_once_stand_in_one_order(stage: Stage) -> None:
    await sold_out(stage)
    people = [proven(stage, f"gst_{n}") for n in range(16)]

    await asyncio.gather(*(join(person, n) for n, person in enumerate(people)))

    assert [(await entry(person, n)).ahead for n, person in enumerate(people)] == list(range(16))
    assert await rows(stage, "SELECT entries, tickets FROM waiting_type") == [(16, 16)]


async def test_sixteen_times_leaving_leaves_once(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    await join(leo, 1)
    await join(proven(stage, "gst_mia"), 2)

    answers = await asyncio.gather(*(leave(leo, 1) for _ in range(16)))

    assert {named(answer.state) for answer in answers} == {"LEFT"}
    assert await rows(stage, "SELECT entries, tickets FROM waiting_type") == [(1, 1)]


async def test_of_64_buyers_and_a_list_the_list_gets_every_place(stage: Stage) -> None:
    """Half of the buyers want half price, whose pool is not sold out but which needs one of the same places."""
    await sold_out(stage, half=64)
    people = [proven(stage, f"gst_{n}") for n in range(FEW)]
    for n, person in enumerate(people):
        await join(person, n)
    buyers = [stage.buyer(f"gst_buyer_{n}") for n in range(64)]

    async def rush(n: int, buyer: EventHub) -> list[str]:
        wanted = places(1, HALF if n % 2 else STANDING)
        return [await outcome(hold(buyer, hld(10_000 + 3 * n + turn), wanted)) for turn in range(3)]

    tries = [asyncio.create_task(rush(n, buyer)) for n, buyer in enumerate(buyers)]
    for n in range(1, FEW + 1):
        while await outcome(release(stage.buyer(ANA), n)) != "done":  # the rush may take all of its time
            pass
        stage.clock.advance(SWEEP_EVERY_S)
    answers = await asyncio.gather(*tries)
    await become(stage, *["OFFERED"] * FEW)

    assert {answer for told in answers for answer in told} <= {"SOLD_OUT", "DEADLINE_PASSED"}
    assert (await counts(stage))["places"] == (FEW, FEW, 0)


async def test_holds_that_began_before_the_list_do_not_get_what_comes_back_after_it(stage: Stage) -> None:
    await sold_out(stage)
    buyers = [stage.buyer(f"gst_buyer_{n}") for n in range(16)]

    async def rush(n: int, buyer: EventHub) -> list[str]:
        return [await outcome(hold(buyer, hld(10_000 + 4 * n + turn), places(1))) for turn in range(4)]

    tries = [asyncio.create_task(rush(n, buyer)) for n, buyer in enumerate(buyers)]
    await join(proven(stage, "gst_leo"), 1)
    await release(stage.buyer(ANA), 1)
    answers = await asyncio.gather(*tries)
    await become(stage, "OFFERED")

    assert {answer for told in answers for answer in told} <= {"SOLD_OUT", "DEADLINE_PASSED"}


async def test_leaving_and_being_offered_at_once_keeps_the_counts(stage: Stage) -> None:
    await sold_out(stage)
    people = [proven(stage, f"gst_{n}") for n in range(8)]
    for n, person in enumerate(people):
        await join(person, n)

    leaving = [asyncio.create_task(leave(person, n)) for n, person in enumerate(people[:6])]
    for n in range(1, FEW + 1):
        await release(stage.buyer(ANA), n)
        stage.clock.advance(SWEEP_EVERY_S)
    await asyncio.gather(*leaving)
    for _ in range(3):
        await swept(stage)

    now = await states(stage)
    assert [now[wai(n)] for n in (6, 7)] == ["OFFERED", "OFFERED"]
    assert set(now.values()) <= {"OFFERED", "LEFT", "DECLINED"}
    assert (await counts(stage))["places"] == (FEW, 2, 0)
    assert await rows(stage, "SELECT 1 FROM waiting_type") == []


@pytest.mark.parametrize("seed", range(4))
async def test_no_place_stays_unsold_while_an_entry_that_fits_waits(stage: Stage, seed: int) -> None:
    """A random story. Afterwards the counts are those of the holds, and no entry waits that could be offered."""
    await open_theatre(stage, standing=6, half=3)
    choose = chooser(f"waiting:{seed}")

    async def act(n: int) -> None:
        person = proven(stage, f"gst_{n % 12}")
        wanted = HALF if choose(2) else STANDING
        match choose(6):
            case 0 | 1:
                await outcome(join(person, n, 1 + choose(3), wanted))
            case 2:
                await outcome(leave(person, n - 12))
            case 3 | 4:
                await outcome(hold(person, hld(10_000 + n), places(1 + choose(3), wanted)))
            case _:
                await outcome(person.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(10_000 + n - 12))))

    for first in range(100, 220, 12):
        await asyncio.gather(*(act(first + n) for n in range(12)))
        stage.clock.advance(SWEEP_EVERY_S)
    for _ in range(3):
        await swept(stage)

    now = await counts(stage)
    left = {STANDING: now["places"][0] - now["places"][1]}
    left[HALF] = min(left[STANDING], now["half"][0] - now["half"][1])
    waiting = await rows(stage, "SELECT ticket_type_id, quantity FROM waiting_entry WHERE state = 'WAITING'")
    assert [(kind, quantity) for kind, quantity in waiting if quantity <= left[kind]] == []
    totals = "SELECT coalesce(sum(tickets), 0) FROM {0}"
    assert await rows(stage, totals.format("hold WHERE state = 'HELD'")) == [(now["places"][1],)]
    assert await rows(stage, totals.format("waiting_type")) == [(sum(quantity for _, quantity in waiting),)]
    flagged = await rows(stage, f"SELECT waiting FROM event_sale WHERE event_id = '{EVENT}'")
    assert flagged == [(int(bool(waiting)),)]
