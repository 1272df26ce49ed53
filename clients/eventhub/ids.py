"""Ids as whoever asks makes them."""

import secrets

ID_LENGTH = 26
# A byte as one of 32 digits: each stands for eight bytes, so all are equally likely.
DIGITS = b"abcdefghijklmnopqrstuvwxyz234567" * 8


def new_id(prefix: str) -> str:
    """A fresh id such as "ord_7q...": 130 random bits. Keep it before the call that uses it: a repeat with the same
    id is the same call."""
    return f"{prefix}_{secrets.token_bytes(ID_LENGTH).translate(DIGITS).decode()}"
