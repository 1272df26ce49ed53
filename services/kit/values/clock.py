"""Time as an argument: services read the time and wait through a Clock, and tests pass one that they can set."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

SECOND_US = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time and waits."""

    def now_us(self) -> int:
        """The wall-clock time, in microseconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back; for durations."""

    async def sleep(self, seconds: float) -> None:
        """Waits for some seconds."""


class SystemClock:
    """The machine's clock. The wall-clock time is read once, at the start, and then advances with the monotonic clock:
    setting the machine's clock back must not revive expired holds."""

    def __init__(self) -> None:
        """Reads the offset between the two clocks."""
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_us(self) -> int:
        """The wall-clock time, in microseconds since 1970-01-01 UTC."""
        return (time.monotonic_ns() + self._offset_ns) // 1_000

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits for some seconds."""
        await asyncio.sleep(seconds)


def to_timestamp(us: int | None) -> Timestamp | None:
    """Converts microseconds to the contract's Timestamp; None stays None, which leaves the field unset."""
    if us is None:
        return None
    return Timestamp(seconds=us // SECOND_US, nanos=us % SECOND_US * 1_000)


def from_timestamp(stamp: Timestamp) -> int:
    """Converts the contract's Timestamp to microseconds, rounded down."""
    return stamp.seconds * SECOND_US + stamp.nanos // 1_000


def rfc3339(us: int) -> str:
    """Writes microseconds since 1970 as text such as "2026-11-24T12:00:00Z"."""
    return (EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
