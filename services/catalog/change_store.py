"""catalog's SQL for changes of published events that inventory is being told of."""

import msgspec

from services.catalog.changing import Change
from services.catalog.events import Event
from services.kit.db import Tx

EVENTS = msgspec.json.Decoder(Event)


async def next_number(tx: Tx, event_id: str) -> int:
    """The number of an event's next provision. The caller has locked the event."""
    row = await tx.one(
        "UPDATE event SET provisions = provisions + 1 WHERE event_id = $1 RETURNING provisions", event_id
    )
    assert row is not None, "the event is locked"
    return int(row[0])


async def find_change(tx: Tx, event_id: str) -> Change | None:
    """The change of an event that is not completed yet. The caller has locked the event."""
    row = await tx.one("SELECT number, wanted FROM event_change WHERE event_id = $1", event_id)
    return Change(row[0], EVENTS.decode(row[1])) if row else None


async def save_change(tx: Tx, change: Change, *, due_us: int) -> None:
    """Writes a change, or its new number. due_us: when the worker is to complete it."""
    await tx.run(
        """INSERT INTO event_change (event_id, number, wanted, due_us) VALUES ($1, $2, $3, $4)
           ON CONFLICT (event_id) DO UPDATE SET number = excluded.number, due_us = excluded.due_us""",
        change.wanted.event_id,
        change.number,
        msgspec.json.encode(change.wanted).decode(),
        due_us,
    )


async def delete_change(tx: Tx, change: Change) -> bool:
    """Deletes a change. False if another attempt has given it a new number, or has ended it."""
    return (
        await tx.run(
            "DELETE FROM event_change WHERE event_id = $1 AND number = $2", change.wanted.event_id, change.number
        )
        > 0
    )


async def due_changes(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Ids of events whose change is to be completed now, the longest overdue first."""
    rows = await tx.all(
        "SELECT event_id FROM event_change WHERE due_us <= $1 ORDER BY due_us, event_id LIMIT $2", now_us, limit
    )
    return [row[0] for row in rows]
