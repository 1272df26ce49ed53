"""Keys and secrets: files in the data folder that only its owner can read. The first start creates them."""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit.values import write_durably

KEY_BYTES = 32
KEYS_SHOWN_MAX = 10
SUBJECT_BYTES, SALT_BYTES = 16, 16
PRIVATE_DIR = 0o700


class HashedKind(StrEnum):
    """The kinds of personal data that leave identity, or are counted, as a keyed hash only."""

    EMAIL = "email"
    PHONE = "phone"
    MAILBOX = "mailbox"
    NETWORK_ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs access tokens. x: its public half, as in a JWK."""

    key_id: str
    private: Ed25519PrivateKey
    x: str


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All of identity's keys. signing: newest first. To rotate in a new key, the operator adds a file token-<n>.key."""

    signing: tuple[SigningKey, ...]
    contact: bytes
    codes: bytes
    operator_hash: str

    def keyed_hash(self, kind: HashedKind, value: str) -> str:
        """A keyed hash by which a person or a network address is counted. It reveals nothing without the key."""
        return f"{kind}:{hmac.new(self.contact, f'{kind}:{value}'.encode(), hashlib.sha256).hexdigest()}"

    def guest_subject(self, guest_id: str) -> str:
        """The subject of a guest's session.

        The session's id is its secret and is not stored; the subject is public and is derived from it with a key.
        """
        digest = hmac.digest(self.contact, f"guest:{guest_id}".encode(), hashlib.sha256)
        return f"gst_{digest[:SUBJECT_BYTES].hex()}"

    def password_salt(self, email: str) -> bytes:
        """The salt for the passwords of an address's accounts.

        They share it, so that one hash is compared with all of them.
        """
        return hmac.digest(self.contact, f"password:{email}".encode(), hashlib.sha256)[:SALT_BYTES]

    def customer_subject(self, named: Sequence[str]) -> str:
        """The subject of a customer at the counter, derived from the order and the contact."""
        parts = "".join(f"{len(part)}:{part}" for part in named)
        return f"gst_{hmac.digest(self.contact, f'customer:{parts}'.encode(), hashlib.sha256)[:SUBJECT_BYTES].hex()}"

    def code_digits(self, code_id: str, email: str, digits: int) -> str:
        """The digits of an access code."""
        digest = hmac.new(self.codes, f"{code_id}:{email}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest[:16], 'big') % 10**digits:0{digits}d}"


def hashed(secret: str) -> str:
    """A random secret in the form that is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_ring(folder: Path, operator_key: Path, new_secret: Callable[[], str]) -> KeyRing:
    """Reads the keys of a folder and the operator's secret, and creates missing ones."""
    folder.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    if not any(folder.glob("token-*.key")):  # token-1.key may have been rotated out
        read_or_make(folder / "token-1.key", lambda: os.urandom(KEY_BYTES))
    files = sorted(folder.glob("token-*.key"), key=lambda path: int(path.stem.split("-")[1]), reverse=True)
    operator = read_or_make(operator_key, lambda: new_secret().encode() + b"\n")
    return KeyRing(
        signing=tuple(signing_key(path.read_bytes()) for path in files[:KEYS_SHOWN_MAX]),
        contact=read_or_make(folder / "contact.key", lambda: os.urandom(KEY_BYTES)),
        codes=read_or_make(folder / "codes.key", lambda: os.urandom(KEY_BYTES)),
        operator_hash=hashed(operator.decode().strip()),
    )


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a secret file, which is created if it is missing."""
    if not path.exists():
        write_durably(path, make())
    return path.read_bytes()


def signing_key(seed: bytes) -> SigningKey:
    """The key of 32 secret bytes. Its id is a fingerprint of the public half."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(public).decode().rstrip("=")
    return SigningKey(hashlib.sha256(public).hexdigest()[:16], private, x)
