"""catalog's SQL for passes. The ticket type of a pass has its series as its event."""

import msgspec

from services.catalog import type_store
from services.catalog.event_store import EVENT, WITH_VENUE, events_of
from services.catalog.events import Event
from services.catalog.passes.passes import Night, Pass
from services.kit.db import Tx

NIGHTS = msgspec.json.Decoder(list[tuple[str, str]])


async def pass_hash(tx: Tx, ticket_type_id: str) -> tuple[str, str, str] | None:
    """The series or event of a ticket type, its organizer, and the hash of the request that added it."""
    row = await tx.one(
        "SELECT event_id, organizer_id, content_hash FROM ticket_type WHERE ticket_type_id = $1", ticket_type_id
    )
    return (row[0], row[1], row[2]) if row else None


async def save_pass(tx: Tx, series_id: str, saved: Pass) -> None:
    """Saves what a pass has beyond its ticket type: its nights, which never change, and its version."""
    await tx.run(
        """INSERT INTO pass (ticket_type_id, series_id, nights, version) VALUES ($1, $2, $3, $4)
           ON CONFLICT (ticket_type_id) DO UPDATE SET version = excluded.version""",
        saved.ticket_type.ticket_type_id,
        series_id,
        msgspec.json.encode([(night.event_id, night.ticket_type_id) for night in saved.nights]).decode(),
        saved.version,
    )


async def passes_of(tx: Tx, series_id: str) -> tuple[Pass, ...]:
    """The passes of a series, in the order in which they were added."""
    rows = await tx.all(
        "SELECT ticket_type_id, nights, version FROM pass WHERE series_id = $1 ORDER BY ticket_type_id", series_id
    )
    if not rows:
        return ()
    known = {row[0]: (tuple(Night(*night) for night in NIGHTS.decode(row[1])), row[2]) for row in rows}
    types = (await type_store.types_of(tx, [series_id]))[series_id]
    return tuple(Pass(ticket_type, *known[ticket_type.ticket_type_id]) for ticket_type in types)


async def nights_named(tx: Tx, passes: tuple[Pass, ...]) -> tuple[Event, ...]:
    """All events that are nights of some passes, at least one, soonest first."""
    ids = list(dict.fromkeys(night.event_id for one in passes for night in one.nights))
    marks = ", ".join(f"${n}" for n in range(1, len(ids) + 1))
    rows = await tx.all(
        f"SELECT {EVENT} FROM {WITH_VENUE} WHERE e.event_id IN ({marks}) ORDER BY e.starts_us, e.event_id", *ids
    )
    return tuple(await events_of(tx, rows))
