"""Codes that callers try, each looked up in its turn, so that guessing is slow."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from eventhub.refusals import TooManyRequests
from services.kit.rpc.guess_limiter import TURN_US, WAIT_MAX_US, GuessLimiter, Try
from services.kit.values.clock import SECOND_US, Clock

T = TypeVar("T")


class Guesses:
    """Looks codes up as often as the limiter allows."""

    def __init__(self, clock: Clock, *, wait_max_us: int = WAIT_MAX_US) -> None:
        """wait_max_us: how long a code may wait for its turn."""
        self._clock = clock
        self._wait_max_us = wait_max_us
        self._limiter = GuessLimiter()

    async def look_up(
        self, event_id: str, find: Callable[[], Awaitable[T | None]], *, counted_by: str, tried_by: str
    ) -> T | None:
        """The thing that a code of an event stands for, as find returns it; None if the code is wrong.

        counted_by: the person or network address by which wrong codes are counted. tried_by: the session or member that
        tries this code. Raises TooManyRequests if the code may not be looked up now, and for a wrong code that has
        waited for its turn.
        """
        tried = self._limiter.ask(
            (counted_by, event_id), tried_by, now_us=self._clock.now_us(), wait_max_us=self._wait_max_us
        )
        at_once = tried.has_turn
        await self._turn(tried)
        found = await find()
        if found is not None:
            self._limiter.right(tried)
            return found
        self._limiter.wrong(tried, event_id)
        if at_once:
            return None
        raise TooManyRequests(retry_after_s=TURN_US / SECOND_US)

    async def _turn(self, tried: Try) -> None:
        """Waits for a code's turn. Raises TooManyRequests if the code cannot have one in time."""
        try:
            while not tried.has_turn:
                tried.check_time(now_us=self._clock.now_us())
                await self._clock.sleep((tried.line.free_us - self._clock.now_us()) / SECOND_US)
                tried.go_on(now_us=self._clock.now_us())
        finally:
            tried.line.leave(tried)
