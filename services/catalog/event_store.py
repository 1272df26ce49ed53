"""catalog's SQL for events."""

from collections.abc import Sequence
from dataclasses import astuple

import msgspec

from services.catalog import type_store, venue_store
from services.catalog.areas import Area
from services.catalog.details import Details
from services.catalog.events import TICKETED, Admission, Event, State, TicketType
from services.kit.db import Row, Tx
from services.kit.values import folded

# The columns of an event that may change, and those that may not.
CHANGING = (
    "title",
    "title_folded",
    "description",
    "venue_id",
    "plan_id",
    "starts_local",
    "starts_us",
    "ends_us",
    "capacity",
    "tickets_per_order_max",
    "tickets_per_person_max",
    "online_url",
    "state",
    "version",
    "details",
    "archived",
    "areas",
)
FIXED = ("organizer_id", "kind", "admission", "time_zone", "currency", "series_id", "orphan_rule")
EVENT = """e.event_id, e.organizer_id, e.title, e.description, e.kind, e.admission, e.venue_id, e.plan_id,
e.starts_local, e.time_zone, e.starts_us, e.ends_us, e.capacity, e.currency, e.tickets_per_order_max, e.online_url,
e.series_id, e.state, e.version, e.details, e.archived, e.areas, e.orphan_rule, v.organizer_id, v.name, v.address,
v.city, v.time_zone, e.tickets_per_person_max"""
TICKETED_STATES = "('PUBLISHED', 'UNPUBLISHED')"
DETAILS = msgspec.json.Decoder(Details)
WITH_VENUE = "event e LEFT JOIN venue v ON v.venue_id = e.venue_id"
# Events are listed by starts_us and event_id. FIRST_KEY comes before all of them.
EventKey = tuple[int, str]
FIRST_KEY: EventKey = (-(2**62), "")


def column(event: Event, name: str) -> object:
    """The value of a column of an event."""
    match name:
        case "title_folded":
            return folded(event.title)
        case "venue_id":
            return event.venue.venue_id if event.venue else ""
        case "details":
            return msgspec.json.encode(event.details).decode()
        case "areas":
            return msgspec.json.encode([astuple(area) for area in event.areas]).decode()
        case "archived":
            return int(event.archived)
        case _:
            return getattr(event, name)


async def claim_event(tx: Tx, event: Event, content_hash: str) -> bool:
    """Saves a new event. False if its id is taken."""
    names = (*CHANGING, *FIXED)
    marks = ", ".join(f"${n}" for n in range(3, len(names) + 3))
    claimed = await tx.one(
        f"""INSERT INTO event (event_id, content_hash, {", ".join(names)}) VALUES ($1, $2, {marks})
            ON CONFLICT (event_id) DO NOTHING RETURNING 1""",
        event.event_id,
        content_hash,
        *(column(event, name) for name in names),
    )
    return claimed is not None


async def event_hash(tx: Tx, event_id: str) -> tuple[str, str] | None:
    """The organizer of an event, and the hash of the request that created it."""
    row = await tx.one("SELECT organizer_id, content_hash FROM event WHERE event_id = $1", event_id)
    return (row[0], row[1]) if row else None


async def lock_event(tx: Tx, event_id: str, organizer_id: str) -> Event | None:
    """An organizer's event, locked until the end of the transaction."""
    await tx.lock(
        "SELECT event_id FROM event WHERE event_id = $1 AND organizer_id = $2 ORDER BY event_id", event_id, organizer_id
    )
    return await find_event(tx, event_id, organizer_id)


async def lock_any(tx: Tx, event_id: str) -> Event | None:
    """An event of any organizer, locked until the end of the transaction."""
    await tx.lock("SELECT event_id FROM event WHERE event_id = $1", event_id)
    return await find_event(tx, event_id)


async def find_event(tx: Tx, event_id: str, organizer_id: str = "") -> Event | None:
    """An event in any state. organizer_id: only if it is this organizer's."""
    rows = await tx.all(
        f"SELECT {EVENT} FROM {WITH_VENUE} WHERE e.event_id = $1 AND ($2 = '' OR e.organizer_id = $2)",
        event_id,
        organizer_id,
    )
    found = await events_of(tx, rows)
    return found[0] if found else None


async def published_events(tx: Tx, event_ids: Sequence[str]) -> list[Event]:
    """Those among some events that are or were published, in no particular order."""
    marks = ", ".join(f"${n}" for n in range(1, len(event_ids) + 1))
    rows = await tx.all(
        f"SELECT {EVENT} FROM {WITH_VENUE} WHERE e.event_id IN ({marks}) ORDER BY e.event_id", *event_ids
    )
    # Here rather than in SQL: SQLite would read all published events to find some of them.
    return [event for event in await events_of(tx, rows) if event.state in TICKETED]


async def published_versions(tx: Tx, event_ids: Sequence[str]) -> dict[str, int]:
    """The versions of those among some events, at least one, that are or were published."""
    marks = ", ".join(f"${n}" for n in range(1, len(event_ids) + 1))
    rows = await tx.all(f"SELECT event_id, version, state FROM event WHERE event_id IN ({marks})", *event_ids)
    return {event_id: version for event_id, version, state in rows if State(state) in TICKETED}


async def events_after(tx: Tx, organizer_id: str, after: EventKey, size: int, *, with_archived: bool) -> list[Event]:
    """An organizer's events, soonest first. after: key of the last event of the page before. with_archived: also those
    that it has put away."""
    rows = await tx.all(
        f"""SELECT {EVENT} FROM {WITH_VENUE}
            WHERE e.organizer_id = $1 AND (e.starts_us, e.event_id) > ($2, $3) AND e.archived <= $5
            ORDER BY e.starts_us, e.event_id LIMIT $4""",
        organizer_id,
        *after,
        size,
        int(with_archived),
    )
    return await events_of(tx, rows)


async def events_of(tx: Tx, rows: Sequence[Row]) -> list[Event]:
    """Rows of the columns EVENT, with their ticket types."""
    if not rows:
        return []
    types = await type_store.types_of(tx, [row[0] for row in rows])
    return [_event(row, types[row[0]]) for row in rows]


def _event(row: Row, types: tuple[TicketType, ...]) -> Event:
    return Event(
        event_id=row[0],
        organizer_id=row[1],
        title=row[2],
        description=row[3],
        kind=row[4],
        admission=Admission(row[5]),
        venue=venue_store.venue((row[6], *row[23:28])) if row[6] else None,
        plan_id=row[7],
        starts_local=row[8],
        time_zone=row[9],
        starts_us=row[10],
        ends_us=row[11],
        capacity=row[12],
        currency=row[13],
        tickets_per_order_max=row[14],
        online_url=row[15],
        series_id=row[16],
        state=State(row[17]),
        version=row[18],
        details=DETAILS.decode(row[19]),
        archived=bool(row[20]),
        types=types,
        areas=tuple(Area(*area) for area in msgspec.json.decode(row[21])),
        orphan_rule=row[22],
        tickets_per_person_max=row[28],
    )


async def save_event(tx: Tx, event: Event, *, known_version: int) -> bool:
    """Saves an event apart from its ticket types. False if the event has changed since known_version."""
    values = ", ".join(f"{name} = ${n}" for n, name in enumerate(CHANGING, start=3))
    saved = await tx.one(
        f"UPDATE event SET {values} WHERE event_id = $1 AND version = $2 RETURNING 1",
        event.event_id,
        known_version,
        *(column(event, name) for name in CHANGING),
    )
    return saved is not None


async def delete_event(tx: Tx, event_id: str) -> None:
    """Deletes a draft. Its ticket types are deleted before."""
    await tx.run("DELETE FROM event WHERE event_id = $1", event_id)
