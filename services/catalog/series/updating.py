"""Changes the words of a series and of its nights. Each night changes as any event does, so its buyers are told."""

from dataclasses import replace

from services.catalog.change_transactions import Decide
from services.catalog.changes import Changer
from services.catalog.events import Event
from services.catalog.series import store, transactions
from services.catalog.series.series import Series, renamed
from services.kit.db import Database, Tx


class SeriesUpdater:
    """Changes series."""

    def __init__(self, database: Database, changer: Changer) -> None:
        self._database = database
        self._changer = changer

    async def update(
        self, series_id: str, organizer_id: str, *, title: str | None, description: str | None
    ) -> tuple[Series, int]:
        """Changes the words of a series and of the nights that have the former ones. None leaves a word as it is.
        Returns the series and the number of nights that were changed. Raises SeriesNotFound.

        The series itself is changed last. Until then a repeat finds the former words, and goes on.
        """
        changed = 0
        while True:
            before = await self._database.read(transactions.own_series, series_id, organizer_id)
            after = replace(
                before,
                title=before.title if title is None else title,
                description=before.description if description is None else description,
            )
            if after == before:
                return before, changed
            changed += await self._rename_nights(before, after)
            if await self._database.write(store.save_words, before, after):
                return after, changed

    async def _rename_nights(self, before: Series, after: Series) -> int:
        changed = 0
        for event_id in await self._database.read(store.night_ids, before.series_id):
            seen: list[Event] = []
            night = await self._changer.change(event_id, before.organizer_id, renaming(before, after, seen))
            changed += bool(seen) and night.version > seen[-1].version
        return changed


def renaming(before: Series, after: Series, seen: list[Event]) -> Decide:
    """To give a night the new words of its series. seen: gets the night as it was."""

    async def decide(tx: Tx, night: Event) -> Event | None:
        seen.append(night)
        return renamed(night, before, after)

    return decide
