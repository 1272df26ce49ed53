"""Migrations keep the notices and deliveries of an older database."""

import json
from pathlib import Path

from services.kit.db.database import Database, Tx
from services.kit.db.migrations import migrate
from services.notifications import announcement_store, delivery_store, store
from services.notifications.deliveries import ChannelName, Delivery, DeliveryState
from services.notifications.notices import Announcement, Notice, NoticeKind, NoticeState
from tests import databases
from tests.sources import SERVICES

SCHEMA = SERVICES / "notifications" / "schema"

# Each notice before the migration: kind, rank, state, mail, at_us, mail_us, tries, next_try_us, written_us, counted.
OLD = {
    "ntf_code": ("ACCESS_CODE", 0, "PENDING", "PENDING", 5, 0, 2, 7, None, 0),
    "ntf_moved": ("EVENT_RESCHEDULED", 2, "WRITTEN", "PENDING", 5, 9, 0, 9, 6, 1),
    "ntf_sent": ("ORDER_PAID", 1, "WRITTEN", "SENT", 5, 0, 1, 6, 6, 0),
    "ntf_unwritten": ("ORDER_PAID", 1, "PENDING", "PENDING", 5, 0, 3, 8, None, 0),
    "ntf_withheld": ("TICKETS", 1, "WRITTEN", "WITHHELD", 5, 0, 0, 5, 6, 0),
}

# The payload of a move before the migration, and after it.
EVENT = {"title": "Noite", "starts_local": "2026-12-01T21:00", "time_zone": "America/Sao_Paulo"}
OLD_MOVE = {"event": EVENT, "old": {"starts_local": "2026-12-01T20:00", "time_zone": "America/Sao_Paulo"}}
MOVED = {
    "event": EVENT,
    "changes": {
        "starts_local": ["2026-12-01T20:00", "2026-12-01T21:00"],
        "time_zone": ["America/Sao_Paulo", "America/Sao_Paulo"],
    },
}


async def before_deliveries(tx: Tx) -> None:
    for notification_id, row in OLD.items():
        await tx.run(
            """INSERT INTO notification (notification_id, buyer_id, dedup_key, event_id, order_id, payload, kind, rank,
               state, mail, at_us, mail_us, tries, next_try_us, written_us, counted)
               VALUES ($1, '', 'key', '', '', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
            notification_id,
            json.dumps(OLD_MOVE) if row[0] == "EVENT_RESCHEDULED" else "{}",
            *row,
        )
    await tx.run(
        """INSERT INTO announcement (announcement_id, event_id, payload, at_us, version, mail_us)
           VALUES ('evt_1@2', 'evt_1', $1, 5, 2, 9)""",
        json.dumps(OLD_MOVE),
    )


async def migrated(tmp_path: Path) -> Database:
    """An older database after all migrations."""
    old = tmp_path / "notifications" / "schema"
    old.mkdir(parents=True)
    for path in SCHEMA.glob("000[1-4]_*.sql"):
        (old / path.name).write_text(path.read_text())
    database = await databases.opened("notifications", tmp_path, old)
    await database.write(before_deliveries)

    await migrate(database, SCHEMA, epoch="epo_1", now_us=2)
    return database


async def test_the_mail_of_each_written_notice_becomes_a_delivery(tmp_path: Path) -> None:
    database = await migrated(tmp_path)

    notices = {name: await database.read(store.find, name) for name in OLD}
    assert notices["ntf_unwritten"] == Notice(
        notification_id="ntf_unwritten",
        buyer_id="",
        kind=NoticeKind.ORDER_PAID,
        dedup_key="key",
        payload="{}",
        at_us=5,
        tries=3,
    )
    code = notices["ntf_code"]
    assert code is not None
    assert (code.state, code.written_us) == (NoticeState.WRITTEN, 5)
    found = {name: await database.read(delivery_store.find, name, ChannelName.EMAIL) for name in OLD}
    expected: dict[str, tuple[DeliveryState, int, int, bool]] = {
        "ntf_code": (DeliveryState.PENDING, 5, 2, False),
        "ntf_moved": (DeliveryState.PENDING, 9, 0, True),
        "ntf_sent": (DeliveryState.SENT, 5, 1, False),
        "ntf_withheld": (DeliveryState.WITHHELD, 5, 0, False),
    }
    assert {name: values(delivery) for name, delivery in found.items() if delivery} == expected
    due = await database.read(delivery_store.due, ChannelName.EMAIL, [0], (0, 2), now_us=9, limit=9)
    assert due == [("ntf_code", 0), ("ntf_moved", 0)]
    assert await database.read(store.due_texts, [0], now_us=8, limit=9) == [("ntf_unwritten", 0)]
    await database.close()


async def test_a_told_move_becomes_a_change_of_an_announcement(tmp_path: Path) -> None:
    database = await migrated(tmp_path)

    moved = await database.read(store.find, "ntf_moved")
    assert moved is not None
    assert (moved.kind, json.loads(moved.payload)) == (NoticeKind.EVENT_CHANGED, MOVED)
    assert await database.read(announcement_store.announcements_since, "evt_1", 0) == [
        Announcement(announcement_id="evt_1@2", event_id="evt_1", due_us=9, closed=True)
    ]
    (change,) = await database.read(announcement_store.changes_of, "evt_1@2")
    assert (change.change_id, change.event_id, change.version, change.at_us) == ("evt_1@2", "evt_1", 2, 5)
    assert json.loads(change.payload) == MOVED
    await database.close()


def values(delivery: Delivery) -> tuple[DeliveryState, int, int, bool]:
    return delivery.state, delivery.at_us, delivery.tries, delivery.counted
