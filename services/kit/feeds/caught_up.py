"""Waits until a context knows a caller's merged guests.

Example: Ana buys as a guest, then proves her address, which makes the guest's orders hers. Her next call must show
them. identity tells this by a fact, and her new token says at which position. The context waits until it has read
identity's feed up to there.
"""

import asyncio

from services.kit.db.database import Database
from services.kit.feeds.follower import read_cursor
from services.kit.rpc.call import Caller

IDENTITY = "identity"
LOOK_S = 0.01
# Facts usually arrive within some hundredths of a second. After this the call goes on without them: an answer that
# lacks some orders for a moment is better than none while a feed is broken.
PATIENCE_S = 1.0


class CaughtUp:
    """Knows how far the context has read identity's feed, no matter which replica reads it."""

    def __init__(self, database: Database) -> None:
        """database: the context's own database, which holds the cursor."""
        self._database = database
        self._epoch, self._position = "", 0

    async def wait(self, caller: Caller) -> None:
        """Waits until the context knows what identity knew about the caller, at most PATIENCE_S."""
        if not caller.known_epoch or self._has_reached(caller):
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await self._reached(caller):  # noqa: ASYNC110 - another process may move the cursor
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            return

    async def _reached(self, caller: Caller) -> bool:
        cursor = await self._database.read(read_cursor, IDENTITY)
        self._epoch, self._position = cursor.epoch, cursor.position
        return self._has_reached(caller)

    def _has_reached(self, caller: Caller) -> bool:
        """True also for a position of another history, which never comes."""
        other = self._epoch not in ("", caller.known_epoch)
        return other or self._position >= caller.known_position
