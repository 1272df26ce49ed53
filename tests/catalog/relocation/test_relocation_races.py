"""Many relocations at once, and relocations whose process dies."""

import asyncio

import pytest

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import Unavailable
from services.catalog.half_price_reserve import ReserveHours
from services.catalog.neighbours import Inventory
from services.catalog.relocation.neighbours import TakenSeats
from services.catalog.relocation.survey import Surveyor
from services.catalog.relocation.worker import RelocationWorker
from services.kit.values import failpoints
from tests.catalog.relocation.world import ARENA_PLAN, DONE, REFUSED, VIP, Relocations, draft, on_sale
from tests.catalog.requests import EVENT, an_id, ticket
from tests.stage import Stage, outcome

MANY = range(16)


async def test_sixteen_calls_with_one_id_begin_one_relocation(stage: Stage) -> None:
    moves = await on_sale(stage)
    before = await moves.world.get()
    moves.sell("h1", "B-1")

    answers = await asyncio.gather(*(moves.relocate() for _ in MANY))

    assert {each.relocation_id for each in answers} == {an_id("rel")}
    assert (await moves.ended()).state == DONE
    assert (await moves.world.get()).version == before.version + 1
    assert len(await moves.world.changes()) == 1


async def test_of_sixteen_relocations_one_begins(stage: Stage) -> None:
    moves = await on_sale(stage)
    moves.inventory.refuses["FreezeSale"] = Unavailable()

    answers = await asyncio.gather(*(outcome(moves.relocate(n + 1)) for n in MANY))

    assert sorted(answers) == ["EVENT_MOVING"] * 15 + ["done"]
    moves.inventory.refuses.clear()
    assert (await moves.ended(answers.index("done") + 1, put_off=True)).state == DONE
    assert (await moves.world.get()).plan_id == ARENA_PLAN


async def test_nothing_else_changes_while_an_event_moves(stage: Stage) -> None:
    moves = await on_sale(stage)
    world, before = moves.world, await moves.world.get()
    moves.inventory.refuses["FreezeSale"] = Unavailable()
    assert (await moves.relocate()).state == pb.RELOCATION_STATE_CHECKING

    calls = [
        world.move(),
        world.update(title="Other"),
        world.resize(5, VIP),
        world.unpublish(),
        world.type(ticket(an_id("tkt", 9))),
        world.publish(),
        moves.preview(),
        moves.relocate(2),
    ]
    assert await asyncio.gather(*(outcome(call) for call in calls)) == ["EVENT_MOVING"] * len(calls)
    assert await world.get() == before
    assert (await world.copy(an_id("evt", 2))).plan_id == before.plan_id

    moves.inventory.refuses.clear()
    await moves.ended(put_off=True)
    assert (await world.update(title="Other")).title == "Other"


async def test_several_processes_work_on_one_relocation(stage: Stage) -> None:
    moves = await on_sale(stage)
    moves.sell("h1", "B-1", "B-2")
    moves.inventory.refuses["FreezeSale"] = Unavailable()
    await moves.relocate()
    moves.inventory.refuses.clear()
    database, channel = moves.world.database, stage.channel("catalog")
    taken = TakenSeats(channel)

    workers = [
        RelocationWorker(
            database, stage.clock, Inventory(channel, ReserveHours(48, 72)), taken, Surveyor(database, taken)
        )
        for _ in range(4)
    ]
    await asyncio.gather(*(worker.advance(an_id("rel")) for worker in workers), return_exceptions=True)

    assert (await moves.ended(put_off=True)).state == DONE
    assert moves.seats_of("h1") == ["nB-1", "nB-2"]
    assert len(await moves.world.changes()) == 1


RPCS = ["FreezeSale", "ListTakenSeats", "Provision", "StageSeats", "MoveSeats"]
TRANSACTIONS = ["take", "numbered", "accept", "end_staging", "note_moved", "finish"]
PLACES = ["before", "after"]
STEPS = [
    *(f"catalog>inventory.{rpc}.{place}" for rpc in RPCS for place in PLACES),
    *(f"catalog.{name}.{place}" for name in TRANSACTIONS for place in PLACES),
    "catalog.begin_change.after",
    "catalog>inventory.ListTakenSeats.before@2",
    "catalog>inventory.MoveSeats.after@2",
]


def armed(step: str) -> str:
    """The spec of a failpoint. step: its name, and at which pass it acts."""
    name, _, at = step.partition("@")
    return f"{name}=raise@{at or 1}"


@pytest.mark.parametrize("step", STEPS)
async def test_a_relocation_whose_process_died_goes_on(stage: Stage, step: str) -> None:
    moves = await on_sale(stage)
    moves.sell("h1", "B-1", "B-2")
    moves.inventory.blocked[EVENT] = {"B-5"}
    assert failpoints.exists(step.partition("@")[0])
    failpoints.arm(armed(step))
    await outcome(moves.relocate())

    ended = await moves.ended(put_off=True)

    failpoints.arm("")
    assert (ended.state, ended.seats, ended.moved) == (DONE, 3, 3)
    assert (await moves.world.get()).plan_id == ARENA_PLAN
    assert (moves.seats_of("h1"), moves.inventory.blocked[EVENT]) == (["nB-1", "nB-2"], {"nB-5"})
    assert len(await moves.world.changes()) == 1
    assert (await moves.relocate()).state == DONE


REFUSING = [
    *(f"catalog.{name}.{place}" for name in ("refuse", "end_thawing") for place in PLACES),
    *(f"catalog>inventory.ThawSale.{place}" for place in PLACES),
]


@pytest.mark.parametrize("step", REFUSING)
async def test_a_refused_relocation_whose_process_died_ends(stage: Stage, step: str) -> None:
    moves = await on_sale(stage)
    before = await moves.world.get()
    moves.sell("h1", "B-6")
    failpoints.arm(armed(step))
    await outcome(moves.relocate())

    ended = await moves.ended(put_off=True)

    failpoints.arm("")
    assert (ended.state, ended.refused_reason) == (REFUSED, "RELOCATION_INCOMPLETE")
    assert await outcome(moves.relocate()) == "RELOCATION_INCOMPLETE"
    assert (await moves.world.get(), moves.inventory.moving(EVENT)) == (before, "")


@pytest.mark.parametrize("rpc", [*RPCS, "ThawSale"])
async def test_a_relocation_waits_for_inventory(stage: Stage, rpc: str) -> None:
    moves = await on_sale(stage)
    stuck = rpc == "ThawSale"
    moves.sell("h1", "B-6" if stuck else "B-5")
    moves.inventory.refuses[rpc] = Unavailable()
    begun = await moves.relocate()

    assert begun.state in (pb.RELOCATION_STATE_CHECKING, pb.RELOCATION_STATE_MOVING)
    moves.inventory.refuses.clear()

    assert (await moves.ended(put_off=True)).state == (REFUSED if stuck else DONE)


@pytest.mark.parametrize("step", ["begin_change.before", "begin_change.after"])
async def test_a_draft_whose_call_died_moves_once(stage: Stage, step: str) -> None:
    moves: Relocations = await draft(stage)
    before = await moves.world.get()
    failpoints.arm(f"catalog.{step}=raise")
    assert await outcome(moves.relocate()) in ("INTERNAL", "done")
    failpoints.arm("")

    assert (await moves.relocate()).state == DONE

    event = await moves.world.get()
    assert (event.plan_id, event.version) == (ARENA_PLAN, before.version + 1)
