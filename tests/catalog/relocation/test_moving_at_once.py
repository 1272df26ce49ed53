"""Drafts, and events without numbered seats, move in one step and without inventory."""

import asyncio

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from tests.catalog.relocation.halls import hall
from tests.catalog.relocation.world import ARENA, ARENA_PLAN, DONE, HALF_PRICE, VIP, categories, draft, empty
from tests.catalog.requests import EVENT, TYPE, VENUE, an_id, file_of, general, ticket
from tests.stage import Stage


async def test_a_draft_moves_to_another_plan(stage: Stage) -> None:
    moves = await draft(stage)
    before = await moves.world.get()

    preview = await moves.preview()
    done = await moves.relocate()

    assert preview == pb.PreviewRelocationResponse()
    assert (done.state, done.seats, done.ended_at) == (DONE, 0, done.created_at)
    event = await moves.world.get()
    assert (event.venue.venue_id, event.plan_id, event.capacity) == (ARENA, ARENA_PLAN, 11)
    assert (event.version, categories(event)) == (before.version + 1, categories(before))
    assert moves.inventory.requests == []
    assert await moves.world.changes() == []
    await moves.world.publish()
    assert len(moves.inventory.arrived[EVENT]) == 11


async def test_a_type_for_all_seats_leaves_out_those_that_the_new_plan_does_not_sell(stage: Stage) -> None:
    moves = await draft(stage)
    type_id, plan_id = an_id("tkt", 4), an_id("pln", 3)
    await moves.world.type(ticket(type_id))
    blocked = hall({"A": "VV", "B": "SS", "C": "m"}, names={})
    blocked["categories"].append({"name": "Bloqueado"})
    blocked["zones"][0]["rows"][2]["seats"][0]["category"] = "Bloqueado"
    await moves.world.plan(file_of(blocked), plan_id, ARENA)

    await moves.relocate(plan_id=plan_id)

    event = await moves.world.get()
    assert categories(event) == {TYPE: ["Stalls"], VIP: ["VIP"], HALF_PRICE: ["Stalls"], type_id: ["VIP", "Stalls"]}


async def test_a_published_event_without_numbered_seats_moves_to_another_venue(stage: Stage) -> None:
    moves = await empty(stage)
    await moves.world.event(general())
    await moves.world.type(ticket())
    await moves.world.publish()
    sent = list(moves.inventory.requests)

    assert await moves.preview(plan_id="") == pb.PreviewRelocationResponse()
    done = await moves.relocate(plan_id="")

    assert done.state == DONE
    assert (await moves.world.get()).venue.venue_id == ARENA
    assert moves.inventory.requests == sent
    assert await moves.world.changes() == [{"venue": ("Teatro, São Paulo", "Arena, Campinas")}]


async def test_an_event_that_is_there_already_does_not_change(stage: Stage) -> None:
    moves = await empty(stage)
    await moves.world.event(general())
    before = await moves.world.get()

    assert (await moves.relocate(venue_id=VENUE, plan_id="")).state == DONE

    assert await moves.world.get() == before


async def test_of_sixteen_calls_one_moves_a_draft(stage: Stage) -> None:
    moves = await draft(stage)
    before = await moves.world.get()

    same = await asyncio.gather(*(moves.relocate() for _ in range(16)))

    assert all(relocation == same[0] for relocation in same)
    assert (await moves.world.get()).version == before.version + 1
