"""Draws pictures of a ticket's code. A picture takes some milliseconds: draw it in a thread, not on the event loop."""

import io

import segno

from eventhub.ticketing.v1.ticketing_pb2 import (
    TICKET_FORMAT_PNG,
    TICKET_FORMAT_SVG,
    TICKET_FORMAT_TERMINAL,
    TicketFormat,
)

BORDER = 4
SCALE = 8
# The mask, one of eight patterns, is laid over a symbol to mix dark and light. The standard tries all eight, which
# takes four fifths of the time. A signature is mixed already, like random bits, so one fixed mask serves.
MASK = 0
PNG_COMPRESSION = 6
FILE_KINDS = {TICKET_FORMAT_PNG: "png", TICKET_FORMAT_SVG: "svg"}
# The light modules are drawn. On a dark terminal the picture is then dark on light, as scanners need it.
BLOCKS = {(1, 1): " ", (0, 1): "▀", (1, 0): "▄", (0, 0): "█"}


def symbol(code: str) -> segno.QRCode:
    """Makes the QR symbol of a code in the compact alphanumeric mode."""
    return segno.make_qr(code, error="m", mode="alphanumeric", boost_error=False, mask=MASK)


def draw(code: str, form: TicketFormat.ValueType) -> bytes:
    """Draws a code's picture, dark on light, with a quiet zone of four modules on each side."""
    if form == TICKET_FORMAT_TERMINAL:
        return blocks(code).encode()
    out = io.BytesIO()
    kind = FILE_KINDS[form]
    options = {"compresslevel": PNG_COMPRESSION} if kind == "png" else {}
    symbol(code).save(out, kind=kind, scale=SCALE, border=BORDER, dark="#000", light="#fff", **options)
    return out.getvalue()


def blocks(code: str) -> str:
    """Draws a picture with half blocks: each character shows two modules, one above the other."""
    rows = [tuple(row) for row in symbol(code).matrix_iter(border=BORDER)]
    if len(rows) % 2:
        # The lower half of the last row of characters lies outside the symbol: leave it as dark as the terminal.
        rows.append((1,) * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        lines.append("".join(BLOCKS[pair] for pair in zip(upper, lower, strict=True)))
    return "\n".join(lines) + "\n"
