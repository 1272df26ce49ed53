"""catalog's SQL for series and their nights."""

from services.catalog.event_store import EVENT, WITH_VENUE, EventKey, events_of
from services.catalog.events import Event
from services.catalog.series.series import Series
from services.kit.db import Row, Tx

SERIES = "series_id, organizer_id, title, description, model_event_id, rule"


async def claim_series(tx: Tx, series: Series, content_hash: str) -> bool:
    """Saves a new series. False if its id is taken."""
    claimed = await tx.one(
        f"""INSERT INTO series ({SERIES}, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (series_id) DO NOTHING RETURNING 1""",
        series.series_id,
        series.organizer_id,
        series.title,
        series.description,
        series.model_id,
        series.rule,
        content_hash,
    )
    return claimed is not None


async def save_words(tx: Tx, series: Series) -> None:
    """Saves the title and the description of a locked series."""
    await tx.run(
        "UPDATE series SET title = $1, description = $2 WHERE series_id = $3",
        series.title,
        series.description,
        series.series_id,
    )


async def series_hash(tx: Tx, series_id: str) -> tuple[str, str] | None:
    """The organizer of a series, and the hash of the request that created it."""
    row = await tx.one("SELECT organizer_id, content_hash FROM series WHERE series_id = $1", series_id)
    return (row[0], row[1]) if row else None


async def find_series(tx: Tx, series_id: str, organizer_id: str = "") -> Series | None:
    """A series. organizer_id: only if it is this organizer's."""
    row = await tx.one(
        f"SELECT {SERIES} FROM series WHERE series_id = $1 AND ($2 = '' OR organizer_id = $2)", series_id, organizer_id
    )
    return _series(row) if row else None


async def lock_series(tx: Tx, series_id: str, organizer_id: str = "") -> Series | None:
    """A series, locked until the end of the transaction. organizer_id: only if it is this organizer's."""
    await tx.lock(
        "SELECT series_id FROM series WHERE series_id = $1 AND ($2 = '' OR organizer_id = $2) ORDER BY series_id",
        series_id,
        organizer_id,
    )
    return await find_series(tx, series_id, organizer_id)


async def series_after(tx: Tx, organizer_id: str, after: str, size: int) -> list[Series]:
    """An organizer's series by their ids. after: the last id of the page before."""
    rows = await tx.all(
        f"SELECT {SERIES} FROM series WHERE organizer_id = $1 AND series_id > $2 ORDER BY series_id LIMIT $3",
        organizer_id,
        after,
        size,
    )
    return [_series(row) for row in rows]


def _series(row: Row) -> Series:
    return Series(series_id=row[0], organizer_id=row[1], title=row[2], description=row[3], model_id=row[4], rule=row[5])


async def nights_after(
    tx: Tx, series_id: str, after: EventKey, size: int, *, open_after_us: int | None = None
) -> list[Event]:
    """The nights of a series, soonest first. after: key of the last night of the page before. open_after_us: only
    published ones that end after this time."""
    shown = "" if open_after_us is None else "AND e.state = 'PUBLISHED' AND e.ends_us > $5"
    rows = await tx.all(
        f"""SELECT {EVENT} FROM {WITH_VENUE}
            WHERE e.series_id = $1 AND e.series_id <> '' AND (e.starts_us, e.event_id) > ($2, $3) {shown}
            ORDER BY e.starts_us, e.event_id LIMIT $4""",
        series_id,
        *after,
        size,
        *(() if open_after_us is None else (open_after_us,)),
    )
    return await events_of(tx, rows)


async def count_nights(tx: Tx, series_id: str) -> int:
    """The number of nights of a series."""
    row = await tx.one("SELECT count(*) FROM event WHERE series_id = $1 AND series_id <> ''", series_id)
    return int(row[0]) if row else 0


async def is_shown(tx: Tx, series_id: str) -> bool:
    """Whether a night of a series was published."""
    row = await tx.one(
        "SELECT 1 FROM event WHERE series_id = $1 AND series_id <> '' AND state = 'PUBLISHED' LIMIT 1", series_id
    )
    return row is not None


async def drafts_of(tx: Tx, series_id: str, now_us: int) -> list[str]:
    """Ids of the nights of a series that are drafts, not archived, and have not begun, soonest first."""
    rows = await tx.all(
        """SELECT event_id FROM event
           WHERE series_id = $1 AND series_id <> '' AND state IN ('DRAFT', 'PUBLISHING') AND archived = 0
             AND starts_us > $2
           ORDER BY starts_us, event_id""",
        series_id,
        now_us,
    )
    return [row[0] for row in rows]


async def night_ids(tx: Tx, series_id: str) -> list[str]:
    """Ids of all nights of a series, in the order in which transactions lock them."""
    rows = await tx.all(
        "SELECT event_id FROM event WHERE series_id = $1 AND series_id <> '' ORDER BY event_id", series_id
    )
    return [row[0] for row in rows]


async def join_series(tx: Tx, event: Event) -> None:
    """Saves the series and the version of a locked event."""
    await tx.run(
        "UPDATE event SET series_id = $1, version = $2 WHERE event_id = $3",
        event.series_id,
        event.version,
        event.event_id,
    )


async def type_names(tx: Tx, series_id: str, limit: int) -> list[str]:
    """The names of the ticket types of a series' nights."""
    rows = await tx.all(
        """SELECT DISTINCT t.name FROM ticket_type t JOIN event e ON e.event_id = t.event_id
           WHERE e.series_id = $1 AND e.series_id <> '' ORDER BY t.name LIMIT $2""",
        series_id,
        limit,
    )
    return [row[0] for row in rows]
