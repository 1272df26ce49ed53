"""catalog's SQL for ticket types."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from services.catalog.events import Event, Lot, TicketKind, TicketType
from services.kit.db import Row, Tx

TYPE = """ticket_type_id, name, kind, price_minor, seat_categories, capacity, half_of, description, per_order_min,
 per_order_max, hidden, access_codes, sales_start_us, sales_end_us, prices, area_id, package_size, lots, state"""
COLUMNS = TYPE.replace("\n", " ").split(", ")
LIVE, ARCHIVED, ADDING = "LIVE", "ARCHIVED", "ADDING"
JSON = msgspec.json.Encoder()
PRICES = msgspec.json.Decoder(tuple[tuple[int, int], ...])
LOTS = msgspec.json.Decoder(tuple[Lot, ...])


async def types_of(tx: Tx, event_ids: Iterable[str]) -> dict[str, tuple[TicketType, ...]]:
    """The ticket types of some events, at least one, by event id, in the organizer's order."""
    types: dict[str, list[TicketType]] = {event_id: [] for event_id in event_ids}
    marks = ", ".join(f"${n}" for n in range(1, len(types) + 1))
    query = f"""SELECT event_id, {TYPE} FROM ticket_type WHERE event_id IN ({marks}) AND state <> 'ADDING'
        ORDER BY event_id, place, n"""
    for row in await tx.all(query, *types):
        types[row[0]].append(_ticket_type(row[1:]))
    return {event_id: tuple(some) for event_id, some in types.items()}


def _ticket_type(row: Row) -> TicketType:
    return TicketType(
        ticket_type_id=row[0],
        name=row[1],
        kind=TicketKind(row[2]),
        price_minor=row[3],
        categories=lines(row[4]),
        capacity=row[5],
        half_of=row[6],
        description=row[7],
        per_order_min=row[8],
        per_order_max=row[9],
        hidden=bool(row[10]),
        access_codes=lines(row[11]),
        sales_start_us=row[12],
        sales_end_us=row[13],
        prices=PRICES.decode(row[14]),
        area_id=row[15],
        package_size=row[16],
        lots=LOTS.decode(row[17]),
        archived=row[18] == ARCHIVED,
    )


def lines(text: str) -> tuple[str, ...]:
    """Values that are stored one per line."""
    return tuple(text.split("\n")) if text else ()


def _row(ticket_type: TicketType, state: str) -> Sequence[Any]:
    """The values of the columns TYPE."""
    return (
        ticket_type.ticket_type_id,
        ticket_type.name,
        ticket_type.kind,
        ticket_type.price_minor,
        "\n".join(ticket_type.categories),
        ticket_type.capacity,
        ticket_type.half_of,
        ticket_type.description,
        ticket_type.per_order_min,
        ticket_type.per_order_max,
        int(ticket_type.hidden),
        "\n".join(ticket_type.access_codes),
        ticket_type.sales_start_us,
        ticket_type.sales_end_us,
        JSON.encode(ticket_type.prices).decode(),
        ticket_type.area_id,
        ticket_type.package_size,
        JSON.encode(ticket_type.lots).decode(),
        state,
    )


async def claim_type(tx: Tx, event: Event, ticket_type: TicketType, content_hash: str, *, place: int) -> bool:
    """Takes the id of a ticket type of a locked event. False if it is taken. The event has the type once save_types
    saves it. place: in the list of the event's types."""
    taken = {row[0] for row in await tx.all("SELECT n FROM ticket_type WHERE event_id = $1", event.event_id)}
    marks = ", ".join(f"${n}" for n in range(1, len(COLUMNS) + 6))
    claimed = await tx.one(
        f"""INSERT INTO ticket_type ({TYPE}, event_id, organizer_id, n, place, content_hash) VALUES ({marks})
            ON CONFLICT (ticket_type_id) DO NOTHING RETURNING 1""",
        *_row(ticket_type, ADDING),
        event.event_id,
        event.organizer_id,
        next(n for n in range(len(taken) + 1) if n not in taken),
        place,
        content_hash,
    )
    return claimed is not None


async def forget_claims(tx: Tx, event_id: str) -> None:
    """Gives back the ids of types that the event does not get."""
    await tx.run("DELETE FROM ticket_type WHERE event_id = $1 AND state = 'ADDING'", event_id)


async def save_types(tx: Tx, before: Sequence[TicketType], after: Sequence[TicketType]) -> None:
    """Writes the types of an event that have changed. Those that are new must have been claimed."""
    known = {ticket_type.ticket_type_id: (place, ticket_type) for place, ticket_type in enumerate(before)}
    for type_id in sorted(known.keys() - {ticket_type.ticket_type_id for ticket_type in after}):
        await tx.run("DELETE FROM ticket_type WHERE ticket_type_id = $1", type_id)
    sets = ", ".join(f"{column} = ${n}" for n, column in enumerate(COLUMNS, start=1))
    for place, ticket_type in enumerate(after):
        if known.get(ticket_type.ticket_type_id) != (place, ticket_type):
            await tx.run(
                f"UPDATE ticket_type SET {sets}, place = ${len(COLUMNS) + 1} WHERE ticket_type_id = $1",
                *_row(ticket_type, ARCHIVED if ticket_type.archived else LIVE),
                place,
            )


async def delete_types(tx: Tx, event_id: str) -> None:
    """Deletes the ticket types of a draft."""
    await tx.run("DELETE FROM ticket_type WHERE event_id = $1", event_id)


async def type_hash(tx: Tx, ticket_type_id: str) -> str:
    """The hash of the request that created a ticket type; empty if there is no such type."""
    row = await tx.one("SELECT content_hash FROM ticket_type WHERE ticket_type_id = $1", ticket_type_id)
    return row[0] if row else ""
