"""The announcement worker makes a notice for each holder of an event's tickets, a page of holders at a time."""

from collections.abc import Callable

from services.kit.db import Database
from services.kit.values import Clock
from services.kit.work import Runner, undivided
from services.notifications import announcement_store, transactions


class AnnouncementWorker:
    """Makes the notices of announcements."""

    def __init__(self, name: str, database: Database, clock: Clock, *, then: Callable[[], None]) -> None:
        """name: for the log. database: notifications' own. then: called after each page of notices."""
        self.runner = Runner(
            f"{name} announcements", clock, database.shards, due=undivided(name, self._due), do=self._make
        )
        self._database = database
        self._clock = clock
        self._then = then

    async def _due(self, limit: int) -> list[str]:
        return await self._database.read(announcement_store.due_announcements, self._clock.now_us(), limit)

    async def _make(self, announcement_id: str) -> None:
        """Makes the rest of an announcement's notices. A repeat continues after the last page that was written, and
        other writes run between the pages."""
        more = True
        while more:
            more = await self._database.write_long(
                transactions.announce_page, announcement_id, now_us=self._clock.now_us()
            )
            self._then()
