"""A caller who has just proven who they are sees all that is theirs at once: a context waits until it has taken in the
facts that identity told before it gave the caller's token."""

import asyncio

from services.kit.db.database import Database
from services.kit.feeds.feed import read_cursor
from services.kit.rpc.call import Caller

IDENTITY = "identity"
LOOK_S = 0.01
# Facts take some hundredths of a second. What is late beyond this is shown late: others are not kept waiting for it.
PATIENCE_S = 1.0


class CaughtUp:
    """How far a context has read identity's feed, whichever of its replicas reads it."""

    def __init__(self, database: Database) -> None:
        """database: the context's own, which has the cursor."""
        self._database = database
        self._epoch, self._position = "", 0

    async def wait(self, caller: Caller) -> None:
        """Waits until the context knows whatever identity knew of a caller, at most PATIENCE_S."""
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
        """Positions of another history cannot be waited for."""
        other = self._epoch not in ("", caller.known_epoch)
        return other or self._position >= caller.known_position
