"""Every picture shows the same symbol: read back module by module."""

import struct
import xml.etree.ElementTree as ET
import zlib

import pytest

from eventhub.ticketing.v1.ticketing_pb2 import (
    TICKET_FORMAT_PNG,
    TICKET_FORMAT_SVG,
    TICKET_FORMAT_TERMINAL,
    TICKET_FORMAT_UNSPECIFIED,
)
from services.ticketing import pictures
from services.ticketing.pictures import BORDER, SCALE, draw, symbol
from tests.ticketing.test_codes import CODE

# A PNG line that says how it differs from the one above.
UP = 2
SIDE = 41 + 2 * BORDER


def modules() -> list[list[bool]]:
    """The symbol with its quiet zone; True is dark."""
    return [[bool(module) for module in row] for row in symbol(CODE).matrix_iter(border=BORDER)]


def test_a_code_fits_a_small_symbol() -> None:
    assert (symbol(CODE).designator, symbol(CODE).mode) == ("6-M", "alphanumeric")


def test_the_png_shows_the_symbol() -> None:
    png = draw(CODE, TICKET_FORMAT_PNG)

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        chunks[png[at + 4 : at + 8]] = png[at + 8 : at + 8 + size]
        at += size + 12
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (width, height, depth) == (SIDE * SCALE, SIDE * SCALE, 1)
    assert colour == 0, "black is 0 and white is 1"
    lines, above = [], bytes((width + 7) // 8)
    data = zlib.decompress(chunks[b"IDAT"])
    for start in range(0, len(data), 1 + len(above)):
        line = data[start + 1 : start + 1 + len(above)]
        if data[start] == UP:
            line = bytes((here + over) % 256 for here, over in zip(line, above, strict=True))
        lines.append(line)
        above = line
    middles = range(SCALE // 2, width, SCALE)
    assert modules() == [[not lines[y][x // 8] >> (7 - x % 8) & 1 for x in middles] for y in middles]


def test_the_terminal_shows_the_symbol_with_light_drawn() -> None:
    text = draw(CODE, TICKET_FORMAT_TERMINAL).decode()

    rows = []
    for line in text.splitlines():
        rows.append([letter in " ▄" for letter in line])
        rows.append([letter in " ▀" for letter in line])
    assert rows[:SIDE] == modules()
    assert all(rows[SIDE]), "half a row is left, as dark as the terminal"
    assert text.splitlines()[0] == "█" * SIDE


def test_the_svg_is_dark_on_light() -> None:
    svg = ET.fromstring(draw(CODE, TICKET_FORMAT_SVG))  # noqa: S314 - our own drawing

    assert svg.attrib["width"] == svg.attrib["height"] == str(SIDE * SCALE)
    light, dark = [child for child in svg.iter() if child.tag.endswith("path")]
    assert light.attrib["fill"] == "#fff"
    assert dark.attrib["stroke"] == "#000"


def test_there_is_no_other_format() -> None:
    with pytest.raises(KeyError):
        pictures.draw(CODE, TICKET_FORMAT_UNSPECIFIED)
