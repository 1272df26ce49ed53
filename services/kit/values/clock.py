"""Time as an argument: services read and wait through a Clock, tests hand in one they can turn."""

import asyncio
import time
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

SECOND_US = 1_000_000


class Clock(Protocol):
    """Where time comes from."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever grow; for durations."""

    async def sleep(self, seconds: float) -> None:
        """Waits."""


class SystemClock:
    """The machine's clock. Wall time grows with the monotonic clock from start on, so that setting the machine's clock
    back cannot bring expired holds to life."""

    def __init__(self) -> None:
        """Notes the offset between the two clocks."""
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_us(self) -> int:
        """Microseconds since 1970-01-01 UTC."""
        return (time.monotonic_ns() + self._offset_ns) // 1_000

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await asyncio.sleep(seconds)


def to_timestamp(us: int | None) -> Timestamp | None:
    """Microseconds as the contract's Timestamp; None stays absent."""
    if us is None:
        return None
    return Timestamp(seconds=us // SECOND_US, nanos=us % SECOND_US * 1_000)


def from_timestamp(stamp: Timestamp) -> int:
    """The contract's Timestamp in microseconds, rounded down."""
    return stamp.seconds * SECOND_US + stamp.nanos // 1_000
