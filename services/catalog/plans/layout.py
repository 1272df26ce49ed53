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

T = TypeVar("T")

# Tells zlib to write the header of a gzip file. It has no time in it, so equal plans have equal layouts.
GZIP = 16 + zlib.MAX_WBITS
LEVEL = 9
HASH_LENGTH = 32
TENTHS = 10
# Of an encoded layout: each client that draws the plan keeps it in memory. 200,000 seats with names of 40 letters fit.
BYTES_MAX = 16 * 1024 * 1024


def compressed(plan_id: str, plan: Plan) -> bytes:
    """The SeatLayout of a plan, compressed by gzip. Rows are encoded one by one, because encoding all of them at once
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
    """Yields the encoded SeatLayout of a plan in parts: first all but the rows, then each row."""
    zones = indices([seat.zone for seat in plan.seats])
    categories = indices([category.name for category in plan.categories])
    shown = [
        nouns.SeatCategory(name=category.name, color=category.color, seat_count=category.seat_count)
        for category in plan.categories
    ]
    yield nouns.SeatLayout(plan_id=plan_id, categories=shown, zones=list(zones)).SerializeToString()
    placed = zip(plan.seats, plan.points, strict=True)
    for _, row in groupby(placed, key=lambda pair: pair[0].row_index):
        seats, points = zip(*row, strict=True)
        yield nouns.SeatLayout(rows=[row_pb(seats, points, zones, categories)]).SerializeToString()


def row_pb(
    seats: tuple[Seat, ...], points: tuple[Point, ...], zones: dict[str, int], categories: dict[str, int]
) -> nouns.SeatRow:
    """A row of a layout. zones, categories: the index of each by name."""
    return nouns.SeatRow(
        zone=zones[seats[0].zone],
        name=seats[0].row_name,
        seat_ids=[seat.seat_id for seat in seats],
        numbers=[seat.number for seat in seats],
        categories=[categories[seat.category] for seat in seats],
        xs=steps([point.x for point in points]),
        ys=steps([point.y for point in points]),
        labels=[seat.label for seat in seats] if any(seat.label for seat in seats) else [],
    )


def indices(names: list[T]) -> dict[T, int]:
    """The index of each name among the different ones."""
    return {name: n for n, name in enumerate(dict.fromkeys(names))}


def steps(positions: list[float]) -> list[int]:
    """The first position and the differences to the next ones, in tenths."""
    tenths = [round(position * TENTHS) for position in positions]
    return [after - before for before, after in zip([0, *tenths], tenths, strict=False)]
