"""Parses and checks seating plans, and computes each seat's name and position. Pure.

Rows are decoded one by one: decoding 200,000 seats in one call would hold the interpreter lock and delay all other
calls.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from eventhub.common.v1.options_pb2 import TEXT_NAME
from eventhub.refusals import PlanMalformed, PlanTooLarge
from services.catalog.plans import drawing as drawings
from services.catalog.plans.drawing import (
    CategoryInFile,
    Drawing,
    Point,
    RowInFile,
    SeatInFile,
    Side,
    ZoneInFile,
    decode,
)
from services.catalog.plans.rows import seat_indices
from services.kit.language import texts
from services.kit.values import folded

BYTES_MAX = 32 * 1024 * 1024
SEATS_MAX = 200_000
CATEGORIES_MAX = 100
SEAT_ID_MAX = 80
TEXT_MAX = 120
LABEL_MAX = 400
# The largest distance of a seat from the origin.
POSITION_MAX = 1e9
# Bytes of names in one refusal, which has to fit into the trailers of a call.
NAMES_BYTES_MAX = 800
# A hall repeats the names of its zones and rows, and its numbers, thousands of times.
SEEN_MAX = 4_096
SURROGATE = re.compile("[\ud800-\udfff]")
# Most texts match this, and then need no slower check.
PLAIN = re.compile(r"[A-Za-z0-9 ]{0,12}")
# The colours that pretix takes; clients write them into their styles unchanged.
COLOR = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})|[a-z]{3,20}", re.IGNORECASE | re.ASCII)
# A category's name is read word by word.
WORD = re.compile(r"[^\W_]+")
# Names of categories whose seats are not sold.
NOT_FOR_SALE = re.compile(
    r"\b(not ?available|unavailable|not for sale|no sale|do not sell|blocked|indisponive(l|is)|nao ?disponive(l|is)"
    r"|bloquead[oa]s?|interditad[oa]s?|nao vender|sem vendas?|(nao (esta |estao )?a|fora de) venda|no disponibles?"
    r"|nicht verfugbar|gesperrt)\b"
)
# Only the view is blocked; such seats are sold.
VIEW_BLOCKED = re.compile(
    r"\b((visao|vista|visibilidade)( \w+){0,3} bloqueada|(view|sight)( \w+)? blocked|blocked (view|sight)s?)\b"
)


@dataclass(frozen=True, slots=True)
class Category:
    """A category of seats, with the number of its seats."""

    name: str
    color: str
    seat_count: int


class Seat(msgspec.Struct, frozen=True, gc=False):
    """A seat for sale. label: its name for people if the plan has one; if empty, the name is zone, row and number.
    distance: from the stage, in the drawing's units."""

    seat_id: str
    zone: str
    row_name: str
    number: str
    category: str
    row_index: int
    seat_index: int
    distance: int
    label: str = ""

    def columns(self) -> tuple[str | int, ...]:
        """Its values in the order of its fields."""
        return msgspec.structs.astuple(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked seating plan. seats: row by row. points: the position of each on the drawing."""

    name: str
    categories: tuple[Category, ...]
    seats: Sequence[Seat]
    points: Sequence[Point]


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
    for row_index, (where, zone, row) in enumerate(rows_of(drawing)):
        check_row(row, where, known)
        spots.extend(read_row(zone, row, row_index, where))
        if len(spots) > SEATS_MAX:
            raise PlanTooLarge(limit=f"{SEATS_MAX} seats")
    if not spots:
        raise PlanMalformed(problem="there are no seats", where="$.zones")
    check_unique(spots, [spot.seat.seat_guid for spot in spots], "these seat_guids come more than once")
    check_unique(spots, [name_of(spot) for spot in spots], "several seats have the same name")
    stage = drawings.stage(drawing, side, [spot.at for spot in spots])
    counts = Counter(spot.seat.category for spot in spots)
    categories = tuple(Category(one.name, color_of(one), counts[one.name]) for one in drawing.categories)
    return Plan(drawing.name, categories, [seat_of(spot, stage) for spot in spots], [spot.at for spot in spots])


def for_sale(category: str) -> bool:
    """False if the name of a category says that its seats are not for sale, such as "NOT AVAILABLE" or "Bloqueado"."""
    words = " ".join(WORD.findall(folded(category)))
    return NOT_FOR_SALE.search(VIEW_BLOCKED.sub("", words)) is None


@lru_cache(SEEN_MAX)
def seen(text: str) -> str:
    """A text as people see it, for comparing: letters in one spelling, single blanks, no invisible characters."""
    if not text.isascii():
        drawn = (letter for letter in text if unicodedata.category(letter) != "Cf")
        text = unicodedata.normalize("NFC", "".join(drawn))
    return " ".join(text.split())


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


def color_of(category: CategoryInFile) -> str:
    """The colour of a category; empty if the file names none that is valid: a plan is not refused for its paint."""
    color = category.color or ""
    return color if COLOR.fullmatch(color) else ""


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
    row = spots[again].row
    n = sum(spot.row == row for spot in spots[:again])
    raise PlanMalformed(problem=f"{problem}: {', '.join(listed)}{more}", where=f"{row}.seats[{n}]")


def read_row(zone: ZoneInFile, row: RowInFile, row_index: int, where: str) -> Iterator[Spot]:
    """Yields a row's seats, each with its name, its index in the row and its position. Raises PlanMalformed."""
    indices = seat_indices([(seat.position.x, seat.position.y) for seat in row.seats])
    for seat, seat_index in zip(row.seats, indices, strict=True):
        x = zone.position.x + row.position.x + seat.position.x
        y = zone.position.y + row.position.y + seat.position.y
        if not math.hypot(x, y) <= POSITION_MAX:  # also true for NaN
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


def label_of(zone: str, row: RowInFile, seat: SeatInFile) -> str:
    """A seat's name for people as pretix prints it: "Floor, Mesa AA, Cadeira 1". Empty if the row has no labels: then
    zone, row and number make up the name. If the plan has none of all these, the seat_guid."""
    if not row.row_label and not row.seat_label:
        return "" if zone or row.row_number or seat.seat_number else seat.seat_guid
    parts = (
        zone,
        row.row_label.replace("%s", row.row_number) if row.row_label else row.row_number,
        row.seat_label.replace("%s", seat.seat_number) if row.seat_label else seat.seat_number,
    )
    return ", ".join(part for part in parts if part) or seat.seat_guid


def name_of(spot: Spot) -> str:
    """The name by which people tell a seat from all others."""
    if spot.label:
        return ", ".join(seen(part) for part in spot.label.split(","))
    zone, row, number = seen(spot.zone), seen(spot.row_name), seen(spot.seat.seat_number)
    return " ".join(filter(None, (zone, "-".join(filter(None, (row, number))))))


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
    )
