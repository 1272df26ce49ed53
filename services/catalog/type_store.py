"""catalog's SQL for ticket types."""

from collections.abc import Iterable

import msgspec

from services.catalog.events import Event, Lot, TicketKind, TicketType
from services.kit.db import Row, Tx

TYPE = "ticket_type_id, name, kind, price_minor, seat_categories, capacity, half_of, area_id, lots"
LOTS = msgspec.json.Decoder(tuple[Lot, ...])


async def types_of(tx: Tx, event_ids: Iterable[str]) -> dict[str, tuple[TicketType, ...]]:
    """The ticket types of some events, at least one, by event id, in the order in which they were added."""
    types: dict[str, list[TicketType]] = {event_id: [] for event_id in event_ids}
    marks = ", ".join(f"${n}" for n in range(1, len(types) + 1))
    query = f"SELECT {TYPE}, event_id FROM ticket_type WHERE event_id IN ({marks}) ORDER BY event_id, n"
    for row in await tx.all(query, *types):
        types[row[9]].append(_ticket_type(row))
    return {event_id: tuple(some) for event_id, some in types.items()}


def _ticket_type(row: Row) -> TicketType:
    return TicketType(
        ticket_type_id=row[0],
        name=row[1],
        kind=TicketKind(row[2]),
        price_minor=row[3],
        categories=tuple(row[4].split("\n")) if row[4] else (),
        capacity=row[5],
        half_of=row[6],
        area_id=row[7],
        lots=LOTS.decode(row[8]),
    )


async def claim_type(tx: Tx, event: Event, ticket_type: TicketType, content_hash: str, *, n: int) -> bool:
    """Saves the n-th ticket type of an event. False if its id is taken."""
    claimed = await tx.one(
        f"""INSERT INTO ticket_type ({TYPE}, event_id, organizer_id, n, content_hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (ticket_type_id) DO NOTHING RETURNING 1""",
        ticket_type.ticket_type_id,
        ticket_type.name,
        ticket_type.kind,
        ticket_type.price_minor,
        "\n".join(ticket_type.categories),
        ticket_type.capacity,
        ticket_type.half_of,
        ticket_type.area_id,
        msgspec.json.encode(ticket_type.lots).decode(),
        event.event_id,
        event.organizer_id,
        n,
        content_hash,
    )
    return claimed is not None


async def save_types(tx: Tx, before: Event, after: Event) -> None:
    """Saves the ticket types of an event that have changed. A change adds and removes none."""
    known = {ticket_type.ticket_type_id: ticket_type for ticket_type in before.types}
    for ticket_type in after.types:
        if ticket_type != known[ticket_type.ticket_type_id]:
            await tx.run(
                """UPDATE ticket_type SET name = $2, price_minor = $3, seat_categories = $4, capacity = $5,
                   lots = $6 WHERE ticket_type_id = $1""",
                ticket_type.ticket_type_id,
                ticket_type.name,
                ticket_type.price_minor,
                "\n".join(ticket_type.categories),
                ticket_type.capacity,
                msgspec.json.encode(ticket_type.lots).decode(),
            )


async def delete_types(tx: Tx, event_id: str) -> None:
    """Deletes the ticket types of a draft."""
    await tx.run("DELETE FROM ticket_type WHERE event_id = $1", event_id)


async def type_hash(tx: Tx, ticket_type_id: str) -> str:
    """The hash of the request that created a ticket type; empty if there is no such type."""
    row = await tx.one("SELECT content_hash FROM ticket_type WHERE ticket_type_id = $1", ticket_type_id)
    return row[0] if row else ""
