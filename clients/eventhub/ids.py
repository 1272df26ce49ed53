"""Ids that callers choose for the things they create."""

import secrets

import uuid_utils


def new_id(prefix: str) -> str:
    """Returns a fresh id such as "ord_019a...": the prefix and a UUID of version 7 (RFC 9562) in 32 hexadecimal digits.
    These ids grow with time, so rows created together lie together in every index. Store the id before the call that
    uses it: a repeat with the same id counts as the same call."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def new_guest_id() -> str:
    """Returns a fresh id for a guest's session, such as "gst_7f3c...": 128 random bits, because anyone who knows the id
    can repeat the call. Store it before the call that uses it, and keep it secret."""
    return f"gst_{secrets.token_hex(16)}"
