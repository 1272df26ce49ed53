"""inventory's SQL about passes and their nights."""

from collections.abc import Sequence
from dataclasses import replace

from services.inventory.holds import Night, TicketType
from services.kit.db import Tx

# The ticket types that an event's passes stand for in their nights.
STOOD_FOR = """SELECT n.type_id FROM pass_night n JOIN ticket_type p ON p.ticket_type_id = n.ticket_type_id
    WHERE p.event_id = $1"""

# Whether a row of "seat" is free in all nights of a pass, for the ticket types that it stands for. The parameter {mark}
# has the pass's id.
FREE_IN_ALL = """(SELECT count(*) FROM pass_night n JOIN seat o ON o.event_id = n.event_id AND o.seat_id = seat.seat_id
    WHERE n.ticket_type_id = {mark} AND o.state || '' = 'FREE' AND (
        o.category IN (SELECT k.category FROM type_category k WHERE k.ticket_type_id = n.type_id)
        OR NOT EXISTS (SELECT 1 FROM type_category k WHERE k.ticket_type_id = n.type_id))
    ) = (SELECT nights FROM ticket_type p WHERE p.ticket_type_id = {mark})"""


async def with_nights(tx: Tx, series_id: str, types: dict[str, TicketType]) -> dict[str, TicketType]:
    """The ticket types of a series with the nights of its passes, as they sell now."""
    nights = await tx.all(
        """SELECT n.ticket_type_id, n.event_id, n.type_id, t.seated, t.area_name FROM pass_night n
           JOIN ticket_type p ON p.ticket_type_id = n.ticket_type_id
           JOIN ticket_type t ON t.ticket_type_id = n.type_id
           WHERE p.event_id = $1 ORDER BY n.ticket_type_id, n.n""",
        series_id,
    )
    pools = await tx.all(
        f"SELECT ticket_type_id, pool_id FROM type_pool WHERE ticket_type_id IN ({STOOD_FOR})"
        " ORDER BY ticket_type_id, n",
        series_id,
    )
    categories = await tx.all(
        f"SELECT ticket_type_id, category FROM type_category WHERE ticket_type_id IN ({STOOD_FOR})"
        " ORDER BY ticket_type_id, category",
        series_id,
    )
    found: dict[str, list[Night]] = {type_id: [] for type_id in types}
    for pass_id, event_id, type_id, seated, area_name in nights:
        there = TicketType(
            ticket_type_id=type_id,
            seated=bool(seated),
            categories=frozenset(category for owner, category in categories if owner == type_id),
            pool_ids=tuple(pool_id for owner, pool_id in pools if owner == type_id),
            area_name=area_name,
        )
        found[pass_id].append(Night(event_id, there))
    return {type_id: replace(known, nights=tuple(found[type_id])) for type_id, known in types.items()}


async def save_nights(tx: Tx, ticket_type: TicketType) -> None:
    """Writes the nights of a pass. Those that it has stay as they are."""
    for n, night in enumerate(ticket_type.nights):
        await tx.run(
            """INSERT INTO pass_night (ticket_type_id, n, event_id, type_id) VALUES ($1, $2, $3, $4)
               ON CONFLICT (ticket_type_id, n) DO NOTHING""",
            ticket_type.ticket_type_id,
            n,
            night.event_id,
            night.ticket_type.ticket_type_id,
        )


async def forget_nights(tx: Tx, series_id: str) -> None:
    """Deletes the nights of the passes of a series that is not on sale yet."""
    await tx.run(
        """DELETE FROM pass_night WHERE ticket_type_id IN (
               SELECT ticket_type_id FROM ticket_type WHERE event_id = $1)""",
        series_id,
    )


async def is_night(tx: Tx, night: Night, organizer_id: str) -> bool:
    """Whether an organizer has an event on sale with the ticket type that a pass stands for."""
    row = await tx.one(
        """SELECT 1 FROM ticket_type t JOIN event_sale s ON s.event_id = t.event_id
           WHERE t.ticket_type_id = $1 AND t.event_id = $2 AND s.organizer_id = $3 AND s.state = 'OPEN'""",
        night.ticket_type.ticket_type_id,
        night.event_id,
        organizer_id,
    )
    return row is not None


async def passes_in(tx: Tx, event_id: str) -> tuple[dict[str, str], Sequence[str]]:
    """The passes that take places of a night: the ticket type that each stands for there, by its own id; and their
    series."""
    rows = await tx.all(
        """SELECT n.ticket_type_id, n.type_id, t.event_id FROM pass_night n
           JOIN ticket_type t ON t.ticket_type_id = n.ticket_type_id
           WHERE n.event_id = $1 ORDER BY n.ticket_type_id""",
        event_id,
    )
    return {row[0]: row[1] for row in rows}, sorted({row[2] for row in rows})


async def note_change(tx: Tx, event_id: str) -> None:
    """Lets holds of passes notice that one of their nights sells something else now."""
    await tx.run(
        """UPDATE event_sale SET revision = revision + 1 WHERE event_id IN (
               SELECT t.event_id FROM pass_night n JOIN ticket_type t ON t.ticket_type_id = n.ticket_type_id
               WHERE n.event_id = $1)""",
        event_id,
    )


async def free_in_all(tx: Tx, pass_id: str, event_id: str, guarded_rows: Sequence[int]) -> set[str]:
    """The seats that are free in all nights of a pass, in some rows of one of the nights, which has an OrphanRule."""
    marks = ", ".join(f"${n}" for n in range(3, 3 + len(guarded_rows)))
    rows = await tx.all(
        f"""SELECT seat_id FROM seat WHERE event_id = $1 AND guarded_row IN ({marks}) AND state || '' = 'FREE'
            AND {FREE_IN_ALL.format(mark="$2")} ORDER BY seat_id""",
        event_id,
        pass_id,
        *guarded_rows,
    )
    return {row[0] for row in rows}
