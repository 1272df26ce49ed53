"""notifications' SQL about the changes of events, and their announcements to all holders of tickets."""

from dataclasses import fields

from services.kit.db import Row, Tx
from services.notifications.changes import Change
from services.notifications.notices import Announcement

NAMES = tuple(field.name for field in fields(Announcement))
COLUMNS = ", ".join(f"announcement.{name}" for name in NAMES)
CHANGE_NAMES = tuple(field.name for field in fields(Change))
CHANGE = ", ".join(CHANGE_NAMES)


async def readers_of(tx: Tx, dedup_key: str, first_id: str, last_id: str) -> frozenset[str]:
    """The people between two ids who already have a notice with a dedup_key, also one that a guest session brought."""
    wanted = """
        SELECT DISTINCT buyer_id FROM notification
        WHERE dedup_key = $1 AND buyer_id BETWEEN $2 AND $3 ORDER BY buyer_id
    """
    return frozenset(row[0] for row in await tx.all(wanted, dedup_key, first_id, last_id))


async def first_notice(tx: Tx, dedup_key: str, buyer_id: str) -> str:
    """The one notice with a dedup_key that is delivered to a person. After a merge a person may have several."""
    wanted = "SELECT min(notification_id) FROM notification WHERE dedup_key = $1 AND buyer_id = $2"
    (row,) = await tx.all(wanted, dedup_key, buyer_id)
    first: str = row[0]
    return first


async def open_announcement(tx: Tx, event_id: str) -> Announcement | None:
    """The announcement of an event that further changes join; None if there is none."""
    row = await tx.one(f"SELECT {COLUMNS} FROM announcement WHERE event_id = $1 AND closed = 0", event_id)
    return announcement_of(row) if row else None


async def add_announcement(tx: Tx, announcement: Announcement) -> None:
    """Writes a new announcement."""
    await tx.run(
        "INSERT INTO announcement (announcement_id, event_id, due_us) VALUES ($1, $2, $3)",
        announcement.announcement_id,
        announcement.event_id,
        announcement.due_us,
    )


async def make_due_at(tx: Tx, announcement_id: str, due_us: int) -> None:
    """Sets when the holders are told."""
    await tx.run("UPDATE announcement SET due_us = $2 WHERE announcement_id = $1", announcement_id, due_us)


async def close(tx: Tx, announcement_id: str) -> None:
    """Notes that an announcement's notices are being made."""
    await tx.run("UPDATE announcement SET closed = 1 WHERE announcement_id = $1", announcement_id)


async def has_change(tx: Tx, change_id: str) -> bool:
    """Whether a change has been noted."""
    return await tx.one("SELECT 1 FROM event_change WHERE change_id = $1", change_id) is not None


async def add_change(tx: Tx, change: Change, announcement_id: str) -> None:
    """Writes a new change of an announcement."""
    await tx.run(
        f"INSERT INTO event_change ({CHANGE}, announcement_id) VALUES ($1, $2, $3, $4, $5, $6)",
        *(getattr(change, name) for name in CHANGE_NAMES),
        announcement_id,
    )


async def replace_change(tx: Tx, change: Change) -> None:
    """Replaces a change by one with the same id."""
    await tx.run(
        "UPDATE event_change SET version = $2, payload = $3, at_us = $4 WHERE change_id = $1",
        change.change_id,
        change.version,
        change.payload,
        change.at_us,
    )


async def changes_of(tx: Tx, announcement_id: str) -> list[Change]:
    """The changes of an announcement, oldest first."""
    wanted = f"SELECT {CHANGE} FROM event_change WHERE announcement_id = $1 ORDER BY version, change_id"
    return [Change(**dict(zip(CHANGE_NAMES, row, strict=True))) for row in await tx.all(wanted, announcement_id)]


async def due_announcements(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Announcements that are due and have not reached all holders yet, oldest first."""
    wanted = """
        SELECT announcement_id FROM announcement
        WHERE done = 0 AND due_us <= $1 ORDER BY due_us, announcement_id LIMIT $2
    """
    return [row[0] for row in await tx.all(wanted, now_us, limit)]


async def announcements_since(tx: Tx, event_id: str, since_us: int) -> list[Announcement]:
    """The closed announcements of an event with changes since a time, oldest first."""
    wanted = f"""
        SELECT {COLUMNS} FROM announcement
        WHERE event_id = $1 AND closed = 1 AND EXISTS (
            SELECT 1 FROM event_change
            WHERE event_change.announcement_id = announcement.announcement_id AND event_change.at_us >= $2
        )
        ORDER BY due_us, announcement_id
    """
    return [announcement_of(row) for row in await tx.all(wanted, event_id, since_us)]


async def event_of(tx: Tx, announcement_id: str) -> str:
    """The event that an announcement is about."""
    row = await tx.one("SELECT event_id FROM announcement WHERE announcement_id = $1", announcement_id)
    assert row is not None, "announcements are never deleted"
    event_id: str = row[0]
    return event_id


async def lock_announcement(tx: Tx, announcement_id: str) -> Announcement:
    """An announcement, locked until the transaction ends."""
    wanted = f"""
        SELECT {COLUMNS} FROM announcement
        WHERE announcement_id = $1
    """
    (row,) = await tx.lock(wanted, announcement_id)
    return announcement_of(row)


def announcement_of(row: Row) -> Announcement:
    """The announcement that a row of the table holds."""
    values = dict(zip(NAMES, row, strict=True))
    values["closed"], values["done"] = bool(values["closed"]), bool(values["done"])
    return Announcement(**values)


async def move_announcement(tx: Tx, announcement_id: str, *, after_buyer_id: str, done: bool) -> None:
    """Notes the last holder for whom an announcement has made a notice, and whether that was the last of all."""
    await tx.run(
        "UPDATE announcement SET after_buyer_id = $2, done = $3 WHERE announcement_id = $1",
        announcement_id,
        after_buyer_id,
        int(done),
    )
