"""Fingerprints of messages of the contract."""

import hashlib

from google.protobuf.message import Message


def keyed_hash(key: str, value: str) -> str:
    """Hashes a short value under a key: 32 hexadecimal digits, the same in every context. Equal values under different
    keys have different hashes. It does not keep a guessable value secret from a reader of both key and hash."""
    return hashlib.blake2b(value.encode(), key=key.encode()[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=16).hexdigest()


def fingerprint(message: Message, *, caller: str = "") -> str:
    """Hashes a message: 64 hexadecimal digits, the same for equal messages, whatever order their maps were filled in.

    Example: a servicer stores the fingerprint of a request that creates an order. If the client repeats the request,
    the fingerprints are equal and it gets the same order; if they differ, another request has used the order's id.

    caller: id of the caller, if only this caller's equal messages shall match.
    """
    content = message.SerializeToString(deterministic=True)
    return hashlib.sha256(f"{caller}:".encode() + content if caller else content).hexdigest()
