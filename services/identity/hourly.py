"""The loop of work that is done every hour."""

from collections.abc import Awaitable, Callable

from eventhub.refusal import TransientRefusal
from services.kit.observe import log
from services.kit.values import Clock

EVERY_S = 3_600.0


async def hourly(work: Callable[[], Awaitable[None]], clock: Clock, *, name: str) -> None:
    """Does some work every hour, without end. If a neighbour or the database is away, the next hour does it. name: of
    the work, for the log."""
    while True:
        await clock.sleep(EVERY_S)
        try:
            await work()
        except TransientRefusal as refused:
            log.get("identity").info(f"{name} put off", reason=refused.reason)
