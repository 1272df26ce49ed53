"""Every picture shows the same symbol: read back module by module, and by a reader that shares no code with the
library that makes the symbol."""

import re
import struct
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import pytest
import qrfast
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from eventhub.ticketing.v1.ticketing_pb2 import (
    TICKET_FORMAT_PNG,
    TICKET_FORMAT_SVG,
    TICKET_FORMAT_TERMINAL,
    TICKET_FORMAT_UNSPECIFIED,
)
from services.ticketing import base45, pictures
from services.ticketing.pictures import BORDER, MASK, SCALE, draw, symbol
from tests.ticketing.test_codes import CODE

# A PNG line that says how it differs from the one above.
UP = 2
SIDE = 41 + 2 * BORDER


STROKE = re.compile(r"M(\d+) (\d+)\.5h(\d+)")


def modules(code: str = CODE) -> list[list[bool]]:
    """The symbol with its quiet zone; True is dark."""
    return [[module == 0 for module in row] for row in symbol(code)]


def read(drawn: list[list[bool]]) -> str:
    """The text that a scanner reads from modules. True is dark."""
    grey = bytes(0 if dark else 255 for row in drawn for dark in row for _ in range(SCALE))
    wide = SCALE * len(drawn)
    image = b"".join(grey[at : at + wide] * SCALE for at in range(0, len(grey), wide))
    text = qrfast.decode_qr_bytes(image, wide, wide, try_harder=True)
    assert text is not None
    return text


def test_a_code_fits_a_small_symbol() -> None:
    """The library ignores options that it does not know, so the symbol itself must say that it was made with them."""
    image = memoryview(b"".join(symbol(CODE))).cast("B", (SIDE, SIDE))
    (found,) = zxingcpp.read_barcodes(image)
    made = found.extra
    assert isinstance(made, dict)

    assert (found.format, found.text) == (zxingcpp.BarcodeFormat.QRCode, CODE)
    assert (made["Version"], made["ECLevel"], made["DataMask"]) == ("6", "M", MASK)
    assert set(b"".join(symbol(CODE))) == {0, 255}


def test_a_code_is_written_in_the_alphanumeric_mode() -> None:
    """In the mode for bytes a code would need version 8."""
    in_bytes = len(symbol(CODE.lower()))

    assert (len(symbol(CODE)), in_bytes) == (SIDE, 49 + 2 * BORDER)


@given(st.binary(min_size=64, max_size=64))
def test_another_reader_reads_every_code(signature: bytes) -> None:
    code = base45.encode(bytes(31) + signature)

    assert read(modules(code)) == code


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
    pixels = [[not line[x // 8] >> (7 - x % 8) & 1 for x in range(width)] for line in lines]
    assert pixels == [[module for module in row for _ in range(SCALE)] for row in modules() for _ in range(SCALE)]
    assert read([[pixels[y][x] for x in middles] for y in middles]) == CODE


def test_a_png_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ticket.png"
    path.write_bytes(draw(CODE, TICKET_FORMAT_PNG))

    assert qrfast.decode_qr(str(path), try_harder=True) == CODE


def test_the_terminal_shows_the_symbol_with_light_drawn() -> None:
    text = draw(CODE, TICKET_FORMAT_TERMINAL).decode()

    rows = []
    for line in text.splitlines():
        rows.append([letter in " ▄" for letter in line])
        rows.append([letter in " ▀" for letter in line])
    assert rows[:SIDE] == modules()
    assert all(rows[SIDE]), "half a row is left, as dark as the terminal"
    assert text.splitlines()[0] == "█" * SIDE
    assert read(rows[:SIDE]) == CODE


def test_the_svg_is_dark_on_light() -> None:
    svg = ET.fromstring(draw(CODE, TICKET_FORMAT_SVG))  # noqa: S314 - our own drawing

    assert svg.attrib["width"] == svg.attrib["height"] == str(SIDE * SCALE)
    light, dark = [child for child in svg.iter() if child.tag.endswith("path")]
    assert light.attrib["fill"] == "#fff"
    assert dark.attrib["stroke"] == "#000"
    assert (light.attrib["d"], dark.attrib["transform"]) == ("M0 0h392v392h-392z", f"scale({SCALE})")


def test_the_svg_shows_the_symbol() -> None:
    svg = ET.fromstring(draw(CODE, TICKET_FORMAT_SVG))  # noqa: S314 - our own drawing
    _, dark = list(svg)
    drawn = [[False] * SIDE for _ in range(SIDE)]
    for x, y, length in STROKE.findall(dark.attrib["d"]):
        drawn[int(y)][int(x) : int(x) + int(length)] = [True] * int(length)

    assert STROKE.sub("", dark.attrib["d"]) == ""
    assert drawn == modules()
    assert read(drawn) == CODE


def test_there_is_no_other_format() -> None:
    with pytest.raises(KeyError):
        pictures.draw(CODE, TICKET_FORMAT_UNSPECIFIED)
