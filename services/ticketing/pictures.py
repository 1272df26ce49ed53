"""Pictures of a ticket's code. Making one takes some milliseconds: never on the event loop."""

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
# Which of eight patterns is laid over a symbol. The standard tries all and takes the most evenly mixed; a signature is
# as good as random and mixed by itself; trying costs four fifths of the time.
MASK = 0
PACKED = 6
KINDS = {TICKET_FORMAT_PNG: "png", TICKET_FORMAT_SVG: "svg"}
# Light modules are the drawn ones: on a dark terminal the picture is then dark on light, as scanners want it.
BLOCKS = {(1, 1): " ", (0, 1): "▀", (1, 0): "▄", (0, 0): "█"}


def symbol(code: str) -> segno.QRCode:
    """The QR symbol of a code, one for the whole of it, in the compact alphanumeric mode."""
    return segno.make_qr(code, error="m", mode="alphanumeric", boost_error=False, mask=MASK)


def draw(code: str, form: TicketFormat.ValueType) -> bytes:
    """A code's picture, dark on light with a quiet zone of four modules all around."""
    if form == TICKET_FORMAT_TERMINAL:
        return blocks(code).encode()
    out = io.BytesIO()
    kind = KINDS[form]
    packed = {"compresslevel": PACKED} if kind == "png" else {}
    symbol(code).save(out, kind=kind, scale=SCALE, border=BORDER, dark="#000", light="#fff", **packed)
    return out.getvalue()


def blocks(code: str) -> str:
    """A picture of half blocks: a character shows two modules, one above the other."""
    rows = [tuple(row) for row in symbol(code).matrix_iter(border=BORDER)]
    if len(rows) % 2:
        # The last character row is half outside: as dark as the terminal itself.
        rows.append((1,) * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        lines.append("".join(BLOCKS[pair] for pair in zip(upper, lower, strict=True)))
    return "\n".join(lines) + "\n"
