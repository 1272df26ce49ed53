"""notifications' SQL about the holders of an event's tickets, and the announcements that go to all of them."""

from dataclasses import fields

from services.kit.db import Row, Tx
from services.notifications.notices import Announcement

NAMES = tuple(field.name for field in fields(Announcement))
COLUMNS = ", ".join(NAMES)


async def add_holder(tx: Tx, event_id: str, buyer_id: str, *, paid: bool) -> None:
    """Notes that a person holds tickets of an event. paid: whether a payment provider took money for them."""
    added = """
        INSERT INTO ticket_holder (event_id, buyer_id, paid) VALUES ($1, $2, $3)
        ON CONFLICT (event_id, buyer_id) DO UPDATE SET paid = 1 WHERE excluded.paid = 1
    """
    await tx.run(added, event_id, buyer_id, int(paid))


async def holders_after(tx: Tx, event_id: str, after_buyer_id: str, limit: int) -> list[str]:
    """The next holders of an event's tickets, in the order of their ids."""
    wanted = """
        SELECT buyer_id FROM ticket_holder WHERE event_id = $1 AND buyer_id > $2 ORDER BY buyer_id LIMIT $3
    """
    return [row[0] for row in await tx.all(wanted, event_id, after_buyer_id, limit)]


async def readers_of(tx: Tx, dedup_key: str, first_id: str, last_id: str) -> frozenset[str]:
    """The people between two ids who already have a notice with a dedup_key, also one that a guest session brought."""
    wanted = """
        SELECT DISTINCT buyer_id FROM notification
        WHERE dedup_key = $1 AND buyer_id BETWEEN $2 AND $3 ORDER BY buyer_id
    """
    return frozenset(row[0] for row in await tx.all(wanted, dedup_key, first_id, last_id))


async def claim_announcement(tx: Tx, announcement: Announcement) -> bool:
    """Writes a new announcement. False if it is there already."""
    claimed = """
        INSERT INTO announcement (announcement_id, event_id, payload, at_us, version, deliver_us)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING 1
    """
    row = await tx.one(
        claimed,
        announcement.announcement_id,
        announcement.event_id,
        announcement.payload,
        announcement.at_us,
        announcement.version,
        announcement.deliver_us,
    )
    return row is not None


async def open_round(tx: Tx, event_id: str, now_us: int) -> int | None:
    """When the open round of an event's changes is delivered; None if no round is open."""
    wanted = "SELECT max(deliver_us) FROM announcement WHERE event_id = $1 AND closed = 0 AND deliver_us > $2"
    row = await tx.one(wanted, event_id, now_us)
    return row[0] if row else None


async def round_of(tx: Tx, announcement_id: str) -> tuple[int, bool]:
    """When an announcement's round is delivered, and whether it is closed."""
    row = await tx.one("SELECT deliver_us, closed FROM announcement WHERE announcement_id = $1", announcement_id)
    assert row is not None, "announcements are never deleted"
    return row[0], bool(row[1])


async def close_round(tx: Tx, event_id: str, deliver_us: int) -> None:
    """Notes that deliveries of a round may have left: a later change begins another round."""
    await tx.run("UPDATE announcement SET closed = 1 WHERE event_id = $1 AND deliver_us = $2", event_id, deliver_us)


async def last_of_round(tx: Tx, event_id: str, deliver_us: int) -> str:
    """The id of a round's last announcement."""
    wanted = """
        SELECT announcement_id FROM announcement WHERE event_id = $1 AND deliver_us = $2
        ORDER BY version DESC, announcement_id DESC LIMIT 1
    """
    (row,) = await tx.all(wanted, event_id, deliver_us)
    last: str = row[0]
    return last


async def first_notice(tx: Tx, dedup_key: str, buyer_id: str) -> str:
    """The one notice with a dedup_key that is delivered to a person. After a merge a person may have several."""
    wanted = "SELECT min(notification_id) FROM notification WHERE dedup_key = $1 AND buyer_id = $2"
    (row,) = await tx.all(wanted, dedup_key, buyer_id)
    first: str = row[0]
    return first


async def first_payload(tx: Tx, event_id: str, deliver_us: int, buyer_id: str) -> str:
    """The payload of the first notice of a round that a person has."""
    wanted = """
        SELECT notification.payload FROM announcement
        JOIN notification ON notification.dedup_key = announcement.announcement_id
        WHERE announcement.event_id = $1 AND announcement.deliver_us = $2 AND notification.buyer_id = $3
        ORDER BY announcement.version, announcement.announcement_id LIMIT 1
    """
    (row,) = await tx.all(wanted, event_id, deliver_us, buyer_id)
    payload: str = row[0]
    return payload


async def due_announcements(tx: Tx, limit: int) -> list[str]:
    """Announcements that have not reached all holders yet, oldest first."""
    wanted = "SELECT announcement_id FROM announcement WHERE done = 0 ORDER BY at_us, announcement_id LIMIT $1"
    return [row[0] for row in await tx.all(wanted, limit)]


async def announcements_since(tx: Tx, event_id: str, since_us: int) -> list[Announcement]:
    """An event's announcements since a time, oldest first."""
    wanted = f"""
        SELECT {COLUMNS} FROM announcement
        WHERE event_id = $1 AND at_us >= $2 ORDER BY at_us, announcement_id
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
    values["done"] = bool(values["done"])
    return Announcement(**values)


async def move_announcement(tx: Tx, announcement_id: str, *, after_buyer_id: str, done: bool) -> None:
    """Notes the last holder for whom an announcement has made a notice, and whether that was the last of all."""
    await tx.run(
        "UPDATE announcement SET after_buyer_id = $2, done = $3 WHERE announcement_id = $1",
        announcement_id,
        after_buyer_id,
        int(done),
    )
