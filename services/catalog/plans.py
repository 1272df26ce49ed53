"""Seating plans in the pretix JSON format: read, checked, and every seat placed. Pure.

Rows are read one by one: reading 200,000 seats at once would hold the interpreter, and with it every call, for long.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from eventhub.refusals import PlanMalformed, PlanTooLarge
from services.catalog.rows import seat_indices

BYTES_MAX = 32 * 1024 * 1024
SEATS_MAX = 200_000
CATEGORIES_MAX = 100
SEAT_ID_MAX = 80
TEXT_MAX = 120
# Positions further out than this are no drawing of a hall.
POSITION_MAX = 1e9
Part = TypeVar("Part")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Point(msgspec.Struct, gc=False):
    """A place on the drawing."""

    x: float
    y: float


class Size(msgspec.Struct):
    """The drawing's size."""

    width: float
    height: float


class CategoryInFile(msgspec.Struct):
    """A kind of seat."""

    name: str
    color: str


class SeatInFile(msgspec.Struct, gc=False):
    """A seat of a row."""

    seat_guid: str
    seat_number: str
    category: str
    position: Point


class RowInFile(msgspec.Struct):
    """A row of a zone."""

    row_number: str
    position: Point
    seats: list[SeatInFile]


class ZoneInFile(msgspec.Struct):
    """A zone of the hall; its rows are still to be read."""

    name: str
    position: Point
    rows: list[msgspec.Raw]


class Drawing(msgspec.Struct):
    """The file. Keys that are not named here stay in the file, which is kept whole."""

    name: str
    size: Size
    categories: list[CategoryInFile]
    zones: list[ZoneInFile]


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of seat and how many there are."""

    name: str
    color: str
    seat_count: int


class Seat(msgspec.Struct, frozen=True, gc=False):
    """A seat as it is sold. distance: from the middle of the stage's edge, in the drawing's units."""

    seat_id: str
    zone: str
    row_name: str
    number: str
    category: str
    row_index: int
    seat_index: int
    distance: int

    def columns(self) -> tuple[str | int, ...]:
        """Its values in this order."""
        return msgspec.structs.astuple(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """A hall's numbered seats."""

    name: str
    categories: tuple[Category, ...]
    seats: Sequence[Seat]


def read(data: bytes) -> Plan:
    """A plan. Raises PlanMalformed saying what is wrong where, PlanTooLarge."""
    if len(data) > BYTES_MAX:
        raise PlanTooLarge(limit=f"{BYTES_MAX} bytes")
    try:
        data.decode()
    except UnicodeDecodeError as wrong:
        raise PlanMalformed(problem="the file is not UTF-8", where=f"byte {wrong.start}") from None
    drawing = decoded(data, Drawing, "$")
    check_texts([drawing.name], "$.name")
    known = known_categories(drawing)
    seats: list[Seat] = []
    seen: set[str] = set()
    for row_index, (where, zone, row) in enumerate(rows_of(drawing)):
        check_row(row, where, known, seen)
        seats.extend(placed(drawing, zone, row, row_index, where))
        if len(seats) > SEATS_MAX:
            raise PlanTooLarge(limit=f"{SEATS_MAX} seats")
    if not seats:
        raise PlanMalformed(problem="there are no seats", where="$.zones")
    counts = Counter(seat.category for seat in seats)
    categories = tuple(Category(one.name, one.color, counts[one.name]) for one in drawing.categories)
    return Plan(drawing.name, categories, seats)


def decoded(data: bytes | msgspec.Raw, kind: type[Part], where: str) -> Part:
    """JSON as one of the structures above."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as wrong:
        problem, _, inside = str(wrong).partition(" - at ")
        raise PlanMalformed(problem=problem, where=where + inside.strip("`").removeprefix("$")) from None
    except msgspec.DecodeError:
        raise PlanMalformed(problem="the file is not JSON", where=where) from None
    except RecursionError:
        raise PlanMalformed(problem="the file is nested too deeply", where=where) from None


def known_categories(drawing: Drawing) -> set[str]:
    """The names of the categories."""
    if len(drawing.categories) > CATEGORIES_MAX:
        raise PlanMalformed(problem=f"there are more than {CATEGORIES_MAX} categories", where="$.categories")
    known: set[str] = set()
    for n, category in enumerate(drawing.categories):
        where = f"$.categories[{n}]"
        check_texts([category.name, category.color], where)
        if not category.name or category.name in known:
            raise PlanMalformed(problem="a category has no name, or another's", where=where)
        known.add(category.name)
    return known


def rows_of(drawing: Drawing) -> Iterator[tuple[str, ZoneInFile, RowInFile]]:
    """Every row with its zone, and where it is in the file."""
    for z, zone in enumerate(drawing.zones):
        check_texts([zone.name], f"$.zones[{z}].name")
        for r, raw in enumerate(zone.rows):
            where = f"$.zones[{z}].rows[{r}]"
            yield where, zone, decoded(raw, RowInFile, where)


def check_texts(texts: Sequence[str], where: str) -> None:
    """Raises PlanMalformed for texts that cannot be painted on a seat."""
    for text in texts:
        if len(text) > TEXT_MAX or CONTROL.search(text):
            problem = f"a text has more than {TEXT_MAX} characters, or control characters"
            raise PlanMalformed(problem=problem, where=where)


def check_row(row: RowInFile, where: str, known: set[str], seen: set[str]) -> None:
    """Raises PlanMalformed where a seat cannot be sold. seen: the seats before, to which these are added."""
    check_texts([row.row_number, *(seat.seat_number for seat in row.seats)], where)
    for n, seat in enumerate(row.seats):
        guid = seat.seat_guid
        problem = ""
        if not 0 < len(guid) <= SEAT_ID_MAX or CONTROL.search(guid):
            problem = f"a seat_guid has 1 to {SEAT_ID_MAX} characters"
        elif guid in seen:
            problem = f"the seat_guid {guid} comes twice"
        elif seat.category not in known:
            problem = f"there is no category {seat.category[:TEXT_MAX]}"
        if problem:
            raise PlanMalformed(problem=problem, where=f"{where}.seats[{n}]")
        seen.add(guid)


def placed(drawing: Drawing, zone: ZoneInFile, row: RowInFile, row_index: int, where: str) -> Iterator[Seat]:
    """A row's seats, each with its place in the row and its distance from the stage."""
    left = zone.position.x + row.position.x - drawing.size.width / 2
    top = zone.position.y + row.position.y
    indices = seat_indices([(seat.position.x, seat.position.y) for seat in row.seats])
    for seat, seat_index in zip(row.seats, indices, strict=True):
        distance = math.hypot(left + seat.position.x, top + seat.position.y)
        if not distance <= POSITION_MAX:  # not a number is no distance either
            raise PlanMalformed(problem="a position is out of range", where=where)
        yield Seat(
            seat.seat_guid,
            zone.name,
            row.row_number,
            seat.seat_number,
            seat.category,
            row_index,
            seat_index,
            round(distance),
        )
