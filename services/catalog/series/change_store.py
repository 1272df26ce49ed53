"""catalog's SQL for new words of series that not all nights have yet. The caller has locked the series."""

from dataclasses import replace

from services.catalog.series.series import Series
from services.kit.db import Tx


async def find_change(tx: Tx, series: Series) -> Series | None:
    """A series with its new words; None if it gets none."""
    row = await tx.one("SELECT title, description FROM series_change WHERE series_id = $1", series.series_id)
    return replace(series, title=row[0], description=row[1]) if row else None


async def save_change(tx: Tx, wanted: Series, *, due_us: int) -> None:
    """Writes the new words of a series, or the time at which the worker is to complete them."""
    await tx.run(
        """INSERT INTO series_change (series_id, title, description, due_us) VALUES ($1, $2, $3, $4)
           ON CONFLICT (series_id) DO UPDATE SET due_us = excluded.due_us""",
        wanted.series_id,
        wanted.title,
        wanted.description,
        due_us,
    )


async def delete_change(tx: Tx, series_id: str) -> None:
    """Forgets the new words of a series."""
    await tx.run("DELETE FROM series_change WHERE series_id = $1", series_id)


async def due_changes(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Ids of series whose new words are to be completed now, the longest overdue first."""
    rows = await tx.all(
        "SELECT series_id FROM series_change WHERE due_us <= $1 ORDER BY due_us, series_id LIMIT $2", now_us, limit
    )
    return [row[0] for row in rows]
