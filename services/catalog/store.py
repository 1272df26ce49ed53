"""catalog's SQL about venues, events and ticket types."""

from collections.abc import Sequence
from dataclasses import fields

from services.catalog.events import Event, TicketType, Venue
from services.kit.db import Row, Tx

VENUE = "venue_id, organizer_id, name, address, city, time_zone"
EVENT_NAMES = tuple(field.name for field in fields(Event) if field.name != "types")
EVENT = ", ".join(EVENT_NAMES)
FIRST = (-(2**62), "")


async def claim_venue(tx: Tx, venue: Venue, content_hash: str) -> bool:
    """Writes a new venue. False if its id names one already."""
    row = await tx.one(
        f"""INSERT INTO venue ({VENUE}, city_folded, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (venue_id) DO NOTHING RETURNING 1""",
        venue.venue_id,
        venue.organizer_id,
        venue.name,
        venue.address,
        venue.city,
        venue.time_zone,
        venue.city.casefold(),
        content_hash,
    )
    return row is not None


async def venue(tx: Tx, venue_id: str, organizer_id: str = "") -> Venue | None:
    """A venue, if it is the organizer's where one is given."""
    row = await tx.one(
        f"SELECT {VENUE} FROM venue WHERE venue_id = $1 AND ($2 = '' OR organizer_id = $2)", venue_id, organizer_id
    )
    return Venue(*row) if row else None


async def same_venue(tx: Tx, venue_id: str, organizer_id: str, content_hash: str) -> bool:
    """Whether a venue is the organizer's and was made of that content."""
    row = await tx.one(
        "SELECT 1 FROM venue WHERE venue_id = $1 AND organizer_id = $2 AND content_hash = $3",
        venue_id,
        organizer_id,
        content_hash,
    )
    return row is not None


async def venues(tx: Tx, organizer_id: str, after: tuple[str, str], limit: int) -> list[Venue]:
    """An organizer's venues by name, after a place in the list."""
    rows = await tx.all(
        f"""SELECT {VENUE} FROM venue
            WHERE organizer_id = $1 AND (name > $2 OR (name = $2 AND venue_id > $3))
            ORDER BY name, venue_id LIMIT $4""",
        organizer_id,
        *after,
        limit,
    )
    return [Venue(*row) for row in rows]


async def claim_event(tx: Tx, event: Event, content_hash: str) -> bool:
    """Writes a new event. False if its id names one already."""
    parameters = ", ".join(f"${n}" for n in range(1, len(EVENT_NAMES) + 3))
    row = await tx.one(
        f"""INSERT INTO event ({EVENT}, title_folded, content_hash) VALUES ({parameters})
            ON CONFLICT (event_id) DO NOTHING RETURNING 1""",
        *(getattr(event, name) for name in EVENT_NAMES),
        event.title.casefold(),
        content_hash,
    )
    return row is not None


async def event_hash(tx: Tx, event_id: str, organizer_id: str) -> str:
    """What an organizer's event was made of; empty if it has no such event."""
    row = await tx.one(
        "SELECT content_hash FROM event WHERE event_id = $1 AND organizer_id = $2", event_id, organizer_id
    )
    return row[0] if row else ""


async def event(tx: Tx, event_id: str) -> Event | None:
    """An event with its ticket types."""
    row = await tx.one(f"SELECT {EVENT} FROM event WHERE event_id = $1", event_id)
    return await _whole(tx, row) if row else None


async def lock_event(tx: Tx, event_id: str, organizer_id: str) -> Event | None:
    """An organizer's event with its ticket types, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {EVENT} FROM event WHERE event_id = $1 AND organizer_id = $2", event_id, organizer_id)
    return await _whole(tx, rows[0]) if rows else None


async def _whole(tx: Tx, row: Row) -> Event:
    kinds = await tx.all(
        """SELECT ticket_type_id, name, kind, price_minor, capacity, half_of FROM ticket_type
           WHERE event_id = $1 ORDER BY n""",
        row[0],
    )
    categories = await tx.all(
        """SELECT c.ticket_type_id, c.category FROM type_category c JOIN ticket_type t USING (ticket_type_id)
           WHERE t.event_id = $1 ORDER BY c.ticket_type_id, c.n""",
        row[0],
    )
    types = tuple(
        TicketType(
            ticket_type_id,
            name,
            kind,
            price_minor,
            tuple(category for owner, category in categories if owner == ticket_type_id),
            capacity,
            half_of,
        )
        for ticket_type_id, name, kind, price_minor, capacity, half_of in kinds
    )
    values = (*row, types)
    return Event(*values)


async def search(tx: Tx, text: str, city: str, after: tuple[int, str], limit: int, *, now_us: int) -> list[Event]:
    """Published events that are not over, soonest first, after a place in the list. text and city: folded."""
    rows = await tx.all(
        f"""SELECT {EVENT} FROM event
            WHERE state = 'PUBLISHED' AND ends_us > $1 AND title_folded LIKE $2 ESCAPE '!'
              AND ($3 = '' OR venue_id IN (SELECT venue_id FROM venue WHERE city_folded = $3))
              AND (starts_us > $4 OR (starts_us = $4 AND event_id > $5))
            ORDER BY starts_us, event_id LIMIT $6""",
        now_us,
        f"%{escaped(text)}%",
        city,
        *after,
        limit,
    )
    return [await _whole(tx, row) for row in rows]


def escaped(text: str) -> str:
    """Text in which LIKE takes nothing for a pattern."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


async def events_of(tx: Tx, organizer_id: str, after: tuple[int, str], limit: int) -> list[Event]:
    """An organizer's events, soonest first, after a place in the list."""
    rows = await tx.all(
        f"""SELECT {EVENT} FROM event
            WHERE organizer_id = $1 AND (starts_us > $2 OR (starts_us = $2 AND event_id > $3))
            ORDER BY starts_us, event_id LIMIT $4""",
        organizer_id,
        *after,
        limit,
    )
    return [await _whole(tx, row) for row in rows]


async def claim_type(tx: Tx, event_id: str, n: int, kind: TicketType, content_hash: str) -> bool:
    """Writes a new ticket type. False if its id names one already."""
    row = await tx.one(
        """INSERT INTO ticket_type
           (ticket_type_id, event_id, n, content_hash, name, kind, price_minor, capacity, half_of)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (ticket_type_id) DO NOTHING RETURNING 1""",
        kind.ticket_type_id,
        event_id,
        n,
        content_hash,
        kind.name,
        kind.kind,
        kind.price_minor,
        kind.capacity,
        kind.half_of,
    )
    for place, category in enumerate(kind.categories if row else ()):
        await tx.run(
            "INSERT INTO type_category (ticket_type_id, n, category) VALUES ($1, $2, $3)",
            kind.ticket_type_id,
            place,
            category,
        )
    return row is not None


async def same_type(tx: Tx, ticket_type_id: str, event_id: str, content_hash: str) -> bool | None:
    """Whether a ticket type is the event's and was made of that content; None if there is none."""
    row = await tx.one("SELECT event_id, content_hash FROM ticket_type WHERE ticket_type_id = $1", ticket_type_id)
    return None if row is None else (row[0], row[1]) == (event_id, content_hash)


async def save_event(tx: Tx, event: Event) -> None:
    """Writes what may change of an event."""
    await tx.run(
        """UPDATE event SET state = $1, version = $2, starts_local = $3, starts_us = $4, ends_us = $5
           WHERE event_id = $6""",
        event.state,
        event.version,
        event.starts_local,
        event.starts_us,
        event.ends_us,
        event.event_id,
    )


async def published(tx: Tx, event_ids: Sequence[str]) -> list[Event]:
    """Those of some events that are published, in the order asked for."""
    found = [await event(tx, event_id) for event_id in dict.fromkeys(event_ids)]
    return [one for one in found if one is not None and one.state == "PUBLISHED"]
