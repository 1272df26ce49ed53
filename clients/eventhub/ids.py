"""Ids that a caller gives to what it creates."""

import secrets

import uuid_utils


def new_id(prefix: str) -> str:
    """A fresh id such as "ord_019a...": the prefix and a UUID of version 7 (RFC 9562) in 32 hexadecimal digits, so that
    what is made together lies together in every index, and a database touches few pages for it instead of one a row.
    Keep it before the call that uses it: a repeat with the same id is the same call."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def new_guest_id() -> str:
    """A fresh id of a guest's session, such as "gst_7f3c...": 128 random bits, since whoever knows it may repeat the
    call. Keep it before the call that uses it, and keep it secret."""
    return f"gst_{secrets.token_hex(16)}"
