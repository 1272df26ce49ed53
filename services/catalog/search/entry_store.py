"""catalog's SQL for the entries of the search: writing them, and finding those that are outdated."""

from collections.abc import Sequence

from services.catalog.search.entry import MONTH_US, Entry
from services.kit.db import Tx

# The columns that single events and series have in common, those of single events, and those of nights.
CONTENT = "title, city_folded, kind, online, currency, cheapest_minor, dearest_minor, has_lots, words"
TIMES = "starts_us, ends_us, sales_end_us"
SINGLE = f"event_id, sold_out, {TIMES}, {CONTENT}"
SERIES = f"series_id, content_key, {CONTENT}"
NIGHT = f"event_id, sold_out, series_n, series_id, starts_local, {TIMES}"
EVENT = "event_id, version, organizer_name, ends_us, capacity"


def upsert(table: str, columns: str, kept: int) -> str:
    """The statement that writes a row, in place of the former one of the event. kept: how many of the first columns the
    former one keeps."""
    names = columns.split(", ")
    marks = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    renewed = ", ".join(f"{name} = excluded.{name}" for name in names[kept:])
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT (event_id) DO UPDATE SET {renewed}"


def content(entry: Entry) -> tuple[object, ...]:
    """The values of the columns CONTENT."""
    prices = entry.cheapest_minor, entry.dearest_minor, int(entry.has_lots)
    words = " ".join(entry.words)
    return entry.title, entry.city_folded, entry.kind, int(entry.online), entry.currency, *prices, words


async def save(tx: Tx, entry: Entry) -> None:
    """Saves an entry in place of the event's former one. It stays sold out if it was."""
    known = entry.version, entry.organizer_name, entry.ends_us, entry.capacity
    await tx.run(upsert("search_event", EVENT, 1), entry.event_id, *known)
    times = entry.starts_us, entry.ends_us, entry.sales_end_us
    if entry.series_id:
        # An event may become a night after its publication.
        former = await tx.one("DELETE FROM search_single WHERE event_id = $1 RETURNING sold_out", entry.event_id)
        place = await series_entry(tx, entry), entry.series_id, entry.starts_local
        await tx.run(upsert("search_night", NIGHT, 2), entry.event_id, int(former[0]) if former else 0, *place, *times)
    else:
        await tx.run(upsert("search_single", SINGLE, 2), entry.event_id, 0, *times, *content(entry))


async def series_entry(tx: Tx, entry: Entry) -> int:
    """The number of the entry for all nights that are like this one. It is locked until the end of the transaction, so
    that it is not dropped before it has the night."""
    known = await tx.lock(
        "SELECT n FROM search_series WHERE series_id = $1 AND content_key = $2", entry.series_id, entry.content_key
    )
    if known:
        return int(known[0][0])
    marks = ", ".join(f"${n}" for n in range(1, len(SERIES.split(", ")) + 1))
    row = await tx.one(
        f"""INSERT INTO search_series ({SERIES}) VALUES ({marks})
            ON CONFLICT (series_id, content_key) DO UPDATE SET title = excluded.title RETURNING n""",
        entry.series_id,
        entry.content_key,
        *content(entry),
    )
    assert row is not None, "it was inserted or updated"
    return int(row[0])


async def drop(tx: Tx, event_id: str) -> None:
    """Deletes an event's entry, if it has one."""
    for table in ("search_event", "search_single", "search_night"):
        await tx.run(f"DELETE FROM {table} WHERE event_id = $1", event_id)


async def empty_series(tx: Tx, limit: int) -> list[int]:
    """Numbers of entries of series that have no nights."""
    rows = await tx.all(
        """SELECT s.n FROM search_series s WHERE NOT EXISTS (SELECT 1 FROM search_night x WHERE x.series_n = s.n)
           ORDER BY s.n LIMIT $1""",
        limit,
    )
    return [row[0] for row in rows]


async def drop_series(tx: Tx, n: int) -> None:
    """Deletes an entry of a series, unless it has a night by now. The lock comes first: a night that gets there before
    it is seen by the second statement."""
    await tx.lock("SELECT n FROM search_series WHERE n = $1", n)
    await tx.run(
        "DELETE FROM search_series WHERE n = $1 AND NOT EXISTS (SELECT 1 FROM search_night WHERE series_n = $1)", n
    )


async def outdated(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Ids of events whose entries are missing or differ from them, or are of no use: those that are over, and those
    that are no longer published."""
    rows = await tx.all(
        """SELECT e.event_id AS event_id FROM event e LEFT JOIN search_event s ON s.event_id = e.event_id
           LEFT JOIN organizer_name o ON o.organizer_id = e.organizer_id
           WHERE e.state = 'PUBLISHED' AND e.archived = 0 AND e.starts_us > $3 AND e.ends_us > $1
             AND (s.event_id IS NULL OR s.version <> e.version OR s.organizer_name <> coalesce(o.name, ''))
           UNION
           SELECT s.event_id FROM search_event s LEFT JOIN event e ON e.event_id = s.event_id
           WHERE s.ends_us <= $1 OR e.event_id IS NULL OR e.state <> 'PUBLISHED'
           ORDER BY event_id LIMIT $2""",
        now_us,
        limit,
        now_us - MONTH_US,
    )
    return [row[0] for row in rows]


async def organizer_name(tx: Tx, organizer_id: str) -> str:
    """The name by which an organizer's events are found. Empty while identity was not asked; then it will be."""
    row = await tx.one("SELECT name FROM organizer_name WHERE organizer_id = $1", organizer_id)
    if row:
        return str(row[0])
    await tx.run(
        "INSERT INTO organizer_name (organizer_id, name, due_us) VALUES ($1, '', 0) ON CONFLICT DO NOTHING",
        organizer_id,
    )
    return ""


async def due_names(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Ids of organizers whose names are to be asked for now."""
    rows = await tx.all(
        "SELECT organizer_id FROM organizer_name WHERE due_us <= $1 ORDER BY due_us, organizer_id LIMIT $2",
        now_us,
        limit,
    )
    return [row[0] for row in rows]


async def save_name(tx: Tx, organizer_id: str, name: str, due_us: int) -> bool:
    """Saves an organizer's name, and when to ask for it again. True if it has changed."""
    same = await tx.run(
        "UPDATE organizer_name SET due_us = $3 WHERE organizer_id = $1 AND name = $2", organizer_id, name, due_us
    )
    if same:
        return False
    await tx.run("UPDATE organizer_name SET name = $2, due_us = $3 WHERE organizer_id = $1", organizer_id, name, due_us)
    return True


async def put_off_names(tx: Tx, organizer_ids: Sequence[str], due_us: int) -> None:
    """Sets when some organizers' names, at least one, are asked for again."""
    marks = ", ".join(f"${n}" for n in range(2, len(organizer_ids) + 2))
    await tx.run(f"UPDATE organizer_name SET due_us = $1 WHERE organizer_id IN ({marks})", due_us, *organizer_ids)


async def due_stock(tx: Tx, now_us: int, limit: int) -> dict[str, int]:
    """Events whose tickets left are to be asked for now, and their numbers of places, the longest due first."""
    rows = await tx.all(
        """SELECT event_id, capacity FROM search_event WHERE stock_due_us <= $1 AND ends_us > $1
           ORDER BY stock_due_us, event_id LIMIT $2""",
        now_us,
        limit,
    )
    return dict(rows)


async def save_stock(tx: Tx, event_ids: Sequence[str], *, sold_out: bool, due_us: int) -> None:
    """Saves whether some events, at least one, are sold out, and when to ask again."""
    listed = ", ".join(f"${n}" for n in range(1, len(event_ids) + 1))
    await tx.lock(f"SELECT event_id FROM search_event WHERE event_id IN ({listed}) ORDER BY event_id", *event_ids)
    marks = ", ".join(f"${n}" for n in range(2, len(event_ids) + 2))
    await tx.run(f"UPDATE search_event SET stock_due_us = $1 WHERE event_id IN ({marks})", due_us, *event_ids)
    for table in ("search_single", "search_night"):
        await tx.run(
            f"UPDATE {table} SET sold_out = $1 WHERE event_id IN ({marks}) AND sold_out <> $1",
            int(sold_out),
            *event_ids,
        )
