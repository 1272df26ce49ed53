"""Completes changes of series and of their passes whose calls have died."""

from services.catalog.passes.selling import PassSeller
from services.catalog.series.updating import SeriesUpdater
from services.kit.db import Database
from services.kit.values import Clock
from services.kit.work import Runner, undivided


class SeriesWorker:
    """Does two kinds of work, both by the id of a series."""

    def __init__(self, name: str, database: Database, clock: Clock, updater: SeriesUpdater, seller: PassSeller) -> None:
        """name: for the log. database: catalog's own."""
        self._updater = updater
        self._seller = seller
        self.runner = Runner(
            f"{name} series", clock, database.shards, due=undivided(f"{name} series", self._due), do=self._complete
        )

    async def _due(self, limit: int) -> list[str]:
        found = [*await self._updater.due(limit), *await self._seller.due(limit)]
        return list(dict.fromkeys(found))[:limit]

    async def _complete(self, series_id: str) -> None:
        """Completes what is begun of a series. What cannot be completed now is due again later."""
        await self._updater.complete(series_id)
        await self._seller.complete(series_id)
