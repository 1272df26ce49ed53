"""notifications' SQL about notices and their readers."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from services.kit.db import Tx, of_shards
from services.kit.feeds import merges
from services.notifications.notices import Notice, NoticeKind, NoticeState, SortKey

# The place before the newest notification of any list.
BEGINNING: SortKey = (2**62, "")

NAMES = tuple(field.name for field in fields(Notice))
COLUMNS = ", ".join(f"notification.{name}" for name in NAMES)
# The notifications that a reader sees. $1: the reader. $2: the person that the reader was merged into, or the reader. A
# person sees all of their own. A merged session sees those about orders that it made and about the events of these.
IS_THEIRS = """
    notification.buyer_id = $2 AND ($1 = $2
        OR notification.order_id IN (SELECT order_id FROM bought WHERE subject_id = $1)
        OR notification.order_id = '' AND notification.event_id IN (SELECT event_id FROM bought WHERE subject_id = $1))
"""


async def claim(tx: Tx, notice: Notice) -> bool:
    """Writes a new notice, due at once. False if it is there already."""
    claimed = """
        INSERT INTO notification
            (notification_id, buyer_id, kind, rank, dedup_key, event_id, order_id, payload, state, written_us,
             at_us, next_try_us, shard)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
        ON CONFLICT DO NOTHING RETURNING 1
    """
    row = await tx.one(
        claimed,
        notice.notification_id,
        notice.buyer_id,
        notice.kind,
        notice.rank,
        notice.dedup_key,
        notice.event_id,
        notice.order_id,
        notice.payload,
        notice.state,
        notice.written_us,
        notice.at_us,
        notice.shard,
    )
    return row is not None


async def find(tx: Tx, notification_id: str) -> Notice | None:
    """The notice with an id, if there is one."""
    row = await tx.one(f"SELECT {COLUMNS} FROM notification WHERE notification_id = $1", notification_id)
    return notice_of(row) if row else None


async def of_order(tx: Tx, order_id: str) -> list[Notice]:
    """The notices that confirm an order or contain its tickets."""
    wanted = f"SELECT {COLUMNS} FROM notification WHERE dedup_key = $1 AND kind IN ('ORDER_PAID', 'TICKETS')"
    return [notice_of(row) for row in await tx.all(f"{wanted} ORDER BY notification_id", order_id)]


async def save_payload(tx: Tx, notification_id: str, payload: str) -> None:
    """Replaces the payload of a notice, from which the texts of its deliveries are made."""
    await tx.run("UPDATE notification SET payload = $2 WHERE notification_id = $1", notification_id, payload)


async def note_bought(tx: Tx, subject_id: str, order_id: str, event_id: str) -> None:
    """Notes that a subject, a session or a person, made an order."""
    await tx.run(
        "INSERT INTO bought (subject_id, order_id, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        subject_id,
        order_id,
        event_id,
    )


async def written_after(tx: Tx, reader_id: str, person_id: str, after: int, limit: int) -> list[tuple[Notice, int]]:
    """The notices written for a reader after a position, each with its own position. person_id: the person that the
    reader was merged into, or the reader. Notices written for a guest session before its merge are the person's."""
    wanted = f"""
        SELECT {COLUMNS}, outbox.pos FROM outbox
        JOIN notification ON notification.notification_id = outbox.aggregate_id
        WHERE outbox.topic IN (SELECT $2 UNION ALL SELECT subject_id FROM subject_person WHERE person_id = $2)
            AND outbox.pos > $3 AND {IS_THEIRS}
        ORDER BY outbox.pos LIMIT $4
    """
    return [(notice_of(row), pos) for *row, pos in await tx.all(wanted, reader_id, person_id, after, limit)]


async def list_of(tx: Tx, reader_id: str, *, after: SortKey | None, size: int) -> list[Notice]:
    """A page of a reader's written notices, newest first."""
    wanted = f"""
        SELECT {COLUMNS} FROM notification
        WHERE {IS_THEIRS} AND state = 'WRITTEN' AND (written_us, notification_id) < ($3, $4)
        ORDER BY written_us DESC, notification_id DESC LIMIT $5
    """
    rows = await tx.all(wanted, reader_id, await merges.person_of(tx, reader_id), *(after or BEGINNING), size)
    return [notice_of(row) for row in rows]


def notice_of(row: Sequence[Any]) -> Notice:
    """The notice that the columns of a row hold."""
    values = dict(zip(NAMES, row, strict=True))
    values["kind"], values["state"] = NoticeKind(values["kind"]), NoticeState(values["state"])
    return Notice(**values)


async def due_texts(tx: Tx, shards: Sequence[int], *, now_us: int, limit: int) -> list[tuple[str, int]]:
    """(id, shard) of due notices of some shards without a text, the lowest rank first."""
    in_order = "ORDER BY rank, next_try_us LIMIT $2"
    of_shard = f"""
        SELECT notification_id, shard, rank, next_try_us FROM notification
        WHERE {{in_shard}} AND state = 'PENDING' AND next_try_us <= $1 {in_order}
    """
    wanted = f"SELECT notification_id, shard FROM ({of_shards(of_shard, shards)}) AS due {in_order}"
    return [(row[0], row[1]) for row in await tx.all(wanted, now_us, limit)]


async def put_off_text(tx: Tx, notification_id: str, *, at_us: int) -> None:
    """Notes that a notice's text could not be written, and when the next try is due."""
    await tx.run(
        "UPDATE notification SET tries = tries + 1, next_try_us = $2 WHERE notification_id = $1", notification_id, at_us
    )


async def write_down(tx: Tx, notification_id: str, *, subject: str, text: str, now_us: int) -> str | None:
    """Gives a notice its text. Returns the id of its reader, who may have changed by a merge; None if it has its text
    already."""
    written = """
        UPDATE notification SET subject = $2, text = $3, state = 'WRITTEN', written_us = $4
        WHERE notification_id = $1 AND state = 'PENDING' RETURNING buyer_id
    """
    row = await tx.one(written, notification_id, subject, text, now_us)
    return row[0] if row else None


async def serialize_on(tx: Tx, event_id: str) -> None:
    """Makes other transactions about an event's holders and announcements wait until this one ends. So a holder who is
    added during an announcement gets its notice, either from the announcement or from the addition."""
    await tx.run(
        "INSERT INTO event_turn (event_id, turns) VALUES ($1, 1) ON CONFLICT (event_id) DO UPDATE SET turns = 1",
        event_id,
    )


async def move_to_person(tx: Tx, guest_id: str, person_id: str) -> None:
    """Gives a guest session's notices to a person."""
    await tx.run("UPDATE notification SET buyer_id = $2 WHERE buyer_id = $1", guest_id, person_id)
