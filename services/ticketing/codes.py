"""A ticket's code: the text of its QR picture, which a gate can verify offline.

version (1 byte) | key id (4) | event (8, of SHA-256 of its id) | ticket (16) | generation (2) | Ed25519 signature (64),
in base45. It holds no time, because a postponed event must not void printed tickets. A ticket's code stays the same
while its generation and the newest key stay the same.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from eventhub.refusals import TicketForged
from services.ticketing import base45
from services.ticketing.tickets import id_of, raw_of

VERSION = 1
BODY = struct.Struct(">BI8s16sH")
SIGNATURE_BYTES = 64
DIGEST_BYTES = 8
CODE_DIGITS = 143


@dataclass(frozen=True, slots=True)
class Keyring:
    """The platform's ticket keys by id. newest: the id of the key that signs. All keys verify."""

    newest: int
    private: Mapping[int, Ed25519PrivateKey]
    public: Mapping[int, Ed25519PublicKey]


@dataclass(frozen=True, slots=True)
class Code:
    """The content of a genuine code."""

    event_digest: bytes
    ticket_id: str
    generation: int

    def is_for(self, event_id: str) -> bool:
        """True if the code's ticket was issued for this event."""
        return self.event_digest == digest_of(event_id)


def digest_of(event_id: str) -> bytes:
    """The digest that names an event in a code, 8 bytes."""
    return hashlib.sha256(event_id.encode()).digest()[:DIGEST_BYTES]


def sign(keyring: Keyring, *, event_id: str, ticket_id: str, generation: int) -> str:
    """Makes a ticket's code with the newest key."""
    body = BODY.pack(VERSION, keyring.newest, digest_of(event_id), raw_of(ticket_id), generation)
    return base45.encode(body + keyring.private[keyring.newest].sign(body))


def read(keyring: Keyring, text: str) -> Code:
    """Reads a code. Raises TicketForged unless the text is exactly a code that one of the platform's keys signed."""
    if len(text) != CODE_DIGITS:
        raise TicketForged
    try:
        data = base45.decode(text)
    except ValueError:
        raise TicketForged from None
    body, signature = data[: BODY.size], data[BODY.size :]
    if len(signature) != SIGNATURE_BYTES:
        raise TicketForged
    version, key_id, event_digest, ticket, generation = BODY.unpack(body)
    key = keyring.public.get(key_id)
    if version != VERSION or key is None:
        raise TicketForged
    try:
        key.verify(signature, body)
    except InvalidSignature:
        raise TicketForged from None
    return Code(event_digest, id_of(ticket), generation)
