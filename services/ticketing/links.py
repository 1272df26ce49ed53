"""The token of an online link: ticket (16 bytes) | generation (2) | HMAC-SHA256 tag (16), in base64url.

It is always the same for a ticket, and nobody without the key can make another's.
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
    """What proves that a token is ours."""
    return hmac.digest(key, b"eventhub join " + body, hashlib.sha256)[:TAG_BYTES]


def make(key: bytes, *, ticket_id: str, generation: int) -> str:
    """A ticket's token."""
    body = BODY.pack(raw_of(ticket_id), generation)
    return base64.urlsafe_b64encode(body + tag(key, body)).decode().rstrip("=")


def has_shape(token: str) -> bool:
    """Whether a text could be a token at all."""
    return SHAPE.fullmatch(token) is not None


def read(key: bytes, token: str) -> tuple[str, int]:
    """The ticket's id and generation in a token. Raises LinkInvalid unless it is one of ours, to the letter."""
    if not has_shape(token):
        raise LinkInvalid
    data = base64.urlsafe_b64decode(token + "==")
    ticket, generation = BODY.unpack(data[: BODY.size])
    ours = make(key, ticket_id=id_of(ticket), generation=generation)
    # The whole text is compared, not only the tag: the last letter has bits that base64 leaves unread.
    if not hmac.compare_digest(ours, token):
        raise LinkInvalid
    return id_of(ticket), generation
