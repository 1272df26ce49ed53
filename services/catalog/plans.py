"""Seating plans in the pretix JSON format: read, checked, and every seat placed. Pure."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from eventhub.refusals import PlanMalformed, PlanTooLarge

BYTES_MAX = 32 * 1024 * 1024
SEATS_MAX = 200_000
SEAT_ID_MAX = 80
NAME_MAX = 120
# A gap so many times as wide as the row's usual one is an aisle: the seats beside it are no neighbours.
AISLE = 1.8


class Point(msgspec.Struct):
    """A place on the drawing."""

    x: float
    y: float


class Size(msgspec.Struct):
    """The drawing's size."""

    width: float
    height: float


class Category(msgspec.Struct):
    """A kind of seat."""

    name: str
    color: str


class PlanSeat(msgspec.Struct):
    """A seat of a row."""

    seat_guid: str
    seat_number: str
    category: str
    position: Point


class PlanRow(msgspec.Struct):
    """A row of a zone."""

    row_number: str
    position: Point
    seats: list[PlanSeat]


class Zone(msgspec.Struct):
    """A zone of the hall."""

    name: str
    position: Point
    rows: list[PlanRow]


class Drawing(msgspec.Struct):
    """The file. Keys that are not named here are kept in the file, which is kept whole."""

    name: str
    size: Size
    categories: list[Category]
    zones: list[Zone]


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat as it is sold. distance: from the middle of the stage's edge, in the drawing's units."""

    seat_id: str
    zone: str
    row_name: str
    number: str
    category: str
    row_index: int
    seat_index: int
    distance: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A hall's numbered seats. categories: name, colour, number of seats."""

    name: str
    categories: tuple[tuple[str, str, int], ...]
    seats: tuple[Seat, ...]


def read(data: bytes) -> Plan:
    """A plan. Raises PlanMalformed saying what is wrong where, PlanTooLarge."""
    if len(data) > BYTES_MAX:
        raise PlanTooLarge(limit=f"{BYTES_MAX} bytes")
    try:
        drawing = msgspec.json.decode(data, type=Drawing)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        problem, _, where = str(wrong).partition(" - at ")
        raise PlanMalformed(problem=problem, where=where.strip("`") or "the file") from None
    seats = tuple(placed(drawing))
    check(drawing, seats)
    counts = Counter(seat.category for seat in seats)
    categories = tuple((one.name, one.color, counts[one.name]) for one in drawing.categories)
    return Plan(drawing.name, categories, seats)


def check(drawing: Drawing, seats: Sequence[Seat]) -> None:
    """Raises PlanMalformed, PlanTooLarge."""
    if len(seats) > SEATS_MAX:
        raise PlanTooLarge(limit=f"{SEATS_MAX} seats")
    if not seats:
        raise PlanMalformed(problem="no rows with seats", where="zones")
    names = Counter(one.name for one in drawing.categories)
    for name, count in names.items():
        if count > 1 or not name:
            raise PlanMalformed(problem="category names must be there and differ", where=f"categories {name}")
    check_seats(seats, frozenset(names))
    texts = {text for seat in seats for text in (seat.zone, seat.row_name, seat.number)} | {*names, drawing.name}
    for text in texts:
        if len(text) > NAME_MAX or not (text.isprintable() or not text):
            raise PlanMalformed(problem=f"names have at most {NAME_MAX} printable characters", where=text[:40])


def check_seats(seats: Sequence[Seat], categories: frozenset[str]) -> None:
    """Raises PlanMalformed where a seat has no usable id, another's, or an unknown category."""
    seen: set[str] = set()
    for seat in seats:
        where = f"zone {seat.zone}, row {seat.row_name}, seat {seat.number}"
        if not 0 < len(seat.seat_id) <= SEAT_ID_MAX or not seat.seat_id.isprintable():
            raise PlanMalformed(problem=f"seat_guid must have 1 to {SEAT_ID_MAX} printable characters", where=where)
        if seat.seat_id in seen:
            raise PlanMalformed(problem=f"seat_guid {seat.seat_id} comes twice", where=where)
        if seat.category not in categories:
            raise PlanMalformed(problem=f"category {seat.category} is unknown", where=where)
        seen.add(seat.seat_id)


def placed(drawing: Drawing) -> Iterator[Seat]:
    """Every seat with its place in the row and its distance from the stage."""
    row_index = 0
    for zone in drawing.zones:
        for row in zone.rows:
            for seat, seat_index in zip(row.seats, places_in_row(row), strict=True):
                x = zone.position.x + row.position.x + seat.position.x - drawing.size.width / 2
                y = zone.position.y + row.position.y + seat.position.y
                away = math.hypot(x, y)
                if not math.isfinite(away):
                    raise PlanMalformed(
                        problem="a position is no number", where=f"zone {zone.name}, row {row.row_number}"
                    )
                yield Seat(
                    seat.seat_guid,
                    zone.name,
                    row.row_number,
                    seat.seat_number,
                    seat.category,
                    row_index,
                    seat_index,
                    round(away),
                )
            row_index += 1


def places_in_row(row: PlanRow) -> list[int]:
    """Each seat's place in its row, one left out at an aisle."""
    gaps = [
        math.hypot(right.position.x - left.position.x, right.position.y - left.position.y)
        for left, right in zip(row.seats, row.seats[1:], strict=False)
    ]
    usual = median(gaps) if gaps else 0.0
    places = [0]
    for gap in gaps:
        places.append(places[-1] + (2 if gap > usual * AISLE else 1))
    return places[: len(row.seats)]
