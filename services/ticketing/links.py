"""The token of an online link: ticket (16 bytes) | generation (2) | HMAC-SHA256 tag (16), in base64url.

A ticket's token is always the same. Without the key, it is impossible to make the token of another ticket.
"""

import base64
import hashlib
import hmac
import re
import struct

from eventhub.refusals import LinkInvalid
from services.ticketing.tickets import id_of, raw_of

BODY = struct.Struct(">16sH")
TAG_BYTES = 16
SHAPE = re.compile(r"[A-Za-z0-9_-]{46}")


def tag(key: bytes, body: bytes) -> bytes:
    """The tag that proves a token to be the platform's."""
    return hmac.digest(key, b"eventhub join " + body, hashlib.sha256)[:TAG_BYTES]


def make(key: bytes, *, ticket_id: str, generation: int) -> str:
    """Makes a ticket's token, 46 characters."""
    body = BODY.pack(raw_of(ticket_id), generation)
    return base64.urlsafe_b64encode(body + tag(key, body)).decode().rstrip("=")


def has_shape(token: str) -> bool:
    """True if a text has the length and the letters of a token; it may still be invalid."""
    return SHAPE.fullmatch(token) is not None


def read(key: bytes, token: str) -> tuple[str, int]:
    """Reads the ticket's id and generation. Raises LinkInvalid unless make() returns exactly this text."""
    if not has_shape(token):
        raise LinkInvalid
    data = base64.urlsafe_b64decode(token + "==")
    ticket, generation = BODY.unpack(data[: BODY.size])
    ours = make(key, ticket_id=id_of(ticket), generation=generation)
    # Compare the whole text, not only the tag: base64 ignores some bits of the last letter.
    if not hmac.compare_digest(ours, token):
        raise LinkInvalid
    return id_of(ticket), generation
