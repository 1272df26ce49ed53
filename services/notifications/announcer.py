"""The announcer makes the notices of everybody who holds tickets of an event, a page at a time."""

from collections.abc import Callable

from services.kit.db import Database
from services.kit.values import Clock
from services.notifications import announcement_store, transactions


class Announcer:
    """Carries announcements to all they are for."""

    def __init__(self, database: Database, clock: Clock, then: Callable[[], None]) -> None:
        """database: notifications' own. then: called after each page of notices."""
        self._database = database
        self._clock = clock
        self._then = then

    async def due(self, limit: int) -> list[str]:
        """Announcements that have not reached everybody."""
        return await self._database.read(announcement_store.due_announcements, limit)

    async def carry(self, announcement_id: str) -> None:
        """Reaches everybody. Goes on where it was interrupted; other writes come in between the pages."""
        more = True
        while more:
            more = await self._database.write_long(
                transactions.announce_page, announcement_id, now_us=self._clock.now_us()
            )
            self._then()
