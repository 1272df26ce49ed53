"""notifications' SQL."""

from dataclasses import fields

from services.kit.db import Row, Tx
from services.notifications.notices import Announcement, Notice, SortKey

# Comes before every notification, newest first.
BEGINNING: SortKey = (2**62, "")

COLUMNS = ", ".join(field.name for field in fields(Notice))


async def claim(tx: Tx, notice: Notice) -> bool:
    """Writes a new notice, due at once. False where it is there already."""
    claimed = """
        INSERT INTO notification
            (notification_id, recipient_id, kind, rank, occasion, event_id, order_id, cause, at_us, next_try_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING 1
    """
    row = await tx.one(
        claimed,
        notice.notification_id,
        notice.recipient_id,
        notice.kind,
        notice.rank,
        notice.occasion,
        notice.event_id,
        notice.order_id,
        notice.cause,
        notice.at_us,
    )
    return row is not None


async def find(tx: Tx, notification_id: str) -> Notice | None:
    """A notice."""
    row = await tx.one(f"SELECT {COLUMNS} FROM notification WHERE notification_id = $1", notification_id)
    return Notice(*row) if row else None


async def written_after(tx: Tx, recipient_id: str, after: int, limit: int) -> list[tuple[Notice, int]]:
    """What was written for a person after a position, with each one's own. What was written for a guest session that
    turned out to be this person counts as theirs."""
    columns = ", ".join(f"notification.{field.name}" for field in fields(Notice))
    wanted = f"""
        SELECT {columns}, outbox.pos FROM outbox
        JOIN notification ON notification.notification_id = outbox.aggregate_id
        WHERE outbox.topic IN (SELECT $1 UNION ALL SELECT subject_id FROM merged WHERE person_id = $1)
            AND outbox.pos > $2 AND notification.recipient_id = $1
        ORDER BY outbox.pos LIMIT $3
    """
    return [(Notice(*row), pos) for *row, pos in await tx.all(wanted, recipient_id, after, limit)]


async def list_of(tx: Tx, recipient_id: str, *, after: SortKey | None, size: int) -> list[Notice]:
    """A person's written notifications, newest first."""
    wanted = f"""
        SELECT {COLUMNS} FROM notification
        WHERE recipient_id = $1 AND state = 'WRITTEN' AND (written_us, notification_id) < ($2, $3)
        ORDER BY written_us DESC, notification_id DESC LIMIT $4
    """
    rows = await tx.all(wanted, recipient_id, *(after or BEGINNING), size)
    return [Notice(*row) for row in rows]


async def due(tx: Tx, state: str, ranks: tuple[int, int], *, now_us: int, limit: int) -> dict[str, int]:
    """Notices in a state to be worked on, with their ranks, the most urgent first. ranks: lowest and highest."""
    wanted = """
        SELECT notification_id, rank FROM notification
        WHERE mail = 'PENDING' AND state = $1 AND rank BETWEEN $2 AND $3 AND next_try_us <= $4
        ORDER BY rank, next_try_us LIMIT $5
    """
    return dict(await tx.all(wanted, state, *ranks, now_us, limit))


async def mail_waiting(tx: Tx, now_us: int) -> tuple[int, int]:
    """How many mails could have left by now, and since when the oldest could; 0 if there is none."""
    waiting = "SELECT count(*), coalesce(min(at_us), 0) FROM notification WHERE mail = 'PENDING' AND at_us <= $1"
    (row,) = await tx.all(waiting, now_us)
    return row[0], row[1]


async def write_down(tx: Tx, notification_id: str, *, subject: str, text: str, now_us: int) -> str | None:
    """Gives a notice its text. Whose it is by now; None where it has its text already."""
    written = """
        UPDATE notification SET subject = $2, text = $3, state = 'WRITTEN', written_us = $4
        WHERE notification_id = $1 AND state = 'PENDING' RETURNING recipient_id
    """
    row = await tx.one(written, notification_id, subject, text, now_us)
    return row[0] if row else None


async def is_to_be_sent(tx: Tx, notification_id: str) -> bool:
    """Whether a mail is still to be sent."""
    return (
        await tx.one("SELECT 1 FROM notification WHERE notification_id = $1 AND mail = 'PENDING'", notification_id)
        is not None
    )


async def settle_mail(tx: Tx, notification_id: str, mail: str) -> None:
    """Nothing more is to be sent."""
    await tx.run("UPDATE notification SET mail = $2 WHERE notification_id = $1", notification_id, mail)


async def try_again(tx: Tx, notification_id: str, *, at_us: int) -> None:
    """Notes when mail is tried again."""
    await tx.run(
        "UPDATE notification SET tries = tries + 1, next_try_us = $2 WHERE notification_id = $1", notification_id, at_us
    )


async def add_holder(tx: Tx, event_id: str, holder_id: str) -> None:
    """Somebody holds tickets of an event."""
    await tx.run(
        "INSERT INTO ticket_holder (event_id, holder_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", event_id, holder_id
    )


async def holders_after(tx: Tx, event_id: str, after_holder_id: str, limit: int) -> list[str]:
    """The next holders of an event's tickets."""
    wanted = """
        SELECT holder_id FROM ticket_holder WHERE event_id = $1 AND holder_id > $2 ORDER BY holder_id LIMIT $3
    """
    return [row[0] for row in await tx.all(wanted, event_id, after_holder_id, limit)]


async def told_of(tx: Tx, occasion: str, first_id: str, last_id: str) -> frozenset[str]:
    """Who of a run of people has been told of an occasion, perhaps under an earlier name."""
    wanted = """
        SELECT DISTINCT recipient_id FROM notification
        WHERE occasion = $1 AND recipient_id BETWEEN $2 AND $3 ORDER BY recipient_id
    """
    return frozenset(row[0] for row in await tx.all(wanted, occasion, first_id, last_id))


async def claim_announcement(tx: Tx, announcement: Announcement) -> bool:
    """Writes a new announcement. False where it is there already."""
    claimed = """
        INSERT INTO announcement (announcement_id, event_id, cause, at_us) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING 1
    """
    row = await tx.one(
        claimed, announcement.announcement_id, announcement.event_id, announcement.cause, announcement.at_us
    )
    return row is not None


async def due_announcements(tx: Tx, limit: int) -> list[str]:
    """Announcements that have not reached everybody, oldest first."""
    wanted = "SELECT announcement_id FROM announcement WHERE done = 0 ORDER BY at_us, announcement_id LIMIT $1"
    return [row[0] for row in await tx.all(wanted, limit)]


async def announcements_since(tx: Tx, event_id: str, since_us: int) -> list[Announcement]:
    """What an event's holders have been told since, oldest first."""
    wanted = """
        SELECT announcement_id, event_id, cause, at_us, after_holder_id, done FROM announcement
        WHERE event_id = $1 AND at_us >= $2 ORDER BY at_us, announcement_id
    """
    return [announcement_of(row) for row in await tx.all(wanted, event_id, since_us)]


async def event_of(tx: Tx, announcement_id: str) -> str:
    """Which event an announcement is about."""
    row = await tx.one("SELECT event_id FROM announcement WHERE announcement_id = $1", announcement_id)
    assert row is not None, "announcements are never deleted"
    event_id: str = row[0]
    return event_id


async def lock_announcement(tx: Tx, announcement_id: str) -> Announcement:
    """An announcement that stays as it is until the transaction ends."""
    wanted = """
        SELECT announcement_id, event_id, cause, at_us, after_holder_id, done FROM announcement
        WHERE announcement_id = $1
    """
    (row,) = await tx.lock(wanted, announcement_id)
    return announcement_of(row)


def announcement_of(row: Row) -> Announcement:
    """The announcement in a row."""
    announcement_id, event_id, cause, at_us, after_holder_id, done = row
    return Announcement(announcement_id, event_id, cause, at_us, after_holder_id, done=bool(done))


async def move_announcement(tx: Tx, announcement_id: str, *, after_holder_id: str, done: bool) -> None:
    """Notes how far an announcement has come."""
    await tx.run(
        "UPDATE announcement SET after_holder_id = $2, done = $3 WHERE announcement_id = $1",
        announcement_id,
        after_holder_id,
        int(done),
    )


async def person_behind(tx: Tx, subject_id: str) -> str:
    """The person a guest session turned out to be, or the subject itself. Claims the subject's row first, so that a
    merge under way is waited for."""
    await tx.run("INSERT INTO merged (subject_id, person_id) VALUES ($1, $1) ON CONFLICT DO NOTHING", subject_id)
    rows = await tx.lock("SELECT person_id FROM merged WHERE subject_id = $1", subject_id)
    person_id: str = rows[0][0]
    return person_id


async def take_turn(tx: Tx, event_id: str) -> None:
    """Makes every other transaction about who holds an event's tickets, and what they are told, wait until this one
    ends: a holder who comes while an announcement is made is told by one of them."""
    await tx.run(
        "INSERT INTO event_turn (event_id, turns) VALUES ($1, 1) ON CONFLICT (event_id) DO UPDATE SET turns = 1",
        event_id,
    )


async def events_of(tx: Tx, holder_id: str) -> list[str]:
    """The events of which somebody holds tickets, in order."""
    rows = await tx.all("SELECT event_id FROM ticket_holder WHERE holder_id = $1 ORDER BY event_id", holder_id)
    return [row[0] for row in rows]


async def merge(tx: Tx, guest_id: str, person_id: str) -> None:
    """Gives everything of a guest session to a person, also what is still to come."""
    await tx.lock("SELECT subject_id FROM merged WHERE person_id = $1 ORDER BY subject_id", guest_id)
    await tx.run("UPDATE merged SET person_id = $2 WHERE person_id = $1", guest_id, person_id)
    noted = """
        INSERT INTO merged (subject_id, person_id) VALUES ($1, $2)
        ON CONFLICT (subject_id) DO UPDATE SET person_id = excluded.person_id
    """
    await tx.run(noted, guest_id, person_id)
    for event_id in await events_of(tx, guest_id):
        await take_turn(tx, event_id)
    await tx.run("UPDATE notification SET recipient_id = $2 WHERE recipient_id = $1", guest_id, person_id)
    moved = """
        INSERT INTO ticket_holder (event_id, holder_id) SELECT event_id, $2 FROM ticket_holder WHERE holder_id = $1
        ON CONFLICT DO NOTHING
    """
    await tx.run(moved, guest_id, person_id)
    # The person may stand before the place that an announcement has come to, and must not be passed over.
    again = """
        UPDATE announcement SET after_holder_id = ''
        WHERE done = 0 AND event_id IN (SELECT event_id FROM ticket_holder WHERE holder_id = $1)
    """
    await tx.run(again, guest_id)
    await tx.run("DELETE FROM ticket_holder WHERE holder_id = $1", guest_id)
