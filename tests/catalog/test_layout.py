"""The layout of a plan: what clients need to draw its seats, over gRPC and over HTTP."""

import gzip
from itertools import accumulate
from uuid import NAMESPACE_URL, uuid5

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from scripts.make_hall import THEATRE, plain_hall, written
from services.catalog.plans import layout
from services.catalog.plans import plan as plans
from services.catalog.plans.layout_page import has, takes_gzip
from tests.catalog.drawn import called, hall, packed, seat
from tests.catalog.requests import SEATING
from tests.catalog.world import World, open_world
from tests.stage import Stage

HALL_ROWS, HALL_ROW_SEATS = 100, 1_000
LAYOUT_BYTES_MAX = 1_200_000


def drawn(data: bytes) -> nouns.SeatMap:
    return nouns.SeatMap.FromString(gzip.decompress(layout.compressed("pln_1", plans.read(data))))


async def streamed(world: World, plan_id: str = SEATING) -> list[bytes]:
    answers = world.stage.anyone().catalog.GetSeatMap(pb.GetSeatMapRequest(plan_id=plan_id))
    return [answer.chunk async for answer in answers]


def test_a_layout_has_each_seat_in_the_plans_order() -> None:
    plan = plans.read(THEATRE.read_bytes())

    found = drawn(THEATRE.read_bytes())

    assert [category.name for category in found.categories] == [category.name for category in plan.categories]
    assert [(category.color, category.seat_count) for category in found.categories] == [
        (category.color, category.seat_count) for category in plan.categories
    ]
    seats = [
        (seat_id, found.zones[row.zone], row.name, number, found.categories[category].name)
        for row in found.rows
        for seat_id, number, category in zip(row.seat_ids, row.numbers, row.categories, strict=True)
    ]
    assert seats == [(one.seat_id, one.zone, one.row_name, one.number, one.category) for one in plan.seats]
    points = [(x, y) for row in found.rows for x, y in zip(accumulate(row.xs), accumulate(row.ys), strict=True)]
    assert points == [(round(point.x * 10), round(point.y * 10)) for point in plan.points]
    assert not any(row.labels for row in found.rows)


def test_labels_are_those_of_the_plan() -> None:
    rows = drawn(packed(called("AA", "AB", row_label="Mesa %s", seat_label="Cadeira %s"))).rows

    assert [list(row.labels) for row in rows] == [["Floor, Mesa AA, Cadeira 1"], ["Floor, Mesa AB, Cadeira 1"]]


@given(st.lists(st.floats(-1e9, 1e9), max_size=30))
def test_positions_come_back_from_their_steps(positions: list[float]) -> None:
    assert list(accumulate(layout.steps(positions))) == [round(position * 10) for position in positions]


def test_equal_plans_have_equal_layouts() -> None:
    data = packed(hall([seat("A-1", 0), seat("A-2", 5)]))

    assert layout.compressed("pln_1", plans.read(data)) == layout.compressed("pln_1", plans.read(data))


def test_the_layout_of_a_large_hall_is_small() -> None:
    assert len(layout.compressed("pln_1", plans.read(written(plain_hall(HALL_ROWS, HALL_ROW_SEATS))))) < (
        LAYOUT_BYTES_MAX
    )


def scattered(rows: int, seats: int) -> bytes:
    """A plain hall whose seats have random ids of 32 digits."""
    file = plain_hall(rows, seats)
    for n, one in enumerate(one for zone in file["zones"] for row in zone["rows"] for one in row["seats"]):
        one["seat_guid"] = str(uuid5(NAMESPACE_URL, str(n)))
    return written(file)


def test_random_ids_of_seats_take_25_bytes_each() -> None:
    assert len(layout.compressed("pln_1", plans.read(scattered(10, 1_000)))) < 10_000 * 25


async def test_anyone_gets_the_same_bytes_over_both_ports(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(scattered(20, 500))

    chunks = await streamed(world)

    assert len(chunks) > 1
    assert max(len(chunk) for chunk in chunks) <= 32 * 1024
    found = nouns.SeatMap.FromString(gzip.decompress(b"".join(chunks)))
    assert (found.plan_id, sum(len(row.seat_ids) for row in found.rows)) == (SEATING, 10_000)
    async with aiohttp.ClientSession(auto_decompress=False) as web:
        for ask in (web.get, web.head):
            async with ask(f"{stage.platform.runtime.public_url}/plans/{SEATING}") as answer:
                assert answer.status == 200
                assert answer.headers["Content-Encoding"] == "gzip"
                assert answer.headers["Content-Type"] == "application/x-protobuf"
                assert answer.headers["Content-Length"] == str(len(b"".join(chunks)))
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
                assert await answer.read() == (b"".join(chunks) if ask == web.get else b"")


async def test_a_cache_learns_that_its_layout_is_current(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan()
    url = f"{stage.platform.runtime.public_url}/plans/{SEATING}"

    async with aiohttp.ClientSession() as web:
        async with web.get(url) as answer:
            tag = answer.headers["ETag"]
        async with web.get(url, headers={"If-None-Match": f'"other", {tag}'}) as answer:
            assert (answer.status, answer.headers["ETag"], await answer.read()) == (304, tag, b"")
            assert "Content-Length" not in answer.headers, "it would be the length of the layout that the cache has"
        async with web.get(url, headers={"If-None-Match": '"other"'}) as answer:
            assert answer.status == 200


async def test_a_client_that_takes_no_gzip_is_refused(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan()
    url = f"{stage.platform.runtime.public_url}/plans/{SEATING}"

    async with aiohttp.ClientSession() as web, web.get(url, headers={"Accept-Encoding": "identity"}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (406, "no-store")
        assert "gzip" in await answer.text()


def test_a_layout_that_would_fill_a_client_s_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "BYTES_MAX", 1_000)

    with pytest.raises(refusals.PlanTooLarge):
        layout.compressed("pln_1", plans.read(written(plain_hall(20, 20))))


async def test_an_unknown_plan_has_no_layout(stage: Stage) -> None:
    world = await open_world(stage)

    with pytest.raises(refusals.PlanNotFound):
        await streamed(world)
    async with aiohttp.ClientSession() as web:
        for plan_id in (SEATING, "", "a%00b", "x" * 81, f"{SEATING}/x"):
            async with web.get(f"{stage.platform.runtime.public_url}/plans/{plan_id}") as answer:
                assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store"), plan_id


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("deflate, *;q=0.1", True),
        ("", True),
        ("br", False),
        ("gzip;q=0, *", False),
        ("gzip; q=0.000", False),
        ("identity", False),
    ],
)
def test_gzip_is_for_clients_that_take_it(accepted: str, *, takes: bool) -> None:
    assert takes_gzip(accepted) is takes


@pytest.mark.parametrize(
    ("known", "found"), [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ("", False), ('"ab"', False)]
)
def test_a_tag_is_known_if_it_is_listed(known: str, *, found: bool) -> None:
    assert has(known, '"a"') is found
