"""catalog's SQL for the entries of the search: writing them, and finding those that are outdated."""

from collections.abc import Sequence

from services.catalog.search.entry import MONTH_US, Entry
from services.kit.db import Tx

COLUMNS = (
    "event_id, organizer_id, version, title, city_folded, organizer_name, kind, online, starts_us, ends_us,"
    " sales_end_us, currency, cheapest_minor, dearest_minor, capacity, series_id"
)
RENEWED = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS.split(", ")[1:])


async def save(tx: Tx, entry: Entry) -> None:
    """Saves an entry in place of the event's former one. It stays sold out if it was."""
    row = await tx.one(
        f"""INSERT INTO search_entry ({COLUMNS})
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (event_id) DO UPDATE SET {RENEWED} RETURNING n""",
        entry.event_id,
        entry.organizer_id,
        entry.version,
        entry.title,
        entry.city_folded,
        entry.organizer_name,
        entry.kind,
        int(entry.online),
        entry.starts_us,
        entry.ends_us,
        entry.sales_end_us,
        entry.currency,
        entry.cheapest_minor,
        entry.dearest_minor,
        entry.capacity,
        entry.series_id,
    )
    assert row is not None, "it was inserted or updated"
    await tx.run("DELETE FROM search_text WHERE rowid = $1", row[0])
    await tx.run("INSERT INTO search_text (rowid, words) VALUES ($1, $2)", row[0], " ".join(entry.words))


async def drop(tx: Tx, event_id: str) -> None:
    """Deletes an event's entry, if it has one."""
    row = await tx.one("DELETE FROM search_entry WHERE event_id = $1 RETURNING n", event_id)
    if row:
        await tx.run("DELETE FROM search_text WHERE rowid = $1", row[0])


async def outdated(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Ids of events whose entries are missing or differ from them, or are of no use: those that are over, and those
    that are no longer published."""
    rows = await tx.all(
        """SELECT e.event_id AS event_id FROM event e LEFT JOIN search_entry s ON s.event_id = e.event_id
           LEFT JOIN organizer_name o ON o.organizer_id = e.organizer_id
           WHERE e.state = 'PUBLISHED' AND e.starts_us > $3 AND e.ends_us > $1
             AND (s.event_id IS NULL OR s.version <> e.version OR s.organizer_name <> coalesce(o.name, ''))
           UNION
           SELECT s.event_id FROM search_entry s LEFT JOIN event e ON e.event_id = s.event_id
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
        """SELECT event_id, capacity FROM search_entry WHERE stock_due_us <= $1 AND ends_us > $1
           ORDER BY stock_due_us, event_id LIMIT $2""",
        now_us,
        limit,
    )
    return dict(rows)


async def save_stock(tx: Tx, event_ids: Sequence[str], *, sold_out: bool, due_us: int) -> None:
    """Saves whether some events, at least one, are sold out, and when to ask again."""
    marks = ", ".join(f"${n}" for n in range(1, len(event_ids) + 1))
    await tx.lock(f"SELECT event_id FROM search_entry WHERE event_id IN ({marks}) ORDER BY event_id", *event_ids)
    await tx.run(
        f"""UPDATE search_entry SET sold_out = ${len(event_ids) + 1}, stock_due_us = ${len(event_ids) + 2}
            WHERE event_id IN ({marks})""",
        *event_ids,
        int(sold_out),
        due_us,
    )
