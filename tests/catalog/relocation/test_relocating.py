"""Events with taken seats move to another venue and plan."""

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import CapacityBelowSold, RelocationIncomplete, RelocationNotFound
from services.kit.values import failpoints
from tests.catalog.relocation.halls import hall
from tests.catalog.relocation.world import (
    ARENA,
    ARENA_PLAN,
    DONE,
    HALF_PRICE,
    REFUSED,
    VIP,
    categories,
    on_sale,
)
from tests.catalog.requests import EVENT, LATER, SEATING, TYPE, an_id, file_of
from tests.stage import Stage, outcome

FULL = [pb.STUCK_REASON_CATEGORY_FULL]


async def test_a_published_event_moves_with_its_taken_seats(stage: Stage) -> None:
    moves = await on_sale(stage)
    before = await moves.world.get()
    moves.sell("h1", "B-1", "B-2")
    moves.sell("h2", "A-3", ticket_type_id=VIP)
    moves.inventory.blocked[EVENT] = {"A-1"}

    begun = await moves.relocate()
    ended = await moves.ended()

    assert begun.state in (pb.RELOCATION_STATE_MOVING, DONE)
    assert (ended.state, ended.seats, ended.moved, ended.refused_reason) == (DONE, 4, 4, "")
    assert ended.target == moves.target(match=pb.SEAT_MATCH_LABEL)
    assert (moves.seats_of("h1"), moves.seats_of("h2"), moves.inventory.blocked[EVENT]) == (
        ["nB-1", "nB-2"],
        ["nA-3"],
        {"nA-1"},
    )
    event = await moves.world.get()
    assert (event.venue.venue_id, event.plan_id, event.capacity) == (ARENA, ARENA_PLAN, 11)
    assert (event.version, categories(event)) == (before.version + 1, categories(before))
    assert await moves.world.changes() == [
        {
            "venue": ("Teatro, São Paulo", "Arena, Campinas"),
            "plan_id": (SEATING, ARENA_PLAN),
            "capacity": ("10", "11"),
        }
    ]


async def test_inventory_gets_all_seats_and_the_terms_of_the_new_plan(stage: Stage) -> None:
    moves = await on_sale(stage)
    moves.sell("h1", "B-1")

    await moves.relocate()
    await moves.ended()

    (move,) = moves.inventory.moves[EVENT].values()
    staged = sorted(move.staged.values(), key=lambda each: each.seat.position)
    assert [each.seat.seat_id for each in staged] == [f"nA-{n}" for n in range(1, 7)] + [f"nB-{n}" for n in range(1, 6)]
    assert [each.seat.position for each in staged] == list(range(11))
    assert {each.seat.seat_id: each.from_seat_id for each in staged if each.from_seat_id} == {"nB-1": "B-1"}
    assert moves.inventory.plans == {EVENT: ARENA_PLAN}
    terms = moves.inventory.of(inventory.ProvisionRequest)[-1]
    assert (terms.plan_id, terms.seat_count) == (ARENA_PLAN, 11)
    assert {pool.name: (pool.capacity, pool.released_capacity) for pool in terms.pools} == {
        "half": (11, 11),
        "public": (6, 11),
    }


async def test_categories_with_other_names_are_those_of_the_types(stage: Stage) -> None:
    moves = await on_sale(stage)
    plan_id = an_id("pln", 3)
    renamed = hall({"A": "VVVV", "B": "SSSSSS"}, names={"VIP": "Gold", "Stalls": "Floor"})
    await moves.world.plan(file_of(renamed), plan_id, ARENA)
    moves.sell("h1", "A-1", ticket_type_id=VIP)
    pairs = [("VIP", "Gold"), ("Stalls", "Floor")]
    named = [pb.CategoryMove(from_category=old, to_category=new) for old, new in pairs]

    await moves.relocate(plan_id=plan_id, categories=named)

    assert (await moves.ended()).state == DONE
    assert categories(await moves.world.get()) == {TYPE: ["Floor"], VIP: ["Gold"], HALF_PRICE: ["Floor"]}
    (changes,) = await moves.world.changes()
    assert changes[f"ticket_types.{VIP}.seat_categories"] == ("VIP", "Gold")


async def test_buyers_find_the_event_in_its_new_city_and_copies_are_there_too(stage: Stage) -> None:
    moves = await on_sale(stage)
    await moves.relocate()
    await moves.ended()
    search = stage.anyone().catalog

    found = (await search.SearchEvents(pb.SearchEventsRequest(city="Campinas"))).events
    copy = await moves.world.copy(an_id("evt", 2))

    assert [event.event_id for event in found] == [EVENT]
    assert not (await search.SearchEvents(pb.SearchEventsRequest(city="São Paulo"))).events
    assert (copy.venue.venue_id, copy.plan_id, copy.capacity) == (ARENA, ARENA_PLAN, 11)


async def test_the_preview_tells_what_the_relocation_does(stage: Stage) -> None:
    moves = await on_sale(stage)
    before = await moves.world.get()
    moves.sell("h1", "B-5", "B-6")
    moves.inventory.blocked[EVENT] = {"B-1"}
    sent = list(moves.inventory.requests)

    preview = await moves.preview()
    with pytest.raises(RelocationIncomplete) as refused:
        await moves.relocate()

    assert (preview.taken, preview.blocked, preview.movable) == (2, 1, 2)
    assert list(preview.stuck) == [
        pb.StuckSeat(
            seat_id="B-6",
            seat_label="Floor B-6",
            category="Stalls",
            order_id="ord_h1",
            reason=pb.STUCK_REASON_NO_SUCH_LABEL,
        )
    ]
    assert refused.value.seats == "1"
    assert await outcome(moves.relocate()) == "RELOCATION_INCOMPLETE", "a repeat gets the same answer"
    ended = await moves.find()
    assert (ended.state, ended.refused_reason, ended.moved) == (REFUSED, "RELOCATION_INCOMPLETE", 0)
    assert (await moves.world.get(), await moves.world.changes()) == (before, [])
    assert (moves.inventory.requests, moves.inventory.moving(EVENT)) == (sent, "")


async def test_a_seat_without_a_place_is_given_one(stage: Stage) -> None:
    moves = await on_sale(stage)
    moves.sell("h1", "B-5", "B-6")
    given = [pb.SeatMove(from_seat_id="B-6", to_seat_id="nA-6")]
    assert await outcome(moves.relocate(1)) == "RELOCATION_INCOMPLETE"

    preview = await moves.preview(seats=given)
    await moves.relocate(2, seats=given)

    assert (preview.movable, len(preview.stuck)) == (2, 0)
    assert ((await moves.ended(2)).state, moves.seats_of("h1")) == (DONE, ["nB-5", "nA-6"])


async def test_by_category_the_preview_names_the_same_seats(stage: Stage) -> None:
    moves = await on_sale(stage)
    moves.sell("h1", *(f"B-{n}" for n in range(1, 4)))
    moves.sell("h2", *(f"B-{n}" for n in range(4, 7)), order_id="ord_2")

    preview = await moves.preview(match=pb.SEAT_MATCH_CATEGORY)

    assert [seat.reason for seat in preview.stuck] == FULL
    assert await outcome(moves.relocate(match=pb.SEAT_MATCH_CATEGORY)) == "RELOCATION_INCOMPLETE"
    moves.sell("h2", "B-4", "B-5")
    await moves.relocate(2, match=pb.SEAT_MATCH_CATEGORY)
    await moves.ended(2)
    assert {*moves.seats_of("h1"), *moves.seats_of("h2")} == {f"nB-{n}" for n in range(1, 6)}


async def test_inventory_may_refuse_the_places_of_the_new_plan(stage: Stage) -> None:
    moves = await on_sale(stage)
    before = await moves.world.get()
    moves.inventory.refuses["Provision"] = CapacityBelowSold(name="public", taken=9, wanted=6)

    for _ in range(2):
        with pytest.raises(CapacityBelowSold) as refused:
            await moves.relocate()
        assert refused.value.facts == {"name": "public", "taken": "9", "wanted": "6"}

    assert (await moves.find()).state == REFUSED
    assert (await moves.world.get(), moves.inventory.moving(EVENT)) == (before, "")


async def test_a_repeat_gets_the_same_relocation(stage: Stage) -> None:
    moves = await on_sale(stage)
    first = await moves.relocate()
    ended = await moves.ended()

    assert await moves.relocate() == ended == await moves.find()
    assert ended.created_at == first.created_at
    assert await outcome(moves.relocate(match=pb.SEAT_MATCH_CATEGORY)) == "ID_IN_USE"
    moves.world.hub = stage.member("org_other")
    assert await outcome(moves.relocate()) == "ID_IN_USE"
    with pytest.raises(RelocationNotFound):
        await moves.find()
    assert len(await moves.world.changes()) == 1


async def test_a_change_whose_call_died_is_completed_first(stage: Stage) -> None:
    moves = await on_sale(stage)
    failpoints.arm("catalog.begin_change.after=raise")
    assert await outcome(moves.world.move()) == "INTERNAL"
    failpoints.arm("")

    await moves.relocate()
    await moves.ended()

    event = await moves.world.get()
    assert (event.starts_local, event.plan_id) == (LATER, ARENA_PLAN)
    assert ["venue" in change for change in await moves.world.changes()] == [False, True]


async def test_an_unpublished_event_moves_and_stays_so(stage: Stage) -> None:
    moves = await on_sale(stage)
    await moves.world.unpublish()
    moves.sell("h1", "B-1")

    await moves.relocate()
    await moves.ended()

    event = await moves.world.get()
    assert (event.state, event.plan_id) == (nouns.EVENT_STATE_UNPUBLISHED, ARENA_PLAN)
    assert not moves.inventory.of(inventory.ProvisionRequest)[-1].HasField("sales_end_at")


async def test_many_seats_are_listed_and_staged_in_parts(stage: Stage) -> None:
    moves = await on_sale(stage)
    rows = {f"R{n:02d}": "S" * 60 for n in range(20)}
    large, larger = an_id("pln", 3), an_id("pln", 4)
    await moves.world.plan(file_of(hall(rows | {"V": "V"})), large, ARENA)
    await moves.world.plan(file_of(hall(rows | {"V": "V"}, prefix="x" * 60)), larger, ARENA)
    await moves.relocate(1, plan_id=large)
    await moves.ended(1)
    every = [f"{row}-{n}" for row in rows for n in range(1, 61)]
    moves.sell("h1", *every)

    assert (await moves.preview(plan_id=larger)).movable == 1_200
    await moves.relocate(2, plan_id=larger)
    assert (await moves.ended(2)).moved == 1_200
    assert moves.seats_of("h1") == [f"{'x' * 60}{seat_id}" for seat_id in every]
