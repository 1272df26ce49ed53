"""Fingerprints of messages of the contract."""

import hashlib

from google.protobuf.message import Message


def fingerprint(message: Message, *, caller: str = "") -> str:
    """Hashes a message: 64 hexadecimal digits, the same for equal messages, whatever order their maps were filled in.

    Example: a servicer stores the fingerprint of a request that creates an order. If the client repeats the request,
    the fingerprints are equal and it gets the same order; if they differ, another request has used the order's id.

    caller: id of the caller, if only this caller's equal messages shall match.
    """
    content = message.SerializeToString(deterministic=True)
    return hashlib.sha256(f"{caller}:".encode() + content if caller else content).hexdigest()
