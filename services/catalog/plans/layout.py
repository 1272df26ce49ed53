"""The layout of a plan, from which clients draw a seat map: made at the plan's import and kept beside it."""

import hashlib
import zlib
from collections.abc import Iterator
from itertools import groupby
from typing import TypeVar

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.refusals import PlanTooLarge
from services.catalog.plans.drawing import Point
from services.catalog.plans.plan import Plan, Seat
from services.catalog.plans.shapes import Shape

T = TypeVar("T")

# Tells zlib to write the header of a gzip file. It has no time in it, so equal plans have equal layouts.
GZIP = 16 + zlib.MAX_WBITS
LEVEL = 9
HASH_LENGTH = 32
TENTHS = 10
# Of an encoded layout: each client that draws the plan keeps it in memory. 200,000 seats with names of 40 letters fit.
BYTES_MAX = 16 * 1024 * 1024


def compressed(plan_id: str, plan: Plan) -> bytes:
    """The SeatMap of a plan, compressed by gzip. Rows are encoded one by one, because encoding all of them at once
    would hold the interpreter lock: the encodings of a message's parts, one after the other, are its encoding. Raises
    PlanTooLarge."""
    gzip, parts, size = zlib.compressobj(LEVEL, wbits=GZIP), list[bytes](), 0
    for part in encoded(plan_id, plan):
        size += len(part)
        if size > BYTES_MAX:
            raise PlanTooLarge(limit=f"{BYTES_MAX} bytes of names and positions")
        parts.append(gzip.compress(part))
    return b"".join(parts) + gzip.flush()


def hash_of(layout: bytes) -> str:
    """A hash that tells layouts apart."""
    return hashlib.sha256(layout).hexdigest()[:HASH_LENGTH]


def encoded(plan_id: str, plan: Plan) -> Iterator[bytes]:
    """Yields the encoded SeatMap of a plan in parts: first all but the rows, then each row."""
    zones = indices([seat.zone for seat in plan.seats])
    categories = indices([category.name for category in plan.categories])
    shown = [
        nouns.SeatCategory(name=category.name, color=category.color, seat_count=category.seat_count)
        for category in plan.categories
    ]
    yield nouns.SeatMap(
        plan_id=plan_id,
        categories=shown,
        zones=list(zones),
        width=tenths(plan.size.width),
        height=tenths(plan.size.height),
        stage=nouns.StageSide.ValueType(plan.stage),
    ).SerializeToString()
    for shape in plan.shapes:
        yield nouns.SeatMap(shapes=[shape_pb(shape)]).SerializeToString()
    placed = zip(plan.seats, plan.points, plan.radii, strict=True)
    for row_index, row in groupby(placed, key=lambda seat: seat[0].row_index):
        shown_row = row_pb(list(row), zones, categories)
        shown_row.label = plan.rows[row_index].label
        shown_row.numbers_at = nouns.RowNumbers.ValueType(plan.rows[row_index].numbers_at)
        yield nouns.SeatMap(rows=[shown_row]).SerializeToString()


def row_pb(placed: list[tuple[Seat, Point, float]], zones: dict[str, int], categories: dict[str, int]) -> nouns.SeatRow:
    """The seats of a row of a layout. placed: each seat, its position and its radius. zones, categories: the index of
    each by name."""
    seats, points, radii = zip(*placed, strict=True)
    return nouns.SeatRow(
        zone=zones[seats[0].zone],
        name=seats[0].row_name,
        seat_ids=[seat.seat_id for seat in seats],
        numbers=[seat.number for seat in seats],
        categories=[categories[seat.category] for seat in seats],
        xs=steps([point.x for point in points]),
        ys=steps([point.y for point in points]),
        labels=[seat.label for seat in seats] if any(seat.label for seat in seats) else [],
        radii=[tenths(radius) for radius in radii] if any(radii) else [],
        accessible=[seat.accessible for seat in seats] if any(seat.accessible for seat in seats) else [],
        companions_of=[seat.companion_of for seat in seats] if any(seat.companion_of for seat in seats) else [],
    )


def shape_pb(shape: Shape) -> nouns.Shape:
    """A shape of a layout."""
    words, corners = shape.text, shape.polygon.points if shape.polygon else []
    at = words.position if words and words.position else Point(0, 0)
    return nouns.Shape(
        area_id=shape.uuid or "",
        x=tenths(shape.position.x),
        y=tenths(shape.position.y),
        rotation=shape.rotation or 0.0,
        color=shape.color or "",
        border_color=shape.border_color or "",
        circle=nouns.Circle(radius=tenths(shape.circle.radius)) if shape.circle else None,
        ellipse=nouns.Ellipse(radius_x=tenths(shape.ellipse.radius.x), radius_y=tenths(shape.ellipse.radius.y))
        if shape.ellipse
        else None,
        rectangle=nouns.Rectangle(width=tenths(shape.rectangle.width), height=tenths(shape.rectangle.height))
        if shape.rectangle
        else None,
        polygon=nouns.Polygon(xs=[tenths(one.x) for one in corners], ys=[tenths(one.y) for one in corners])
        if corners
        else None,
        text=nouns.ShapeText(
            text=words.text or "",
            x=tenths(at.x),
            y=tenths(at.y),
            size=tenths(words.size or 0.0),
            color=words.color or "",
        )
        if words and words.text
        else None,
    )


def indices(names: list[T]) -> dict[T, int]:
    """The index of each name among the different ones."""
    return {name: n for n, name in enumerate(dict.fromkeys(names))}


def steps(positions: list[float]) -> list[int]:
    """The first position and the differences to the next ones, in tenths."""
    rounded = [tenths(position) for position in positions]
    return [after - before for before, after in zip([0, *rounded], rounded, strict=False)]


def tenths(length: float) -> int:
    """A length in tenths of the drawing's units."""
    return round(length * TENTHS)
