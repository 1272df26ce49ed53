"""Seating plans come in whole or not at all, and leave as they came."""

import asyncio
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
from services.catalog.plans import BYTES_MAX
from services.kit.db.database import Tx
from services.kit.rpc import ending
from services.kit.values import failpoints
from tests.catalog.house import PLAN, SEATING, VENUE, House, an_id, chunks, opened, seated
from tests.stage import Stage, until

SMALL = written(plain_hall(2, 3))
OTHER = written(plain_hall(2, 4))


async def exported(house: House, plan_id: str = SEATING) -> list[bytes]:
    answers = house.hub.catalog.ExportSeatingPlan(pb.ExportSeatingPlanRequest(plan_id=plan_id))
    return [answer.chunk async for answer in answers]


async def rows(house: House, table: str) -> int:
    async def count(tx: Tx) -> int:
        row = await tx.one(f"SELECT count(*) FROM {table}")
        assert row is not None
        return int(row[0])

    return await house.database.read(count)


async def broken_off(house: House, data: bytes) -> None:
    """An import that the process does not live to finish: seats are written, the plan is not."""
    failpoints.arm("catalog.complete_import.before=raise")
    with pytest.raises(Refusal):
        await house.plan(data)


async def test_a_plan_comes_in_and_leaves_byte_for_byte(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    plan = await house.plan()
    assert (plan.plan_id, plan.venue_id, plan.name) == (SEATING, VENUE, "Teatro São Pedro")
    assert [category.name for category in plan.categories] == ["Plateia", "Plateia VIP", "Balcão", "Camarote"]
    assert sum(category.seat_count for category in plan.categories) == plan.seat_count > 1_000
    assert plan.categories[0].color == "#7f4a91"
    parts = await exported(house)
    assert b"".join(parts) == PLAN.read_bytes()
    assert b"x_note" in parts[0]
    assert max(len(part) for part in parts) <= 32 * 1024


async def test_a_repeat_answers_the_same(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    first = await house.plan(SMALL)
    assert await house.plan(SMALL) == first
    assert await rows(house, "plan_seat") == 6


async def test_an_id_names_one_plan(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    await house.venue(an_id("ven", 2))
    await house.plan(SMALL)
    with pytest.raises(IdInUse):
        await house.plan(OTHER)
    with pytest.raises(IdInUse):
        await house.plan(SMALL, venue_id=an_id("ven", 2))
    stranger = House(stage, house.stock, house.database)
    stranger.hub = stage.member("org_other")
    await stranger.venue(an_id("ven", 3))
    with pytest.raises(IdInUse) as refused:
        await stranger.plan(SMALL, venue_id=an_id("ven", 3))
    assert refused.value.facts == {}
    assert await rows(house, "plan_seat") == 6


async def test_sixteen_at_once_make_one_plan(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    plans = await asyncio.gather(*(house.plan(SMALL) for _ in range(16)))
    assert all(plan == plans[0] for plan in plans)
    assert await rows(house, "plan_seat") == 6


async def test_of_sixteen_different_ones_one_wins(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    files = [written(plain_hall(2, seats)) for seats in range(3, 19)]
    answers = await asyncio.gather(*(house.plan(data) for data in files), return_exceptions=True)
    won = [n for n, answer in enumerate(answers) if not isinstance(answer, BaseException)]
    assert len(won) == 1
    assert all(isinstance(answer, IdInUse) for n, answer in enumerate(answers) if n not in won)
    assert b"".join(await exported(house)) == files[won[0]]


async def test_the_hall_must_be_the_callers(stage: Stage) -> None:
    house = await opened(stage)
    with pytest.raises(VenueNotFound):
        await house.plan(SMALL)
    await house.venue()
    house.hub = stage.member("org_other")
    with pytest.raises(VenueNotFound):
        await house.plan(SMALL)


async def test_who_may_import_and_export(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    await house.plan(SMALL)
    house.hub = stage.member("org_other")
    with pytest.raises(PlanNotFound):
        await exported(house)
    house.hub = stage.member(role=ROLE_VIEWER)
    assert b"".join(await exported(house)) == SMALL
    with pytest.raises(AccessDenied):
        await house.plan(SMALL)
    house.hub = stage.anyone()
    with pytest.raises(TokenMissing):
        await house.plan(SMALL)


async def test_no_such_plan(stage: Stage) -> None:
    house = await opened(stage)
    with pytest.raises(PlanNotFound):
        await exported(house)


async def test_a_malformed_plan_leaves_nothing(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    with pytest.raises(PlanMalformed) as refused:
        await house.plan(SMALL.replace(b'"2-3"', b'"1-1"'))
    assert refused.value.where == "$.zones[0].rows[1].seats[2]"
    assert "1-1" in refused.value.problem
    assert [await rows(house, table) for table in ("plan_import", "plan_part", "plan_seat", "plan")] == [0, 0, 0, 0]
    await house.plan(SMALL)


async def test_who_is_refused_while_still_sending_hears_why(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()

    async def sent(n: int) -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        yield pb.ImportSeatingPlanRequest(plan_id=an_id("pln", n), venue_id=VENUE)
        for size in (60_000, 65_000, *[60_000] * 18):
            yield pb.ImportSeatingPlanRequest(chunk=b"x" * size)

    for n in range(20):
        with pytest.raises(InvalidRequest):
            await house.hub.catalog.ImportSeatingPlan(sent(n))


async def test_who_is_refused_and_goes_on_sending_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "READ_OFF_S", 0.05)
    house = await opened(stage)

    async def sent() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        yield pb.ImportSeatingPlanRequest(plan_id="pln_short", venue_id=VENUE)
        await asyncio.Event().wait()

    with pytest.raises(InvalidRequest):
        await asyncio.wait_for(house.hub.catalog.ImportSeatingPlan(sent()), 5)


async def test_a_plan_that_is_too_large(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    with pytest.raises(PlanTooLarge) as refused:
        await house.plan(b" " * (BYTES_MAX + 1))
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
async def test_what_is_imported_is_said_once(
    stage: Stage, messages: list[pb.ImportSeatingPlanRequest], field: str
) -> None:
    house = await opened(stage)
    await house.venue()

    async def sent() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        for message in messages:
            yield message

    with pytest.raises(InvalidRequest) as refused:
        await house.hub.catalog.ImportSeatingPlan(sent())
    assert field in refused.value.fields


async def test_an_interrupted_import_is_nowhere(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    await broken_off(house, SMALL)
    assert await rows(house, "plan_seat") == 6
    with pytest.raises(PlanNotFound):
        await exported(house)
    with pytest.raises(PlanNotFound):
        await house.event(seated())


@pytest.mark.parametrize("next_try", [SMALL, OTHER], ids=["the same", "another"])
async def test_the_next_import_leaves_nothing_of_an_interrupted_one(stage: Stage, next_try: bytes) -> None:
    house = await opened(stage)
    await house.venue()
    await broken_off(house, SMALL)
    plan = await house.plan(next_try)
    assert await rows(house, "plan_seat") == plan.seat_count
    assert await rows(house, "plan_part") == 1
    assert b"".join(await exported(house)) == next_try


async def test_a_caller_that_leaves_in_the_middle_imports_nothing(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    half_way = asyncio.Event()

    async def sent() -> AsyncIterator[pb.ImportSeatingPlanRequest]:
        yield pb.ImportSeatingPlanRequest(plan_id=SEATING, venue_id=VENUE, chunk=SMALL[:100])
        half_way.set()
        await asyncio.Event().wait()

    calling = asyncio.ensure_future(house.hub.catalog.ImportSeatingPlan(sent()))
    await half_way.wait()
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    await until(calling.done)
    with pytest.raises(PlanNotFound):
        await exported(house)
    await house.plan(SMALL)


async def test_two_hundred_thousand_seats(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    data = written(plain_hall(400, 500))
    requests = chunks(SEATING, VENUE, data)
    plan = (await house.hub.catalog.ImportSeatingPlan(requests)).plan

    assert plan.seat_count == 200_000
    assert b"".join(await exported(house)) == data
    assert await rows(house, "plan_seat") == 200_000
