"""A clock that tests set. It starts at 2026-11-24T12:00:00Z."""

import asyncio
import heapq
import itertools

START_US = 1_795_521_600_000_000  # 2026-11-24T12:00:00Z


class FakeClock:
    """Stands still until advance() is called."""

    def __init__(self) -> None:
        self._passed_us = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None], str]] = []
        self._order = itertools.count()

    def now_us(self) -> int:
        """The time, in microseconds since 1970."""
        return START_US + self._passed_us

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._passed_us / 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Waits until a test has advanced the clock that far."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.current_task()
        name = task.get_name() if task else ""
        heapq.heappush(self._sleepers, (self._passed_us + int(seconds * 1_000_000), next(self._order), future, name))
        await future

    def asleep(self) -> list[str]:
        """The names of the tasks that sleep."""
        return [name for _, _, future, name in self._sleepers if not future.done()]

    def due_in(self, seconds: float) -> int:
        """The number of tasks that will wake exactly that many seconds from now."""
        due_us = self._passed_us + int(seconds * 1_000_000)
        return sum(not future.done() for at_us, _, future, _ in self._sleepers if at_us == due_us)

    def pass_unseen(self, seconds: float) -> None:
        """Advances the clock without waking tasks, as if the process had been suspended."""
        self._passed_us += int(seconds * 1_000_000)

    def advance(self, seconds: float) -> None:
        """Advances the clock and wakes the tasks that are due."""
        self.pass_unseen(seconds)
        while self._sleepers and self._sleepers[0][0] <= self._passed_us:
            _, _, future, _ = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
