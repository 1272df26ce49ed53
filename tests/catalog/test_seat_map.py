"""GetSeatMap: everything that a client needs to draw a hall."""

import gzip
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_pb2 as inventory
from eventhub.refusals import PlanMalformed, PlanTooLarge
from services.catalog.plans import layout, shapes
from services.catalog.plans import plan as plans
from services.catalog.plans.drawing import Side
from tests.catalog.drawn import Json, hall, packed, seat
from tests.catalog.requests import SEATING
from tests.catalog.svg import svg
from tests.catalog.world import open_world
from tests.stage import Stage

WHEELCHAIR, OBESE = inventory.ACCESSIBILITY_WHEELCHAIR, inventory.ACCESSIBILITY_OBESE


def read(plan: Json, side: Side = Side.AS_DRAWN) -> nouns.SeatMap:
    return nouns.SeatMap.FromString(gzip.decompress(layout.compressed("pln_1", plans.read(packed(plan), side))))


def with_shapes(*drawn: Any) -> Json:
    """A small hall with shapes in its zone, which is at (10, 20)."""
    plan = hall([seat("A-1", 0), seat("A-2", 5)])
    plan["zones"][0]["areas"] = list(drawn)
    return plan


def theatre() -> Json:
    """A hall with a stage, a floor, a bar, and an accessible row."""
    front = [seat("A-1", 20) | {"accessible": "wheelchair"}, seat("A-2", 30) | {"companion_of": "A-1"}]
    front += [seat(f"A-{n}", 10 * n + 10) for n in range(3, 6)]
    back = [seat(f"B-{n}", 10 * n + 10, category="Box") | {"radius": 4} for n in range(1, 7)]
    plan = hall(front, back)
    plan["zones"][0]["rows"][0]["row_number_position"] = "both"
    plan["zones"][0]["rows"][1] |= {"row_label": "Fila %s", "row_number_position": "start"}
    stage = {
        "uuid": "stage",
        "position": {"x": 15, "y": -15},
        "color": "#333333",
        "border_color": "black",
        "rectangle": {"width": 50, "height": 10},
        "text": {"text": "PALCO", "position": {"x": 25, "y": 5}, "color": "#ffffff", "size": 6},
    }
    floor = {
        "uuid": "floor",
        "position": {"x": 40, "y": 25},
        "color": "#dddddd",
        "ellipse": {"radius": {"x": 25, "y": 5}},
    }
    bar = {
        "position": {"x": 0, "y": 10},
        "rotation": 90,
        "polygon": {"points": [{"x": 0, "y": 0}, {"x": 8, "y": 0}, {"x": 0, "y": 4}]},
    }
    plan["zones"][0]["areas"] = [
        stage,
        floor,
        bar,
        {"position": {"x": 84, "y": 0}, "color": "red", "circle": {"radius": 3}},
    ]
    return plan


def test_a_map_has_the_drawings_size_and_the_side_of_its_stage() -> None:
    drawn, told = read(theatre()), read(theatre(), Side.LEFT)

    assert (drawn.width, drawn.height, drawn.stage) == (1000, 600, nouns.STAGE_SIDE_TOP)
    assert told.stage == nouns.STAGE_SIDE_LEFT
    unsaid = hall([seat("A-1", 0), seat("A-2", 5)])
    del unsaid["size"]
    assert (read(unsaid).width, read(unsaid).height) == (150, 200)


def test_shapes_are_on_their_positions_in_the_order_of_the_file() -> None:
    stage, floor, bar, lamp = read(theatre()).shapes

    assert (stage.area_id, stage.x, stage.y, stage.color, stage.border_color) == ("stage", 250, 50, "#333333", "black")
    assert stage.rectangle == nouns.Rectangle(width=500, height=100)
    assert stage.text == nouns.ShapeText(text="PALCO", x=250, y=50, size=60, color="#ffffff")
    assert (floor.x, floor.y, floor.ellipse) == (500, 450, nouns.Ellipse(radius_x=250, radius_y=50))
    assert (bar.area_id, bar.rotation, bar.polygon) == ("", 90, nouns.Polygon(xs=[0, 80, 0], ys=[0, 0, 40]))
    assert lamp.circle.radius == 30
    assert not lamp.HasField("text")


def test_rows_say_their_names_and_how_their_seats_are_drawn() -> None:
    front, back = read(theatre()).rows

    assert (front.label, front.numbers_at, list(front.radii)) == ("", nouns.ROW_NUMBERS_BOTH, [])
    assert (back.label, back.numbers_at, list(back.radii)) == ("Fila B", nouns.ROW_NUMBERS_START, [40] * 6)


def test_accessible_seats_and_their_companions_are_marked() -> None:
    front, back = read(theatre()).rows

    assert list(front.accessible) == [WHEELCHAIR, 0, 0, 0, 0]
    assert list(front.companions_of) == ["", "A-1", "", "", ""]
    assert (list(back.accessible), list(back.companions_of)) == ([], [])


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"accessible": "flying"}, "a seat is not accessible in this way"),
        ({"accessible": True}, "Expected `str | null`, got `bool`"),
        ({"companion_of": "A-2"}, "a companion sits beside no accessible seat"),
        ({"companion_of": "Z-9"}, "a companion sits beside no accessible seat"),
        ({"companion_of": "A-1", "accessible": "obese"}, "a companion sits beside no accessible seat"),
    ],
)
def test_accessible_seats_that_cannot_be_are_refused(wrong: Json, problem: str) -> None:
    with pytest.raises(PlanMalformed) as refused:
        read(hall([seat("A-1", 0) | wrong, seat("A-2", 5)]))

    assert refused.value.problem == problem
    assert refused.value.where.startswith("$.zones[0].rows[0]")


@pytest.mark.parametrize(
    "drawn",
    [
        {},
        7,
        None,
        {"position": {"x": 0, "y": 0}},
        {"position": {"x": 0, "y": 0}, "text": {"text": ""}},
        {"position": {"x": 2e9, "y": 0}, "circle": {"radius": 1}},
        {"position": {"x": 0, "y": 0}, "circle": {"radius": 2e9}},
        {"position": {"x": 0, "y": 0}, "circle": {}},
        {"position": {"x": 0, "y": 0}, "polygon": {"points": []}},
        {"position": {"x": 0, "y": 0}, "text": {"text": "see https://example.com"}},
    ],
)
def test_a_malformed_shape_is_left_out(drawn: object) -> None:
    fine = {"position": {"x": 0, "y": 0}, "circle": {"radius": 1}}

    assert [shape.circle.radius for shape in read(with_shapes(drawn, fine)).shapes] == [10]


def test_a_shape_without_usable_colours_words_and_id_is_drawn() -> None:
    odd = {
        "uuid": "my floor!",
        "position": {"x": 0, "y": 0},
        "color": "url(#x)",
        "border_color": None,
        "rotation": None,
        "circle": {"radius": 1},
        "text": {"text": "two\n lines", "color": "<b>"},
    }

    (shape,) = read(with_shapes(odd)).shapes

    assert (shape.area_id, shape.color, shape.border_color, shape.text.text) == ("", "", "", "two lines")
    assert shape.text.color == ""


def test_a_plan_has_a_bounded_number_of_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "SHAPES_MAX", 2)
    one = {"position": {"x": 0, "y": 0}, "circle": {"radius": 1}}

    with pytest.raises(PlanTooLarge) as refused:
        read(with_shapes(one, one, one))

    assert refused.value.limit == "2 shapes"


@pytest.mark.parametrize(
    ("x", "y", "side"),
    [
        (50, 1, nouns.STAGE_SIDE_TOP),
        (50, 59, nouns.STAGE_SIDE_BOTTOM),
        (1, 30, nouns.STAGE_SIDE_LEFT),
        (99, 30, nouns.STAGE_SIDE_RIGHT),
    ],
)
def test_the_side_of_a_drawn_stage_is_the_nearest(x: int, y: int, side: int) -> None:
    palco = {"position": {"x": x - 10, "y": y - 20}, "rectangle": {"width": 0, "height": 0}, "text": {"text": "Palco"}}

    assert read(with_shapes(palco)).stage == side


async def test_the_answer_alone_is_enough_to_draw_the_hall(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(packed(theatre()))

    answers = stage.anyone().catalog.GetSeatMap(pb.GetSeatMapRequest(plan_id=SEATING))
    seat_map = nouns.SeatMap.FromString(gzip.decompress(b"".join([answer.chunk async for answer in answers])))
    picture = svg(seat_map)

    found = fromstring(picture)  # noqa: S314 - our own picture
    ids = {one.get("id") for one in found.iter()}
    texts = [one.text for one in found.iter() if one.tag.endswith("text")]
    assert {"stage", "floor", *(f"A-{n}" for n in range(1, 6)), *(f"B-{n}" for n in range(1, 7))} <= ids
    assert texts[:4] == ["PALCO", "W", "+", "3"]
    assert texts.count("A") == 2
    assert texts.count("Fila B") == 1
