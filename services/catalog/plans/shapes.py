"""Shapes of a drawing that are no seats: the stage, a bar, an area for standing. Pure.

They affect no seat. So a malformed shape is left out, and does not make the plan malformed.
"""

import re
from collections.abc import Iterator

import msgspec

from eventhub.common.v1.options_pb2 import TEXT_NAME
from eventhub.refusals import PlanTooLarge
from services.catalog.plans.categories import painted
from services.catalog.plans.drawing import POSITION_MAX, Drawing, Point, Polygon, Rectangle, decode_or
from services.kit.language import texts

SHAPES_MAX = 10_000
CORNERS_MAX = 10_000
TEXT_MAX = 120
# The ids that an event's area may take.
AREA_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Circle(msgspec.Struct):
    """The form of a circle."""

    radius: float


class Ellipse(msgspec.Struct):
    """The form of an ellipse: half of its width and of its height."""

    radius: Point


class Words(msgspec.Struct):
    """The text on a shape. position: of its middle, relative to the shape's."""

    text: str | None = None
    position: Point | None = None
    size: float | None = None
    color: str | None = None


class Shape(msgspec.Struct):
    """A shape. uuid: empty if it is no id that an event's area may take. position: in the file relative to its zone,
    afterwards on the drawing. The corners of a polygon are relative to the position."""

    position: Point
    uuid: str | None = None
    rotation: float | None = None
    color: str | None = None
    border_color: str | None = None
    circle: Circle | None = None
    ellipse: Ellipse | None = None
    rectangle: Rectangle | None = None
    polygon: Polygon | None = None
    text: Words | None = None


def read(drawing: Drawing) -> list[Shape]:
    """All shapes of a drawing, each on its position. Raises PlanTooLarge."""
    shapes: list[Shape] = []
    for zone in drawing.zones:
        for raw in decode_or(zone.areas, list[msgspec.Raw], []):
            shape = decode_or(raw, Shape | None, None)  # type: ignore[arg-type] # a union is a type for msgspec
            if shape is None or not fits(shape):
                continue
            at = Point(zone.position.x + shape.position.x, zone.position.y + shape.position.y)
            shapes.append(cleaned(shape, at))
            if len(shapes) > SHAPES_MAX:
                raise PlanTooLarge(limit=f"{SHAPES_MAX} shapes")
    return [shape for shape in shapes if drawn(shape)]


def fits(shape: Shape) -> bool:
    """Whether all lengths and positions of a shape can be drawn."""
    corners = shape.polygon.points if shape.polygon else []
    return len(corners) <= CORNERS_MAX and all(abs(length) <= POSITION_MAX for length in lengths(shape))


def lengths(shape: Shape) -> Iterator[float]:
    """Yields all lengths and positions of a shape."""
    words = shape.text or Words()
    points = [shape.position, *(shape.polygon.points if shape.polygon else [])]
    points += [point for point in (words.position, shape.ellipse and shape.ellipse.radius) if point]
    for point in points:
        yield from (point.x, point.y)
    yield from (shape.rotation or 0.0, words.size or 0.0, shape.circle.radius if shape.circle else 0.0)
    if shape.rectangle:
        yield from (shape.rectangle.width, shape.rectangle.height)


def cleaned(shape: Shape, at: Point) -> Shape:
    """A shape at a position of the drawing, without colours, words and an id that clients could not use."""
    words = shape.text or Words()
    return msgspec.structs.replace(
        shape,
        position=at,
        uuid=shape.uuid if AREA_ID.fullmatch(shape.uuid or "") else "",
        color=painted(shape.color),
        border_color=painted(shape.border_color),
        text=msgspec.structs.replace(words, text=said(words.text or ""), color=painted(words.color)),
    )


def said(text: str) -> str:
    """The words on a shape in one line; empty if people cannot be shown them."""
    line = " ".join(text.split())
    try:
        line.encode()
    except UnicodeEncodeError:
        return ""
    return line if len(line) <= TEXT_MAX and texts.problem(line, TEXT_NAME) is None else ""


def drawn(shape: Shape) -> bool:
    """Whether there is anything to see of a shape."""
    corners = shape.polygon.points if shape.polygon else []
    return bool(shape.circle or shape.ellipse or shape.rectangle or corners or (shape.text and shape.text.text))
