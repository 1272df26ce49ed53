"""Fresh ids and secrets, from randomness that is handed in."""

import itertools
import random
import secrets
from typing import Protocol

from eventhub.ids import new_id


class Ids(Protocol):
    """Where ids and secrets come from."""

    def new(self, prefix: str) -> str:
        """A fresh id: prefix, "_", and a UUID that begins with the time. It names and never proves anything."""

    def request(self) -> str:
        """A fresh id for a call: unique, not secret, and cheap."""

    def trace(self) -> str:
        """The traceparent of a fresh trace that nobody records; not secret."""

    def secret(self) -> str:
        """A fresh secret of 256 random bits, safe in URLs."""

    def jitter(self, low: float, high: float) -> float:
        """A number between low and high, to spread repeats in time. Never for secrets."""


class SystemIds:
    """Ids from the operating system's randomness."""

    def __init__(self) -> None:
        """Calls are counted under a name of this process's own."""
        self._process = secrets.token_hex(6)
        self._calls = itertools.count(1)
        self._trace = secrets.token_hex(8)
        self._traces = itertools.count(1)

    def request(self) -> str:
        """A fresh id for a call."""
        return f"req_{self._process}{next(self._calls):x}"

    def trace(self) -> str:
        """The traceparent of a fresh trace."""
        n = f"{next(self._traces):016x}"
        return f"00-{self._trace}{n}-{n}-00"

    def new(self, prefix: str) -> str:
        """A fresh id."""
        return new_id(prefix)

    def secret(self) -> str:
        """A fresh secret."""
        return secrets.token_urlsafe(32)

    def jitter(self, low: float, high: float) -> float:
        """A number between low and high."""
        return random.uniform(low, high)  # noqa: S311 - spreads repeats, guards nothing
