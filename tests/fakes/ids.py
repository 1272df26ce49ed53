"""Ids in order, the same in every run."""

import hashlib
import itertools


class FakeIds:
    """Counts."""

    def __init__(self) -> None:
        """From one."""
        self._count = itertools.count(1)

    def new(self, prefix: str) -> str:
        """The next id."""
        return f"{prefix}_{next(self._count):026d}"

    def request(self) -> str:
        """The next id for a call."""
        return self.new("req")

    def trace(self) -> str:
        """The next traceparent."""
        n = next(self._count)
        return f"00-{n:032x}-{n:016x}-00"

    def secret(self) -> str:
        """The next secret."""
        return hashlib.sha256(str(next(self._count)).encode()).hexdigest()

    def jitter(self, low: float, high: float) -> float:
        """The middle."""
        return (low + high) / 2
