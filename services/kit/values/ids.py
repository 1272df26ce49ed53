"""Makes ids and secrets. Services get them from an Ids, and tests pass one that they can predict."""

import itertools
import random
import secrets
from typing import Protocol

from eventhub.ids import new_id


class Ids(Protocol):
    """Makes ids, secrets and random numbers."""

    def new(self, prefix: str) -> str:
        """Makes an id such as "ord_...": the prefix, "_" and a UUID that begins with the time. It is not a secret, so
        knowing it must not permit anything."""

    def request(self) -> str:
        """Makes an id for a call: unique, not secret, and cheap."""

    def trace(self) -> str:
        """Makes the traceparent of a new trace that is not recorded; not secret."""

    def secret(self) -> str:
        """Makes a secret of 256 random bits, safe in URLs."""

    def jitter(self, low: float, high: float) -> float:
        """A random number between low and high, to spread repeats in time. Never for secrets."""


class SystemIds:
    """Ids from the operating system's randomness."""

    def __init__(self) -> None:
        """Draws a random prefix for this process; its calls and traces are numbered after it."""
        self._process = secrets.token_hex(6)
        self._calls = itertools.count(1)
        self._trace = secrets.token_hex(8)
        self._traces = itertools.count(1)

    def request(self) -> str:
        """Numbers the calls of this process, which is cheaper than a random id for each."""
        return f"req_{self._process}{next(self._calls):x}"

    def trace(self) -> str:
        """Numbers the traces of this process; the flags 00 say that the trace is not recorded."""
        n = f"{next(self._traces):016x}"
        return f"00-{self._trace}{n}-{n}-00"

    def new(self, prefix: str) -> str:
        """Makes an id with a UUID that begins with the time."""
        return new_id(prefix)

    def secret(self) -> str:
        """Makes a secret of 256 random bits, safe in URLs."""
        return secrets.token_urlsafe(32)

    def jitter(self, low: float, high: float) -> float:
        """A random number between low and high."""
        return random.uniform(low, high)  # noqa: S311 - spreads repeats, guards nothing
