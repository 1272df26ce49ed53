"""Publishes the nights of a series, one after the other. Each night is published as a whole or not at all."""

from eventhub.refusals import EventInPast
from services.catalog.publishing import Publisher
from services.catalog.series import store, transactions
from services.kit.db import Database
from services.kit.values import Clock

# Half of the time that a call may take: the night under way must be finished too.
ENOUGH_S = 30.0


class SeriesPublisher:
    """Puts the nights of series on sale."""

    def __init__(self, database: Database, clock: Clock, publisher: Publisher) -> None:
        self._database = database
        self._clock = clock
        self._publisher = publisher

    async def publish(self, series_id: str, organizer_id: str) -> tuple[int, int]:
        """Publishes drafts of a series, soonest first, for at most half a minute. Returns how many it has published,
        and how many remain. Raises what PublishSeries refuses with; the nights before stay published."""
        await self._database.read(transactions.own_series, series_id, organizer_id)
        began, published = self._clock.monotonic(), 0
        for event_id in await self._database.read(store.drafts_of, series_id, self._clock.now_us()):
            if self._clock.monotonic() - began >= ENOUGH_S:
                break
            try:
                await self._publisher.publish(event_id, organizer_id)
            except EventInPast:
                continue  # it has begun meanwhile
            published += 1
        return published, len(await self._database.read(store.drafts_of, series_id, self._clock.now_us()))
