"""Seating plans: checked, and every seat named and placed. Pure.

Rows are read one by one: reading 200,000 seats at once would hold the interpreter, and with it every call, for long.
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
from services.catalog import drawing as drawings
from services.catalog.drawing import CategoryInFile, Drawing, Point, RowInFile, SeatInFile, Side, ZoneInFile, decoded
from services.catalog.rows import seat_indices
from services.kit.language import texts
from services.kit.values import folded

BYTES_MAX = 32 * 1024 * 1024
SEATS_MAX = 200_000
CATEGORIES_MAX = 100
SEAT_ID_MAX = 80
TEXT_MAX = 120
LABEL_MAX = 400
# Positions further out than this are no drawing of a hall.
POSITION_MAX = 1e9
# As many as travel in a refusal, by their letters.
NAMED_MAX = 800
# A hall says the names of its zones and rows, and its numbers, over and over.
SEEN_MAX = 4_096
SURROGATE = re.compile("[\ud800-\udfff]")
# What is on most seats needs no closer look.
PLAIN = re.compile(r"[A-Za-z0-9 ]{0,12}")
# As pretix takes it and CSS may: clients write it into their styles as it is.
COLOR = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})|[a-z]{3,20}", re.IGNORECASE | re.ASCII)
# A category's name is read word by word.
WORD = re.compile(r"[^\W_]+")
# What organizers call seats that exist and are not sold.
NOT_FOR_SALE = re.compile(
    r"\b(not ?available|unavailable|not for sale|no sale|do not sell|blocked|indisponive(l|is)|nao ?disponive(l|is)"
    r"|bloquead[oa]s?|interditad[oa]s?|nao vender|sem vendas?|(nao (esta |estao )?a|fora de) venda|no disponibles?"
    r"|nicht verfugbar|gesperrt)\b"
)
# What is blocked there is the view; such seats are sold.
VIEW_BLOCKED = re.compile(
    r"\b((visao|vista|visibilidade)( \w+){0,3} bloqueada|(view|sight)( \w+)? blocked|blocked (view|sight)s?)\b"
)


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of seat and how many there are."""

    name: str
    color: str
    seat_count: int


class Seat(msgspec.Struct, frozen=True, gc=False):
    """A seat as it is sold. label: what people call it, if the plan says so; empty: by zone, row and number. distance:
    from the stage, in the drawing's units."""

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
        """Its values in this order."""
        return msgspec.structs.astuple(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """A hall's numbered seats."""

    name: str
    categories: tuple[Category, ...]
    seats: Sequence[Seat]


@dataclass(frozen=True, slots=True)
class Spot:
    """A seat as it is read, before the stage is known. row: where its row is in the file. at: where it is on the
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
    """A plan. side: where the stage is. Raises PlanMalformed saying what is wrong where, PlanTooLarge."""
    if len(data) > BYTES_MAX:
        raise PlanTooLarge(limit=f"{BYTES_MAX} bytes")
    drawing = drawings.read(data)
    check_texts([drawing.name], "$.name")
    known = known_categories(drawing)
    spots: list[Spot] = []
    for row_index, (where, zone, row) in enumerate(rows_of(drawing)):
        check_row(row, where, known)
        spots.extend(read_row(zone, row, row_index, where))
        if len(spots) > SEATS_MAX:
            raise PlanTooLarge(limit=f"{SEATS_MAX} seats")
    if not spots:
        raise PlanMalformed(problem="there are no seats", where="$.zones")
    check_once(spots, [spot.seat.seat_guid for spot in spots], "these seat_guids come more than once")
    check_once(spots, [name_of(spot) for spot in spots], "several seats have the same name")
    stage = drawings.stage(drawing, side, [spot.at for spot in spots])
    counts = Counter(spot.seat.category for spot in spots)
    categories = tuple(Category(one.name, color_of(one), counts[one.name]) for one in drawing.categories)
    return Plan(drawing.name, categories, [placed(spot, stage) for spot in spots])


def for_sale(category: str) -> bool:
    """Whether seats of a category are sold unless somebody says otherwise: its name does not say that they are not."""
    said = " ".join(WORD.findall(folded(category)))
    return NOT_FOR_SALE.search(VIEW_BLOCKED.sub("", said)) is None


@lru_cache(SEEN_MAX)
def seen(text: str) -> str:
    """A text as people see it, for comparing: letters in one spelling, one blank where there are several, nothing that
    is not drawn."""
    if not text.isascii():
        drawn = (letter for letter in text if unicodedata.category(letter) != "Cf")
        text = unicodedata.normalize("NFC", "".join(drawn))
    return " ".join(text.split())


def known_categories(drawing: Drawing) -> set[str]:
    """The names of the categories."""
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
    """The colour of a category; empty if the file says none, or what is none: a hall is not refused for its paint."""
    color = category.color or ""
    return color if COLOR.fullmatch(color) else ""


def rows_of(drawing: Drawing) -> Iterator[tuple[str, ZoneInFile, RowInFile]]:
    """Every row with its zone, and where it is in the file."""
    for z, zone in enumerate(drawing.zones):
        check_texts([zone.name], f"$.zones[{z}].name")
        for r, raw in enumerate(zone.rows):
            where = f"$.zones[{z}].rows[{r}]"
            yield where, zone, decoded(raw, RowInFile, where)


def check_texts(said: Sequence[str], where: str) -> None:
    """Raises PlanMalformed for texts that cannot be painted on a seat."""
    for text in said:
        if len(text) > TEXT_MAX:
            raise PlanMalformed(problem=f"a text has more than {TEXT_MAX} characters", where=where)
        if not PLAIN.fullmatch(text):
            wrong = None if SURROGATE.search(text) else texts.problem(text, TEXT_NAME)
            if wrong is not None or SURROGATE.search(text):
                raise PlanMalformed(problem=f"a text may have {(wrong or texts.NO_CONTROL).en}", where=where)


def check_row(row: RowInFile, where: str, known: set[str]) -> None:
    """Raises PlanMalformed where a seat cannot be sold."""
    check_texts([row.row_number, row.row_label or "", row.seat_label or ""], where)
    for n, seat in enumerate(row.seats):
        place = f"{where}.seats[{n}]"
        check_texts([seat.seat_number, seat.seat_guid], place)
        if not 0 < len(seat.seat_guid) <= SEAT_ID_MAX:
            raise PlanMalformed(problem=f"a seat_guid has 1 to {SEAT_ID_MAX} characters", where=place)
        if seat.category not in known:
            raise PlanMalformed(problem=f"there is no such category: {seat.category[:TEXT_MAX]}", where=place)


def check_once(spots: Sequence[Spot], names: Sequence[str], problem: str) -> None:
    """Raises PlanMalformed naming what comes more than once, all of it as far as there is room, and where it does so
    first. names: of each spot."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if not twice:
        return
    told, room = [], NAMED_MAX
    for name in twice:
        room -= len(name.encode()) + 2
        if room < 0:
            break
        told.append(name)
    more = f" + {len(twice) - len(told)}" if len(told) < len(twice) else ""
    again = names.index(twice[0], names.index(twice[0]) + 1)
    row = spots[again].row
    n = sum(spot.row == row for spot in spots[:again])
    raise PlanMalformed(problem=f"{problem}: {', '.join(told)}{more}", where=f"{row}.seats[{n}]")


def read_row(zone: ZoneInFile, row: RowInFile, row_index: int, where: str) -> Iterator[Spot]:
    """A row's seats, each with its name and its place in the row and on the drawing."""
    indices = seat_indices([(seat.position.x, seat.position.y) for seat in row.seats])
    for seat, seat_index in zip(row.seats, indices, strict=True):
        x = zone.position.x + row.position.x + seat.position.x
        y = zone.position.y + row.position.y + seat.position.y
        if not math.hypot(x, y) <= POSITION_MAX:  # not a number is no distance either
            raise PlanMalformed(problem="a position is out of range", where=where)
        label = label_of(zone.name, row, seat)
        if len(label) > LABEL_MAX:
            raise PlanMalformed(problem=f"a seat's name has more than {LABEL_MAX} characters", where=where)
        yield Spot(seat, zone.name, where, row.row_number, label, row_index, seat_index, Point(x, y))


def label_of(zone: str, row: RowInFile, seat: SeatInFile) -> str:
    """What people call a seat as pretix prints it: "Floor, Mesa AA, Cadeira 1". Empty if the plan has no words of its
    own for it."""
    if not row.row_label and not row.seat_label:
        return "" if zone or row.row_number or seat.seat_number else seat.seat_guid
    parts = (
        zone,
        row.row_label.replace("%s", row.row_number) if row.row_label else row.row_number,
        row.seat_label.replace("%s", seat.seat_number) if row.seat_label else seat.seat_number,
    )
    return ", ".join(part for part in parts if part) or seat.seat_guid


def name_of(spot: Spot) -> str:
    """What tells a seat from all others for people."""
    if spot.label:
        return ", ".join(seen(part) for part in spot.label.split(","))
    zone, row, number = seen(spot.zone), seen(spot.row_name), seen(spot.seat.seat_number)
    return " ".join(filter(None, (zone, "-".join(filter(None, (row, number))))))


def placed(spot: Spot, stage: Point) -> Seat:
    """A seat at its distance from the stage."""
    seat, distance = spot.seat, round(math.hypot(spot.at.x - stage.x, spot.at.y - stage.y))
    place = (spot.row_index, spot.seat_index, distance)
    return Seat(seat.seat_guid, spot.zone, spot.row_name, seat.seat_number, seat.category, *place, spot.label)
