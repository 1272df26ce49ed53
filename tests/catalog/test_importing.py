"""Imports of seating plans are atomic, and an export equals its import."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.options_pb2 import ROLE_VIEWER
from eventhub.refusal import Refusal
from eventhub.refusals import (
    AccessDenied,
    IdInUse,
    InvalidRequest,
    PlanMalformed,
    PlanNotFound,
    PlanTooLarge,
    TokenMissing,
    VenueNotFound,
)
from scripts.make_hall import plain_hall, written
from services.catalog.plans.plan import BYTES_MAX
from services.kit.db.database import Tx
from services.kit.rpc import ending
from services.kit.values import failpoints
from tests.catalog.requests import PLAN, SEATING, VENUE, an_id, chunks, seated
from tests.catalog.world import World, open_world
from tests.stage import Stage, until

SMALL = written(plain_hall(2, 3))
OTHER = written(plain_hall(2, 4))


async def exported(world: World, plan_id: str = SEATING) -> list[bytes]:
    answers = world.hub.catalog.ExportSeatingPlan(pb.ExportSeatingPlanRequest(plan_id=plan_id))
    return [answer.chunk async for answer in answers]


async def rows(world: World, table: str) -> int:
    async def count(tx: Tx) -> int:
        row = await tx.one(f"SELECT count(*) FROM {table}")
        assert row is not None
        return int(row[0])

    return await world.database.read(count)


async def broken_off(world: World, data: bytes) -> None:
    """Starts an import that fails after its seats are written and before it becomes a plan."""
    failpoints.arm("catalog.complete_import.before=raise")
    with pytest.raises(Refusal):
        await world.plan(data)


async def test_a_plan_comes_in_and_leaves_byte_for_byte(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    plan = await world.plan()
    assert (plan.plan_id, plan.venue_id, plan.name) == (SEATING, VENUE, "Teatro São Pedro")
    assert [category.name for category in plan.categories] == ["Plateia", "Plateia VIP", "Balcão", "Camarote"]
    assert sum(category.seat_count for category in plan.categories) == plan.seat_count > 1_000
    assert plan.categories[0].color == "#7f4a91"
    parts = await exported(world)
    assert b"".join(parts) == PLAN.read_bytes()
    assert b"x_note" in parts[0]
    assert max(len(part) for part in parts) <= 32 * 1024


async def test_a_repeat_answers_the_same(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    first = await world.plan(SMALL)
    assert await world.plan(SMALL) == first
    assert await rows(world, "plan_seat") == 6


async def test_an_id_names_one_plan(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.venue(an_id("ven", 2))
    await world.plan(SMALL)
    with pytest.raises(IdInUse):
        await world.plan(OTHER)
    with pytest.raises(IdInUse):
        await world.plan(SMALL, venue_id=an_id("ven", 2))
    stranger = World(stage, world.inventory, world.database)
    stranger.hub = stage.member("org_other")
    await stranger.venue(an_id("ven", 3))
    with pytest.raises(IdInUse) as refused:
        await stranger.plan(SMALL, venue_id=an_id("ven", 3))
    assert refused.value.facts == {}
    assert await rows(world, "plan_seat") == 6


async def test_sixteen_at_once_make_one_plan(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    plans = await asyncio.gather(*(world.plan(SMALL) for _ in range(16)))
    assert all(plan == plans[0] for plan in plans)
    assert await rows(world, "plan_seat") == 6


async def test_of_sixteen_different_ones_one_wins(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    files = [written(plain_hall(2, seats)) for seats in range(3, 19)]
    answers = await asyncio.gather(*(world.plan(data) for data in files), return_exceptions=True)
    won = [n for n, answer in enumerate(answers) if not isinstance(answer, BaseException)]
    assert len(won) == 1
    assert all(isinstance(answer, IdInUse) for n, answer in enumerate(answers) if n not in won)
    assert b"".join(await exported(world)) == files[won[0]]


async def test_the_hall_must_be_the_callers(stage: Stage) -> None:
    world = await open_world(stage)
    with pytest.raises(VenueNotFound):
        await world.plan(SMALL)
    await world.venue()
    world.hub = stage.member("org_other")
    with pytest.raises(VenueNotFound):
        await world.plan(SMALL)


async def test_who_may_import_and_export(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(SMALL)
    world.hub = stage.member("org_other")
    with pytest.raises(PlanNotFound):
        await exported(world)
    world.hub = stage.member(role=ROLE_VIEWER)
    assert b"".join(await exported(world)) == SMALL
    with pytest.raises(AccessDenied):
        await world.plan(SMALL)
    world.hub = stage.anyone()
    with pytest.raises(TokenMissing):
        await world.plan(SMALL)


async def test_no_such_plan(stage: Stage) -> None:
    world = await open_world(stage)
    with pytest.raises(PlanNotFound):
        await exported(world)


async def test_a_malformed_plan_leaves_nothing(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    with pytest.raises(PlanMalformed) as refused:
        await world.plan(SMALL.replace(b'"2-3"', b'"1-1"'))
    assert refused.value.where == "$.zones[0].rows[1].seats[2]"
    assert "1-1" in refused.value.problem
    assert [await rows(world, table) for table in ("plan_import", "plan_part", "plan_seat", "plan")] == [0, 0, 0, 0]
    await world.plan(SMALL)


async def test_people_hear_what_is_wrong_in_portuguese_and_developers_in_english(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    plan = json.loads(SMALL)
    plan["zones"][0]["rows"][1]["seats"][2]["seat_number"] = 3

    with pytest.raises(PlanMalformed) as refused:
        await world.plan(json.dumps(plan).encode())

    place = "$.zones[0].rows[1].seats[2].seat_number"
    assert refused.value.for_people == (
        f"O mapa de assentos não pode ser usado. Em {place}: era esperado um texto, e veio um número inteiro."
    )
    assert refused.value.message == f"The seating plan cannot be used. At {place}: Expected `str`, got `int`."


async def test_who_is_refused_while_still_sending_hears_why(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()

    async def sent(n: int) -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        yield pb.ImportSeatingPlanRequest(plan_id=an_id("pln", n), venue_id=VENUE)
        for size in (60_000, 65_000, *[60_000] * 18):
            yield pb.ImportSeatingPlanRequest(chunk=b"x" * size)

    for n in range(20):
        with pytest.raises(InvalidRequest):
            await world.hub.catalog.ImportSeatingPlan(sent(n))


async def test_who_is_refused_and_goes_on_sending_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "READ_OFF_S", 0.05)
    world = await open_world(stage)

    async def sent() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        yield pb.ImportSeatingPlanRequest(plan_id="pln_short", venue_id=VENUE)
        await asyncio.Event().wait()

    with pytest.raises(InvalidRequest):
        await asyncio.wait_for(world.hub.catalog.ImportSeatingPlan(sent()), 5)


async def test_a_plan_that_is_too_large(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    with pytest.raises(PlanTooLarge) as refused:
        await world.plan(b" " * (BYTES_MAX + 1))
    assert refused.value.limit == f"{BYTES_MAX} bytes"


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([], "plan_id"),
        ([pb.ImportSeatingPlanRequest(venue_id=VENUE, chunk=SMALL)], "plan_id"),
        ([pb.ImportSeatingPlanRequest(plan_id=SEATING, chunk=SMALL)], "venue_id"),
        ([pb.ImportSeatingPlanRequest(plan_id="pln_1", venue_id=VENUE)], "plan_id"),
        (
            [
                pb.ImportSeatingPlanRequest(plan_id=SEATING, venue_id=VENUE, chunk=SMALL),
                pb.ImportSeatingPlanRequest(plan_id=an_id("pln", 2)),
            ],
            "plan_id",
        ),
        (
            [
                pb.ImportSeatingPlanRequest(plan_id=SEATING, venue_id=VENUE, chunk=SMALL),
                pb.ImportSeatingPlanRequest(venue_id=an_id("ven", 2)),
            ],
            "venue_id",
        ),
    ],
)
async def test_an_import_names_one_plan_and_one_venue_in_its_first_message(
    stage: Stage, messages: list[pb.ImportSeatingPlanRequest], field: str
) -> None:
    world = await open_world(stage)
    await world.venue()

    async def sent() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        for message in messages:
            yield message

    with pytest.raises(InvalidRequest) as refused:
        await world.hub.catalog.ImportSeatingPlan(sent())
    assert field in refused.value.fields


async def test_an_interrupted_import_cannot_be_read(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await broken_off(world, SMALL)
    assert await rows(world, "plan_seat") == 6
    with pytest.raises(PlanNotFound):
        await exported(world)
    with pytest.raises(PlanNotFound):
        await world.event(seated())


@pytest.mark.parametrize("next_try", [SMALL, OTHER], ids=["the same", "another"])
async def test_the_next_import_leaves_nothing_of_an_interrupted_one(stage: Stage, next_try: bytes) -> None:
    world = await open_world(stage)
    await world.venue()
    await broken_off(world, SMALL)
    plan = await world.plan(next_try)
    assert await rows(world, "plan_seat") == plan.seat_count
    assert await rows(world, "plan_part") == 1
    assert b"".join(await exported(world)) == next_try


async def test_a_caller_that_leaves_in_the_middle_imports_nothing(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    half_way = asyncio.Event()

    async def sent() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        yield pb.ImportSeatingPlanRequest(plan_id=SEATING, venue_id=VENUE, chunk=SMALL[:100])
        half_way.set()
        await asyncio.Event().wait()

    calling = asyncio.ensure_future(world.hub.catalog.ImportSeatingPlan(sent()))
    await half_way.wait()
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    await until(calling.done)
    with pytest.raises(PlanNotFound):
        await exported(world)
    await world.plan(SMALL)


async def test_two_hundred_thousand_seats(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    data = written(plain_hall(400, 500))
    requests = chunks(SEATING, VENUE, data)
    plan = (await world.hub.catalog.ImportSeatingPlan(requests)).plan

    assert plan.seat_count == 200_000
    assert b"".join(await exported(world)) == data
    assert await rows(world, "plan_seat") == 200_000
