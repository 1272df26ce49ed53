"""Parses and checks seating plans, and computes each seat's name and position. Pure.

Rows are decoded one by one: decoding 200,000 seats in one call would hold the interpreter lock and delay all other
calls.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from eventhub.common.v1.options_pb2 import TEXT_NAME
from eventhub.refusals import PlanMalformed, PlanTooLarge
from services.catalog.plans import accessible, shapes
from services.catalog.plans import drawing as drawings
from services.catalog.plans.accessible import Accessible
from services.catalog.plans.categories import Category, painted
from services.catalog.plans.drawing import (
    Drawing,
    Point,
    RowInFile,
    RowNumbers,
    SeatInFile,
    Side,
    Size,
    ZoneInFile,
    decode,
)
from services.catalog.plans.labels import label_of, row_label, seat_name, seen
from services.catalog.plans.rows import seat_indices
from services.catalog.plans.shapes import Shape
from services.kit.language import texts

BYTES_MAX = 32 * 1024 * 1024
SEATS_MAX = 200_000
CATEGORIES_MAX = 100
SEAT_ID_MAX = 80
TEXT_MAX = 120
LABEL_MAX = 400
# Bytes of names in one refusal, which has to fit into the trailers of a call.
NAMES_BYTES_MAX = 800
SURROGATE = re.compile("[\ud800-\udfff]")
# Most texts match this, and then need no slower check.
PLAIN = re.compile(r"[A-Za-z0-9 ]{0,12}")


class Seat(msgspec.Struct, frozen=True, gc=False):
    """A seat for sale. label: its name for people if the plan has one; if empty, the name is zone, row and number.
    distance: from the stage, in the drawing's units. accessible: an Accessible. companion_of: the accessible seat
    beside which a companion sits; empty for other seats."""

    seat_id: str
    zone: str
    row_name: str
    number: str
    category: str
    row_index: int
    seat_index: int
    distance: int
    label: str = ""
    accessible: int = Accessible.EVERYONE
    companion_of: str = ""

    def columns(self) -> tuple[str | int, ...]:
        """Its values in the order of its fields."""
        return msgspec.structs.astuple(self)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is drawn. label: its name for people, empty if the plan has none."""

    label: str
    numbers_at: RowNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A checked seating plan. seats: row by row. points, radii: of each seat on the drawing; a radius of 0 is not
    known. rows: by the seats' row_index. shapes: in the order in which they are drawn."""

    name: str
    categories: tuple[Category, ...]
    seats: Sequence[Seat]
    points: Sequence[Point]
    radii: Sequence[float]
    rows: Sequence[Row]
    shapes: Sequence[Shape]
    size: Size
    stage: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A seat before the position of the stage is known. row: the path of its row in the file. at: its position on the
    drawing."""

    seat: SeatInFile
    zone: str
    row: str
    row_name: str
    label: str
    row_index: int
    seat_index: int
    at: Point


def read(data: bytes, side: Side = Side.AS_DRAWN) -> Plan:
    """Parses a file. side: where the stage is. Raises PlanMalformed, with the problem and its path, and
    PlanTooLarge."""
    if len(data) > BYTES_MAX:
        raise PlanTooLarge(limit=f"{BYTES_MAX} bytes")
    drawing = drawings.read(data)
    check_texts([drawing.name], "$.name")
    known = category_names(drawing)
    spots: list[Spot] = []
    rows: list[Row] = []
    for row_index, (where, zone, row) in enumerate(rows_of(drawing)):
        check_row(row, where, known)
        rows.append(Row(row_label(row) if row.row_label else "", drawings.numbers_at(row.row_number_position)))
        spots.extend(read_row(zone, row, row_index, where))
        if len(spots) > SEATS_MAX:
            raise PlanTooLarge(limit=f"{SEATS_MAX} seats")
    if not spots:
        raise PlanMalformed(problem="there are no seats", where="$.zones")
    check_unique(spots, [spot.seat.seat_guid for spot in spots], "these seat_guids come more than once")
    check_unique(spots, [name_of(spot) for spot in spots], "several seats have the same name")
    wrong = accessible.wrong_companion([spot.seat for spot in spots])
    if wrong is not None:
        raise PlanMalformed(problem="a companion sits beside no accessible seat", where=path_of(spots, wrong))
    return plan_of(drawing, side, spots, rows)


def plan_of(drawing: Drawing, side: Side, spots: Sequence[Spot], rows: Sequence[Row]) -> Plan:
    """The plan of checked seats. Raises PlanTooLarge."""
    points = [spot.at for spot in spots]
    stage, size = drawings.stage(drawing, side, points), drawings.size_of(drawing, points)
    counts = Counter(spot.seat.category for spot in spots)
    return Plan(
        name=drawing.name,
        categories=tuple(Category(one.name, painted(one.color), counts[one.name]) for one in drawing.categories),
        seats=[seat_of(spot, stage) for spot in spots],
        points=points,
        radii=[drawings.radius_of(spot.seat) for spot in spots],
        rows=rows,
        shapes=shapes.read(drawing),
        size=size,
        stage=drawings.stage_side(side, stage, size),
    )


def category_names(drawing: Drawing) -> set[str]:
    """The names of the categories. Raises PlanMalformed if there are too many, or a name is missing or repeated."""
    if len(drawing.categories) > CATEGORIES_MAX:
        raise PlanMalformed(problem=f"there are more than {CATEGORIES_MAX} categories", where="$.categories")
    known: dict[str, str] = {}
    for n, category in enumerate(drawing.categories):
        where = f"$.categories[{n}]"
        check_texts([category.name], where)
        name = seen(category.name)
        if not name or name in known.values():
            raise PlanMalformed(problem="a category has no name, or another's", where=where)
        known[category.name] = name
    return set(known)


def rows_of(drawing: Drawing) -> Iterator[tuple[str, ZoneInFile, RowInFile]]:
    """Yields each row with its path in the file and its zone. Raises PlanMalformed."""
    for z, zone in enumerate(drawing.zones):
        check_texts([zone.name], f"$.zones[{z}].name")
        for r, raw in enumerate(zone.rows):
            where = f"$.zones[{z}].rows[{r}]"
            yield where, zone, decode(raw, RowInFile, where)


def check_texts(names: Sequence[str], where: str, *, ids: bool = False) -> None:
    """Raises PlanMalformed if a name is too long or has characters that cannot be shown to people. ids: whether they
    are ids: random ones may look like the number of a card."""
    for text in names:
        if len(text) > TEXT_MAX:
            raise PlanMalformed(problem=f"a text has more than {TEXT_MAX} characters", where=where)
        if not PLAIN.fullmatch(text):
            wrong = None if SURROGATE.search(text) else texts.problem(text, TEXT_NAME)
            if (wrong is not None and not (ids and wrong is texts.NO_CARD)) or SURROGATE.search(text):
                raise PlanMalformed(problem=f"a text may have {(wrong or texts.NO_CONTROL).en}", where=where)


def check_row(row: RowInFile, where: str, known: set[str]) -> None:
    """Raises PlanMalformed if a seat of the row has an invalid name, id or category."""
    check_texts([row.row_number, row.row_label or "", row.seat_label or ""], where)
    for n, seat in enumerate(row.seats):
        place = f"{where}.seats[{n}]"
        check_texts([seat.seat_number], place)
        check_texts([seat.seat_guid], place, ids=True)
        if not 0 < len(seat.seat_guid) <= SEAT_ID_MAX:
            raise PlanMalformed(problem=f"a seat_guid has 1 to {SEAT_ID_MAX} characters", where=place)
        if seat.accessible is not None and seat.accessible not in accessible.IN_FILE:
            raise PlanMalformed(problem="a seat is not accessible in this way", where=place)
        if seat.category not in known:
            raise PlanMalformed(problem=f"there is no such category: {seat.category[:TEXT_MAX]}", where=place)


def check_unique(spots: Sequence[Spot], names: Sequence[str], problem: str) -> None:
    """Raises PlanMalformed if a name is repeated. The refusal lists the repeated names, up to its size limit, and the
    path of the first repetition. names: one per spot."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if not repeated:
        return
    listed, bytes_left = [], NAMES_BYTES_MAX
    for name in repeated:
        bytes_left -= len(name.encode()) + 2
        if bytes_left < 0:
            break
        listed.append(name)
    more = f" + {len(repeated) - len(listed)}" if len(listed) < len(repeated) else ""
    again = names.index(repeated[0], names.index(repeated[0]) + 1)
    raise PlanMalformed(problem=f"{problem}: {', '.join(listed)}{more}", where=path_of(spots, again))


def path_of(spots: Sequence[Spot], n: int) -> str:
    """The path in the file of the n-th seat."""
    row = spots[n].row
    return f"{row}.seats[{sum(spot.row == row for spot in spots[:n])}]"


def read_row(zone: ZoneInFile, row: RowInFile, row_index: int, where: str) -> Iterator[Spot]:
    """Yields a row's seats, each with its name, its index in the row and its position. Raises PlanMalformed."""
    indices = seat_indices([(seat.position.x, seat.position.y) for seat in row.seats])
    for seat, seat_index in zip(row.seats, indices, strict=True):
        x = zone.position.x + row.position.x + seat.position.x
        y = zone.position.y + row.position.y + seat.position.y
        if not math.hypot(x, y) <= drawings.POSITION_MAX:  # also true for NaN
            raise PlanMalformed(problem="a position is out of range", where=where)
        label = label_of(zone.name, row, seat)
        if len(label) > LABEL_MAX:
            raise PlanMalformed(problem=f"a seat's name has more than {LABEL_MAX} characters", where=where)
        yield Spot(
            seat=seat,
            zone=zone.name,
            row=where,
            row_name=row.row_number,
            label=label,
            row_index=row_index,
            seat_index=seat_index,
            at=Point(x, y),
        )


def name_of(spot: Spot) -> str:
    """The name by which people tell a seat from all others."""
    return seat_name(spot.label, spot.zone, spot.row_name, spot.seat.seat_number)


def seat_of(spot: Spot, stage: Point) -> Seat:
    """The seat for sale, with its distance from the stage."""
    return Seat(
        seat_id=spot.seat.seat_guid,
        zone=spot.zone,
        row_name=spot.row_name,
        number=spot.seat.seat_number,
        category=spot.seat.category,
        row_index=spot.row_index,
        seat_index=spot.seat_index,
        distance=round(math.hypot(spot.at.x - stage.x, spot.at.y - stage.y)),
        label=spot.label,
        accessible=accessible.IN_FILE[spot.seat.accessible or ""],
        companion_of=spot.seat.companion_of or "",
    )
