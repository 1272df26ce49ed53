"""Draws pictures of a ticket's code, each in about 0.2 ms."""

import re
import struct
import zlib
from collections.abc import Callable

import zxingcpp

from eventhub.ticketing.v1.ticketing_pb2 import (
    TICKET_FORMAT_PNG,
    TICKET_FORMAT_SVG,
    TICKET_FORMAT_TERMINAL,
    TicketFormat,
)

BORDER = 4
# Pixels of a module's side. In a picture of one bit a pixel, a module is then one byte of each of its lines.
SCALE = 8
# The mask, one of eight patterns, is laid over a symbol to mix dark and light. The standard tries all eight, which
# takes half of the time. A signature is mixed already, like random bits, so one fixed mask serves.
MASK = 0
DARK, LIGHT = b"\0", b"\xff"
RUN = re.compile(DARK + b"+")
# The fastest takes 0.03 ms and makes 900 bytes. The usual one takes eight times as long and makes 650.
PNG_COMPRESSION = 1
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# PNG's names for an image's properties and for the ways to write a line.
BITS, GREY, PLAIN_LINE, SAME_AS_ABOVE = 1, 0, b"\0", b"\2"
# The light modules are drawn. On a dark terminal the picture is then dark on light, as scanners need it.
BLOCKS = {b"\0\0": " ", b"\xff\0": "▀", b"\0\xff": "▄", b"\xff\xff": "█"}


def symbol(code: str) -> list[bytes]:
    """Makes the QR symbol of a code, whose letters all belong to the compact alphanumeric mode, with a quiet zone of
    four modules on each side. Returns its rows, a byte for each module: DARK or LIGHT."""
    # The library ignores options that it does not know. The tests read mask and level back from a symbol.
    barcode = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="M", data_mask=MASK)
    image = zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False)
    height, width = image.shape
    data, side = bytes(memoryview(image)), LIGHT * BORDER  # type: ignore[arg-type]  # the stub leaves the buffer out
    rows = [side + data[at : at + width] + side for at in range(0, height * width, width)]
    quiet = [LIGHT * len(rows[0])] * BORDER
    return [*quiet, *rows, *quiet]


def draw(code: str, form: TicketFormat.ValueType) -> bytes:
    """Draws a code's picture, dark on light."""
    return FORMS[form](symbol(code))


def png(rows: list[bytes]) -> bytes:
    """Draws rows of modules as a PNG of one bit a pixel. Black is 0 and white is 1, as in DARK and LIGHT."""
    size = len(rows) * SCALE
    repeats = (SAME_AS_ABOVE + bytes(len(rows[0]))) * (SCALE - 1)
    lines = b"".join(PLAIN_LINE + row + repeats for row in rows)
    head = struct.pack(">IIBBBBB", size, size, BITS, GREY, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(lines, PNG_COMPRESSION)), chunk(b"IEND", b"")
    return PNG_SIGNATURE + b"".join(parts)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def svg(rows: list[bytes]) -> bytes:
    """Draws rows of modules as an SVG. Each run of dark modules is a stroke as thick as a module."""
    size = len(rows) * SCALE
    strokes = [
        f"M{run.start()} {y}.5h{run.end() - run.start()}" for y, row in enumerate(rows) for run in RUN.finditer(row)
    ]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>'
        f'<path transform="scale({SCALE})" stroke="#000" d="{"".join(strokes)}"/></svg>\n'
    ).encode()


def blocks(rows: list[bytes]) -> bytes:
    """Draws rows of modules with half blocks: each character shows two modules, one above the other."""
    if len(rows) % 2:
        # The lower half of the last row of characters lies outside the symbol: leave it as dark as the terminal.
        rows = [*rows, DARK * len(rows[0])]
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        lines.append("".join(BLOCKS[bytes(pair)] for pair in zip(upper, lower, strict=True)))
    return ("\n".join(lines) + "\n").encode()


FORMS: dict[TicketFormat.ValueType, Callable[[list[bytes]], bytes]] = {
    TICKET_FORMAT_PNG: png,
    TICKET_FORMAT_SVG: svg,
    TICKET_FORMAT_TERMINAL: blocks,
}
