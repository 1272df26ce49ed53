"""Changes the words of a series and of its nights. Each night changes as any event does, so its buyers are told."""

from collections.abc import Sequence

from eventhub.refusal import Refusal
from eventhub.refusals import EventNotFound
from services.catalog.attempts import Begun
from services.catalog.change_transactions import Decide
from services.catalog.changes import Changer
from services.catalog.events import Event
from services.catalog.series import change_store, change_transactions, store
from services.catalog.series.change_transactions import Rewording
from services.catalog.series.series import Series, renamed
from services.kit.db import Database, Tx
from services.kit.values import Clock


class SeriesUpdater:
    """Changes series, and completes changes whose calls have died."""

    def __init__(self, database: Database, clock: Clock, changer: Changer) -> None:
        self._database = database
        self._clock = clock
        self._changer = changer

    async def update(
        self, series_id: str, organizer_id: str, *, title: str | None, description: str | None
    ) -> tuple[Series, int]:
        """Changes the words of a series and of the nights that have the former ones. None leaves a word as it is.
        Returns the series and the number of nights that were changed. Raises SeriesNotFound."""
        changed = 0
        while True:
            begun = await self._database.write(
                change_transactions.begin_rewording,
                series_id,
                organizer_id,
                title,
                description,
                now_us=self._clock.now_us(),
            )
            if not isinstance(begun, Begun):
                return begun, changed
            changed += await self._complete(begun.change)
            if begun.own:
                return begun.change.after, changed

    async def due(self, limit: int) -> list[str]:
        """Ids of series whose new words are to be completed now."""
        return await self._database.read(change_store.due_changes, self._clock.now_us(), limit)

    async def complete(self, series_id: str) -> None:
        """Completes a change whose call has died. If a night cannot change now, a later attempt does."""
        change = await self._database.write(change_transactions.renew_rewording, series_id, now_us=self._clock.now_us())
        if change is None:
            return
        try:
            await self._complete(change)
        except Refusal:
            return

    async def _complete(self, change: Rewording) -> int:
        """Gives all nights the new words, then the series. Returns the number of nights that were changed."""
        reworded: set[str] = set()
        changed = 0
        nights = await self._database.read(store.night_ids, change.before.series_id)
        while True:
            changed += await self._reword(nights, change)
            reworded.update(nights)
            nights = await self._database.write(change_transactions.finish_rewording, change, reworded)
            if not nights:
                return changed

    async def _reword(self, event_ids: Sequence[str], change: Rewording) -> int:
        changed = 0
        for event_id in event_ids:
            seen: list[Event] = []
            try:
                night = await self._changer.change(event_id, change.before.organizer_id, rewording(change, seen))
            except EventNotFound:
                continue  # a draft that has been dropped
            changed += bool(seen) and night.version > seen[-1].version
        return changed


def rewording(change: Rewording, seen: list[Event]) -> Decide:
    """To give a night the new words of its series. seen: gets the night as it was."""

    async def decide(tx: Tx, night: Event) -> Event | None:
        seen.append(night)
        return renamed(night, change.before, change.after)

    return decide
