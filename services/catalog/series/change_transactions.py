"""The transactions that give series and their nights new words. Each locks the series first.

The words are written down first, then each night gets them, then the series: if the process dies, another one goes on.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from eventhub.refusals import SeriesNotFound
from services.catalog.attempts import Begun
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.catalog.series import change_store, store
from services.catalog.series.series import Series
from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Rewording:
    """A series with its former words, and with its new ones."""

    before: Series
    after: Series


async def begin_rewording(
    tx: Tx, series_id: str, organizer_id: str, title: str | None, description: str | None, *, now_us: int
) -> Series | Begun[Rewording]:
    """Writes the new words of a series down. Returns the series if it has them, or the change that is to be completed:
    this one, or an earlier one that must be completed first. None leaves a word as it is. Raises SeriesNotFound."""
    series = await store.lock_series(tx, series_id, organizer_id)
    if series is None:
        raise SeriesNotFound
    earlier = await change_store.find_change(tx, series)
    wanted = earlier or replace(
        series,
        title=series.title if title is None else title,
        description=series.description if description is None else description,
    )
    if wanted == series:
        return series
    await change_store.save_change(tx, wanted, due_us=now_us + COMPLETE_AFTER_US)
    return Begun(Rewording(series, wanted), own=earlier is None)


async def renew_rewording(tx: Tx, series_id: str, *, now_us: int) -> Rewording | None:
    """Takes over the new words of a series, to complete them; None if it gets none."""
    series = await store.lock_series(tx, series_id)
    wanted = await change_store.find_change(tx, series) if series else None
    if series is None or wanted is None:
        return None
    await change_store.save_change(tx, wanted, due_us=now_us + COMPLETE_AFTER_US)
    return Rewording(series, wanted)


async def finish_rewording(tx: Tx, change: Rewording, reworded: Collection[str]) -> list[str]:
    """Saves the new words of a series, unless another attempt has done so. reworded: ids of the nights that have been
    looked at. If nights were added meanwhile, returns their ids instead: they have the former words."""
    series = await store.lock_series(tx, change.before.series_id)
    if series != change.before or await change_store.find_change(tx, change.before) != change.after:
        return []
    added = [event_id for event_id in await store.night_ids(tx, series.series_id) if event_id not in reworded]
    if not added:
        await store.save_words(tx, change.after)
        await change_store.delete_change(tx, series.series_id)
    return added
