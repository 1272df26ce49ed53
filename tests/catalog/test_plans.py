"""Seating plans are parsed and checked, and their seats positioned."""

import math
from collections import Counter

import pytest

from eventhub.refusals import PlanMalformed, PlanTooLarge
from services.catalog.plans import plan as plans
from services.catalog.plans.categories import Category
from services.catalog.plans.drawing import Side
from services.catalog.plans.plan import Seat, read
from services.kit.language import plan_problems
from services.kit.language.languages import PORTUGUESE
from tests.catalog.drawn import Json, called, hall, labelled, packed, seat
from tests.catalog.requests import PLAN


def test_every_seat_has_its_place() -> None:
    plan = read(packed(hall([seat("A-1", 0), seat("A-2", 5, "2")], [seat("B-1", 40, "1", "Box")])))
    assert plan.name == "Small hall"
    assert plan.categories == (Category("Stalls", "#7f4a91", 2), Category("Box", "red", 1))
    assert list(plan.seats) == [
        Seat("A-1", "Floor", "A", "1", "Stalls", 0, 0, round(math.hypot(40, 20))),
        Seat("A-2", "Floor", "A", "2", "Stalls", 0, 1, round(math.hypot(35, 20))),
        Seat("B-1", "Floor", "B", "1", "Box", 1, 0, 30),
    ]


def test_rows_are_counted_over_all_zones() -> None:
    plan = hall([seat("A-1", 0)])
    plan["zones"].append(hall([seat("Z-1", 0)], [seat("Z-2", 0)])["zones"][0] | {"name": "Balcony"})
    assert [one.row_index for one in read(packed(plan)).seats] == [0, 1, 2]


def test_an_aisle_parts_neighbours() -> None:
    row = [seat("A-1", 0), seat("A-2", 5), seat("A-3", 10), seat("A-4", 20), seat("A-5", 25)]
    assert [one.seat_index for one in read(packed(hall(row))).seats] == [0, 1, 2, 4, 5]


def test_a_gap_a_little_wider_is_no_aisle() -> None:
    row = [seat("A-1", 0), seat("A-2", 5), seat("A-3", 13.9), seat("A-4", 18.9)]
    assert [one.seat_index for one in read(packed(hall(row))).seats] == [0, 1, 2, 3]


def test_odd_and_even_seats_listed_apart_still_sit_side_by_side() -> None:
    row = [seat(f"A-{n}", 5 * n) for n in (1, 3, 5, 7, 2, 4, 6)]
    assert [one.seat_index for one in read(packed(hall(row))).seats] == [0, 2, 4, 6, 1, 3, 5]


def test_the_theatre() -> None:
    plan = read(PLAN.read_bytes())
    assert plan.name == "Teatro São Pedro"
    assert 1_100 <= len(plan.seats) <= 1_300
    assert {one.name for one in plan.categories} == {"Plateia", "Plateia VIP", "Balcão", "Camarote"}
    assert {one.zone for one in plan.seats} == {"Plateia", "Balcão", "Camarotes"}
    vip = {one.row_name for one in plan.seats if one.category == "Plateia VIP"}
    assert vip == {"A", "B", "C", "D"}
    assert len(Counter((one.row_index, one.seat_index) for one in plan.seats)) == len(plan.seats)
    stalls = [one for one in plan.seats if (one.zone, one.row_name) == ("Plateia", "K")]
    assert stalls[-1].seat_index == len(stalls)  # one aisle


MALFORMED: dict[str, tuple[object, str]] = {
    "nothing": ({}, "$"),
    "a list": ([], "$"),
    "no zones": (hall() | {"zones": []}, "$.zones"),
    "no seats": (hall([], []), "$.zones"),
    "the same seat twice": (hall([seat("A-1", 0)], [seat("A-1", 5)]), "$.zones[0].rows[1].seats[0]"),
    "an empty seat_guid": (hall([seat("", 0)]), "$.zones[0].rows[0].seats[0]"),
    "a long seat_guid": (hall([seat("x" * 81, 0)]), "$.zones[0].rows[0].seats[0]"),
    "a seat_guid of two lines": (hall([seat("A\n1", 0)]), "$.zones[0].rows[0].seats[0]"),
    "an unknown category": (hall([seat("A-1", 0), seat("A-2", 5, "2", "Roof")]), "$.zones[0].rows[0].seats[1]"),
    "a number as a number": (hall([seat("A-1", 0) | {"seat_number": 1}]), "$.zones[0].rows[0].seats[0].seat_number"),
    "no position": (
        hall([{"seat_guid": "A-1", "seat_number": "1", "category": "Stalls"}]),
        "$.zones[0].rows[0].seats[0]",
    ),
    "a place far out": (hall([seat("A-1", 1e30)]), "$.zones[0].rows[0]"),
    "a text of two lines": (hall([seat("A-1", 0, "1\n2")]), "$.zones[0].rows[0].seats[0]"),
    "a category twice": (
        hall([seat("A-1", 0)]) | {"categories": [{"name": "Stalls", "color": ""}] * 2},
        "$.categories[1]",
    ),
    "a category without a name": (
        hall([seat("A-1", 0)]) | {"categories": [{"name": "", "color": ""}]},
        "$.categories[0]",
    ),
    "too many categories": (
        hall([seat("A-1", 0)]) | {"categories": [{"name": f"c{n}", "color": ""} for n in range(101)]},
        "$.categories",
    ),
    "a zone inside a zone": (
        hall([seat("A-1", 0)]) | {"zones": [hall([seat("A-1", 0)])["zones"][0] | {"zones": hall([])["zones"]}]},
        "$.zones[0].zones",
    ),
    "a seat_guid written backwards": (hall([seat("A-\u202e1", 0)]), "$.zones[0].rows[0].seats[0]"),
    "an invisible number": (hall([seat("A-1", 0, "1\u200b")]), "$.zones[0].rows[0].seats[0]"),
    "a zone that is a link": (
        hall() | {"zones": [{"name": "www.evil.example", "position": {"x": 0, "y": 0}, "rows": [1]}]},
        "$.zones[0].name",
    ),
    "a row_label of two lines": (labelled(row_label="Mesa\n%s"), "$.zones[0].rows[0]"),
    "a name without end": (labelled(row_label="%s" * 60, row_number="1234567"), "$.zones[0].rows[0]"),
    "two seats of one name": (hall([seat("A-1", 0), seat("A-2", 5, "1")]), "$.zones[0].rows[0].seats[1]"),
    "two seats of one name in two spellings": (
        hall([seat("A-1", 0, "\u00e9"), seat("A-2", 5, "e\u0301")]),
        "$.zones[0].rows[0].seats[1]",
    ),
    "two seats of one name but for blanks": (
        hall([seat("A-1", 0, "a"), seat("A-2", 5, " b"), seat("A-3", 10, "a\u00a0")]),
        "$.zones[0].rows[0].seats[2]",
    ),
    "two seats of one name but for what nobody sees": (
        hall([seat("A-1", 0, "1"), seat("A-2", 5, "1\u00ad")]),
        "$.zones[0].rows[0].seats[1]",
    ),
    "two rows of one name but for a blank": (called("A", "A "), "$.zones[0].rows[1].seats[0]"),
    "a category that is another's but for a blank": (
        hall([seat("A-1", 0)]) | {"categories": [{"name": "Stalls"}, {"name": "Stalls "}]},
        "$.categories[1]",
    ),
    "a category that is a blank": (hall([seat("A-1", 0)]) | {"categories": [{"name": " "}]}, "$.categories[0]"),
    "two seats of one label": (labelled(row_label="Mesa", seat_label="Cadeira"), "$.zones[0].rows[0].seats[1]"),
    "two rows of one label but for a blank": (called("A", "A ", row_label="Mesa %s"), "$.zones[0].rows[1].seats[0]"),
}


def test_all_seats_that_come_twice_are_named_at_once() -> None:
    guids = [f"Groundfloor-A-{n}" for n in range(40)]
    rows = [[seat(guid, 5 * n, f"{row}/{n}") for n, guid in enumerate(guids)] for row in range(2)]

    with pytest.raises(PlanMalformed) as refused:
        read(packed(hall(*rows)))

    assert refused.value.problem == f"these seat_guids come more than once: {', '.join(guids)}"
    assert refused.value.where == "$.zones[0].rows[1].seats[0]"


def test_more_than_fit_into_a_refusal_are_counted() -> None:
    rows = [[seat(f"{'x' * 70}{n}", 5 * n, f"{row}/{n}") for n in range(100)] for row in range(2)]

    with pytest.raises(PlanMalformed) as refused:
        read(packed(hall(*rows)))

    assert refused.value.problem.endswith("x9 + 90")


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        ({}, ""),
        ({"row_label": None, "seat_label": ""}, ""),
        ({"row_label": "Mesa %s", "seat_label": "Cadeira %s"}, "Floor, Mesa A, Cadeira 1"),
        ({"row_label": "Mesa AA"}, "Floor, Mesa AA, 1"),
        ({"seat_label": "Cadeira %s"}, "Floor, A, Cadeira 1"),
    ],
)
def test_a_seat_has_the_name_that_its_plan_gives(labels: dict[str, str | None], label: str) -> None:
    assert read(packed(labelled(**labels))).seats[0].label == label


def test_a_seat_without_zone_row_and_number_is_called_by_its_guid() -> None:
    plan = hall([seat("A-1", 0) | {"seat_number": ""}])
    plan["zones"][0]["name"] = plan["zones"][0]["rows"][0]["row_number"] = ""
    assert read(packed(plan)).seats[0].label == "A-1"


def test_files_of_editors_and_older_tools_are_read() -> None:
    plan = hall([seat("A-1", 0)]) | {"categories": [{"name": "Stalls"}]}
    del plan["size"]

    found = read(b"\xef\xbb\xbf" + packed(plan))

    assert found.categories == (Category("Stalls", "", 1),)
    assert found.seats[0].distance == round(math.hypot(5, 20))  # from the middle of the seats, which are 10 wide


@pytest.mark.parametrize("color", ["#7f4a91", "#FFF", "red", "LightGoldenrodYellow"])
def test_a_colour_is_kept(color: str) -> None:
    plan = hall([seat("A-1", 0)]) | {"categories": [{"name": "Stalls", "color": color}]}
    assert read(packed(plan)).categories == (Category("Stalls", color, 1),)


@pytest.mark.parametrize(
    "color", [None, "", "red; x", "#12345", "url(https://evil.example)", "re\nd", "red\n", "vermelho" * 20]
)
def test_what_is_no_colour_is_dropped(color: str | None) -> None:
    plan = hall([seat("A-1", 0)]) | {"categories": [{"name": "Stalls", "color": color}]}
    assert read(packed(plan)).categories == (Category("Stalls", "", 1),)


@pytest.mark.parametrize(
    ("side", "distance"),
    [
        (Side.AS_DRAWN, math.hypot(40, 20)),
        (Side.TOP, math.hypot(40, 20)),
        (Side.BOTTOM, math.hypot(40, 40)),
        (Side.LEFT, math.hypot(10, 10)),
        (Side.RIGHT, math.hypot(90, 10)),
    ],
)
def test_the_organizer_can_place_the_stage(side: Side, distance: float) -> None:
    assert read(packed(hall([seat("A-1", 0)])), side).seats[0].distance == round(distance)


AREAS: list[tuple[Json, float]] = [
    ({"shape": "rectangle", "rectangle": {"width": 20, "height": 10}}, math.hypot(10, 15)),
    ({"shape": "text"}, 10),
    ({"shape": "polygon", "polygon": {"points": [{"x": 0, "y": 0}, {"x": 20, "y": 0}]}}, math.hypot(10, 10)),
]


@pytest.mark.parametrize(("area", "distance"), AREAS)
@pytest.mark.parametrize("said", ["Palco", "STAGE", "Bühne", "O palco principal"])
def test_the_plan_can_place_the_stage(area: Json, distance: float, said: str) -> None:
    plan = hall([seat("A-1", 0)])
    bar = {"shape": "text", "position": {"x": 0, "y": 0}, "text": {"text": "Bar"}}
    plan["zones"][0]["areas"] = [bar, area | {"position": {"x": 0, "y": 10}, "text": {"text": said}}]
    assert read(packed(plan)).seats[0].distance == round(distance)
    assert read(packed(plan), Side.TOP).seats[0].distance == round(math.hypot(40, 20))


@pytest.mark.parametrize("areas", [None, 7, [7], [{"text": {"text": "Palco"}}], {"text": "Palco"}])
def test_areas_that_make_no_sense_are_no_stage(areas: object) -> None:
    plan = hall([seat("A-1", 0)])
    plan["zones"][0]["areas"] = areas
    assert read(packed(plan)).seats[0].distance == round(math.hypot(40, 20))


def said_in_portuguese(refused: PlanMalformed) -> bool:
    """Whether people are told the mistake in Portuguese, and more precisely than that there is one."""
    portuguese = plan_problems.problem(refused.problem, PORTUGUESE)
    return portuguese != plan_problems.UNLIKE_THE_FORMAT and portuguese.partition(": ")[0] not in refused.problem


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_plan_is_refused_with_the_problem_and_its_path(case: str) -> None:
    plan, where = MALFORMED[case]
    with pytest.raises(PlanMalformed) as refused:
        read(packed(plan))
    assert refused.value.where == where
    assert said_in_portuguese(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"not json", packed(hall([seat("A-1", 0)]))[:-1], b'{"name": "\xff"}', b'{"name": NaN}'),
        packed(hall([seat("A-1", 0)]))[:-1] + b', "note": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
def test_a_file_that_is_no_json_in_utf8_or_nested_too_deeply_is_refused(data: bytes) -> None:
    with pytest.raises(PlanMalformed) as refused:
        read(data)
    assert said_in_portuguese(refused.value)


@pytest.mark.parametrize("position", [b"NaN", b"Infinity", b"1e999", b'"0"', b"null"])
def test_positions_are_numbers(position: bytes) -> None:
    with pytest.raises(PlanMalformed) as refused:
        read(packed(hall([seat("A-1", 12345)])).replace(b"12345", position))
    assert said_in_portuguese(refused.value)


def test_an_id_may_look_like_the_number_of_a_card() -> None:
    guid = "49712607-9625-4982-a1e3-6150b68d536f"

    assert [one.seat_id for one in plans.read(packed(hall([seat(guid, 0, "1")]))).seats] == [guid]


def test_a_lone_surrogate_is_no_text() -> None:
    with pytest.raises(PlanMalformed):
        read(packed(hall([seat("A-\ud800", 0)])))


def test_a_plan_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "SEATS_MAX", 2)
    with pytest.raises(PlanTooLarge) as refused:
        read(packed(hall([seat(f"A-{n}", n) for n in range(3)])))
    assert refused.value.limit == "2 seats"
    data = packed(hall([seat("A-1", 0), seat("A-2", 5)]))
    assert len(read(data).seats) == 2
    monkeypatch.setattr(plans, "BYTES_MAX", len(data) - 1)
    with pytest.raises(PlanTooLarge):
        read(data)
