"""Reads a seating plan's file in the pretix JSON format, and finds its stage. Pure."""

import math
import re
from enum import IntEnum
from typing import TypeVar

import msgspec

from eventhub.refusals import PlanMalformed
from services.kit.values import folded

Part = TypeVar("Part")
# The largest distance from the origin, and the largest length.
POSITION_MAX = 1e9
# Windows editors write it at the start of a file.
BOM = b"\xef\xbb\xbf"
STAGE = re.compile(r"\b(stage|palco|buhne|escenario|scene|podium|picadeiro|tela|screen)\b")


class Side(IntEnum):
    """The side of the drawing on which the stage is, numbered as in the contract."""

    AS_DRAWN = 0
    TOP = 1
    BOTTOM = 2
    LEFT = 3
    RIGHT = 4


class RowNumbers(IntEnum):
    """At which ends of a row its number is drawn, numbered as in the contract."""

    NONE = 0
    START = 1
    END = 2
    BOTH = 3


class Point(msgspec.Struct, gc=False):
    """A position on the drawing."""

    x: float
    y: float


class Size(msgspec.Struct):
    """The size of the whole drawing."""

    width: float
    height: float


class Rectangle(msgspec.Struct):
    """The size of an area."""

    width: float = 0.0
    height: float = 0.0


class Polygon(msgspec.Struct):
    """The corners of an area, relative to its position."""

    points: list[Point] = []


class Words(msgspec.Struct):
    """The text of an area."""

    text: str = ""


class Area(msgspec.Struct):
    """A drawn shape that is no seat, such as the stage."""

    position: Point
    text: Words = msgspec.field(default_factory=Words)
    rectangle: Rectangle | None = None
    polygon: Polygon | None = None

    @property
    def middle(self) -> Point:
        """The middle of the area, relative to its zone's position."""
        corners = self.polygon.points if self.polygon else []
        size = self.rectangle or Rectangle()
        across = sum(corner.x for corner in corners) / len(corners) if corners else size.width / 2
        down = sum(corner.y for corner in corners) / len(corners) if corners else size.height / 2
        return Point(self.position.x + across, self.position.y + down)


class CategoryInFile(msgspec.Struct):
    """A category of seats, with its colour on the map."""

    name: str
    color: str | None = None


class SeatInFile(msgspec.Struct, gc=False):
    """A seat; its position is relative to its row. accessible, companion_of: keys of EventHub's own."""

    seat_guid: str
    seat_number: str
    category: str
    position: Point
    radius: object = None
    accessible: str | None = None
    companion_of: str | None = None


class RowInFile(msgspec.Struct):
    """A row of a zone. row_label, seat_label: names of the row and of its seats for people, with "%s" for the
    number."""

    row_number: str
    position: Point
    seats: list[SeatInFile]
    row_label: str | None = None
    seat_label: str | None = None
    row_number_position: object = None


class ZoneInFile(msgspec.Struct):
    """A zone of the hall. rows: not decoded yet. zones: must be empty, the format has no zones inside zones."""

    name: str
    position: Point
    rows: list[msgspec.Raw]
    areas: msgspec.Raw = msgspec.Raw(b"[]")
    zones: msgspec.Raw = msgspec.Raw(b"[]")


class Drawing(msgspec.Struct):
    """The whole file. Keys without a field here are ignored; the export still has them, as the file itself is
    stored."""

    name: str
    categories: list[CategoryInFile]
    zones: list[ZoneInFile]
    size: Size | None = None


def decode(data: bytes | msgspec.Raw, part: type[Part], where: str) -> Part:
    """JSON as one of the structures above. where: its path in the file. Raises PlanMalformed."""
    try:
        return msgspec.json.decode(data, type=part)
    except msgspec.ValidationError as wrong:
        problem, _, inside = str(wrong).partition(" - at ")
        raise PlanMalformed(problem=problem, where=where + inside.strip("`").removeprefix("$")) from None
    except msgspec.DecodeError:
        raise PlanMalformed(problem="the file is not JSON", where=where) from None
    except RecursionError:
        raise PlanMalformed(problem="the file is nested too deeply", where=where) from None


def read(data: bytes) -> Drawing:
    """Decodes a file, except for its rows and areas. Raises PlanMalformed."""
    text = data.removeprefix(BOM)
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        raise PlanMalformed(problem="the file is not UTF-8", where=f"byte {wrong.start}") from None
    drawing = decode(text, Drawing, "$")
    for n, zone in enumerate(drawing.zones):
        if decode_or(zone.zones, list[msgspec.Raw], []):
            raise PlanMalformed(problem="a zone is inside another one", where=f"$.zones[{n}].zones")
    return drawing


def stage(drawing: Drawing, side: Side, seats: list[Point]) -> Point:
    """The position of the stage, near which the best seats are: the middle of the given side; if none is given, the
    middle of the area that the file calls a stage; if there is none, the middle of the top. seats: positions of all
    seats."""
    drawn = drawn_stage(drawing) if side is Side.AS_DRAWN else None
    if drawn is not None:
        return drawn
    size = size_of(drawing, seats)
    middle = {
        Side.BOTTOM: Point(size.width / 2, size.height),
        Side.LEFT: Point(0.0, size.height / 2),
        Side.RIGHT: Point(size.width, size.height / 2),
    }
    return middle.get(side, Point(size.width / 2, 0.0))


def size_of(drawing: Drawing, seats: list[Point]) -> Size:
    """The size of a drawing; if the file does not say it, as far as its seats reach. seats: positions of all seats."""
    return drawing.size or Size(*(max((getattr(seat, axis) for seat in seats), default=0.0) for axis in ("x", "y")))


def stage_side(side: Side, stage: Point, size: Size) -> Side:
    """The side on which the stage is: the given one; if none is given, the one nearest to the stage's position."""
    if side is not Side.AS_DRAWN:
        return side
    away = {
        Side.TOP: stage.y,
        Side.BOTTOM: size.height - stage.y,
        Side.LEFT: stage.x,
        Side.RIGHT: size.width - stage.x,
    }
    return min(away, key=lambda one: away[one])


def numbers_at(said: object) -> RowNumbers:
    """Where the file draws a row's number. Other values than the format's are ignored, as malformed areas are."""
    known = {"start": RowNumbers.START, "end": RowNumbers.END, "both": RowNumbers.BOTH}
    return known.get(said, RowNumbers.NONE) if isinstance(said, str) else RowNumbers.NONE


def radius_of(seat: SeatInFile) -> float:
    """The radius of a seat; 0 if the file says none that can be drawn."""
    fits = isinstance(seat.radius, int | float) and 0 < seat.radius <= POSITION_MAX
    return float(seat.radius) if fits else 0.0  # type: ignore[arg-type] # a number


def drawn_stage(drawing: Drawing) -> Point | None:
    """The middle of the first area that is called a stage; None if there is none. Malformed areas are ignored, not
    refused: they do not affect seats."""
    for zone in drawing.zones:
        for raw in decode_or(zone.areas, list[msgspec.Raw], []):
            area = decode_or(raw, Area, None)
            if area is not None and STAGE.search(folded(area.text.text)):
                middle = Point(zone.position.x + area.middle.x, zone.position.y + area.middle.y)
                return middle if math.isfinite(middle.x + middle.y) else None
    return None


def decode_or(data: msgspec.Raw, part: type[Part], otherwise: Part) -> Part:
    """JSON as one of the structures above, or otherwise if it is malformed."""
    try:
        return msgspec.json.decode(data, type=part)
    except (msgspec.DecodeError, RecursionError):
        return otherwise
