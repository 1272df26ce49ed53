"""A ticket's code: what the QR picture says and a gate verifies without asking anybody.

version (1 byte) | key id (4) | event (8, of SHA-256 of its id) | ticket (16) | generation (2) | Ed25519 signature (64),
in base45. It holds no time: a postponed event must not void printed tickets. The same ticket has the same code always.
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
    """The platform's ticket keys by id. newest: the id of the one that signs; all of them verify."""

    newest: int
    private: Mapping[int, Ed25519PrivateKey]
    public: Mapping[int, Ed25519PublicKey]


@dataclass(frozen=True, slots=True)
class Code:
    """What a genuine code says."""

    event_digest: bytes
    ticket_id: str
    generation: int

    def is_for(self, event_id: str) -> bool:
        """Whether it is a ticket of this event."""
        return self.event_digest == digest_of(event_id)


def digest_of(event_id: str) -> bytes:
    """What a code says of its event."""
    return hashlib.sha256(event_id.encode()).digest()[:DIGEST_BYTES]


def sign(keyring: Keyring, *, event_id: str, ticket_id: str, generation: int) -> str:
    """A ticket's code."""
    body = BODY.pack(VERSION, keyring.newest, digest_of(event_id), raw_of(ticket_id), generation)
    return base45.encode(body + keyring.private[keyring.newest].sign(body))


def read(keyring: Keyring, text: str) -> Code:
    """What a code says. Raises TicketForged unless it is, to the letter, one that a key of ours has signed."""
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
