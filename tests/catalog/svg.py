"""Draws a seat map as a client does: from the answer of GetSeatMap alone."""

from itertools import accumulate
from xml.etree.ElementTree import Element, SubElement, tostring

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.inventory.v1.inventory_pb2 import Accessibility

SEAT_RADIUS = 40
LETTERS_SIZE = 50
NUMBERS_AWAY = 2.5


def svg(seat_map: nouns.SeatMap) -> str:
    """The picture of a plan."""
    picture = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {seat_map.width} {seat_map.height}")
    for shape in seat_map.shapes:
        draw_shape(picture, shape)
    for row in seat_map.rows:
        draw_row(picture, row, seat_map)
    return tostring(picture, encoding="unicode")


def draw_shape(picture: Element, shape: nouns.Shape) -> None:
    turned = f"translate({shape.x} {shape.y}) rotate({shape.rotation:g})"
    group = SubElement(
        picture,
        "g",
        id=shape.area_id,
        transform=turned,
        fill=shape.color or "none",
        stroke=shape.border_color or "none",
    )
    match shape.WhichOneof("form"):
        case "circle":
            SubElement(group, "circle", r=str(shape.circle.radius))
        case "ellipse":
            SubElement(group, "ellipse", rx=str(shape.ellipse.radius_x), ry=str(shape.ellipse.radius_y))
        case "rectangle":
            SubElement(group, "rect", width=str(shape.rectangle.width), height=str(shape.rectangle.height))
        case "polygon":
            corners = zip(shape.polygon.xs, shape.polygon.ys, strict=True)
            SubElement(group, "polygon", points=" ".join(f"{x},{y}" for x, y in corners))
    if shape.HasField("text"):
        draw_text(group, shape.text.text, shape.text.x, shape.text.y, size=shape.text.size, color=shape.text.color)


def draw_text(group: Element, text: str, x: float, y: float, *, size: int = 0, color: str = "") -> None:
    look = {"text-anchor": "middle", "dominant-baseline": "central", "stroke": "none", "fill": color or "black"}
    SubElement(
        group, "text", {"x": f"{x:g}", "y": f"{y:g}", "font-size": str(size or LETTERS_SIZE), **look}
    ).text = text


def draw_row(picture: Element, row: nouns.SeatRow, seat_map: nouns.SeatMap) -> None:
    group = SubElement(picture, "g")
    points = list(zip(accumulate(row.xs), accumulate(row.ys), strict=True))
    radii = list(row.radii) or [SEAT_RADIUS] * len(points)
    marks = list(row.accessible) or [Accessibility.ACCESSIBILITY_UNSPECIFIED] * len(points)
    companions = list(row.companions_of) or [""] * len(points)
    for n, (x, y) in enumerate(points):
        color = seat_map.categories[row.categories[n]].color or "gray"
        seat = SubElement(group, "circle", id=row.seat_ids[n], cx=str(x), cy=str(y), r=str(radii[n]), fill=color)
        SubElement(seat, "title").text = row.labels[n] if row.labels else f"{seat_map.zones[row.zone]} {row.name}"
        mark = Accessibility.Name(marks[n]).removeprefix("ACCESSIBILITY_")[0] if marks[n] else ""
        draw_text(group, mark or ("+" if companions[n] else row.numbers[n]), x, y, size=radii[n], color="white")
    (left, top), (right, bottom) = points[0], points[-1]
    away = NUMBERS_AWAY * max(radii)
    if row.numbers_at in (nouns.ROW_NUMBERS_START, nouns.ROW_NUMBERS_BOTH):
        draw_text(group, row.label or row.name, left - away, top)
    if row.numbers_at in (nouns.ROW_NUMBERS_END, nouns.ROW_NUMBERS_BOTH):
        draw_text(group, row.label or row.name, right + away, bottom)
