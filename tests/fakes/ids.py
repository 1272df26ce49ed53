"""Ids in order, the same in every run."""

import hashlib
import itertools


class FakeIds:
    """Numbers everything it makes."""

    def __init__(self, first: int = 1) -> None:
        self._count = itertools.count(first)

    def new(self, prefix: str) -> str:
        """Makes the next id."""
        return f"{prefix}_{next(self._count):026d}"

    def request(self) -> str:
        """Makes the next id for a call."""
        return self.new("req")

    def trace(self) -> str:
        """Makes the next traceparent."""
        n = next(self._count)
        return f"00-{n:032x}-{n:016x}-00"

    def secret(self) -> str:
        """Makes the next secret."""
        return hashlib.sha256(str(next(self._count)).encode()).hexdigest()

    def jitter(self, low: float, high: float) -> float:
        """Returns the middle of the range."""
        return (low + high) / 2
