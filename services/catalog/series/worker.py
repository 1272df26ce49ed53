"""Completes changes of series and of their passes whose calls have died."""

from services.catalog.passes.selling import PassSeller
from services.catalog.series.updating import SeriesUpdater


class SeriesWorker:
    """Two kinds of work, both by the id of a series."""

    def __init__(self, updater: SeriesUpdater, seller: PassSeller) -> None:
        self._updater = updater
        self._seller = seller

    async def due(self, limit: int) -> list[str]:
        """Ids of series of which something is to be completed now, at most limit."""
        found = [*await self._updater.due(limit), *await self._seller.due(limit)]
        return list(dict.fromkeys(found))[:limit]

    async def complete(self, series_id: str) -> None:
        """Completes what is begun of a series. What cannot be completed now is due again later."""
        await self._updater.complete(series_id)
        await self._seller.complete(series_id)
