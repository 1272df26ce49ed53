"""inventory's SQL about waiting lists. All writes lock the event's sale first."""

from collections.abc import Iterable, Sequence

from services.inventory.holds import EventSale, HoldState
from services.inventory.store import SALE, event_sale
from services.inventory.waiting.entries import Entry, EntryState, WaitedFor, Wanted, state_now
from services.kit.db import Row, Tx

EXPIRED_AT_ONCE_MAX = 500

ENTRY = """e.entry_id, e.event_id, e.ticket_type_id, e.buyer_id, e.quantity, e.state, e.joined_us, e.hold_id,
    h.state, h.expires_us, s.sales_end_us"""
ENTRIES = f"""SELECT {ENTRY} FROM waiting_entry e JOIN event_sale s ON s.event_id = e.event_id
    LEFT JOIN hold h ON h.hold_id = e.hold_id"""
# Ticket types with a free place, and those that sell no more. For seats, a category with a free seat is enough. While
# sales are paused, their end is 0 and nothing is due; nor is it while the seats move to another plan.
DUE = """SELECT DISTINCT w.event_id FROM waiting_type w
    JOIN event_sale s ON s.event_id = w.event_id JOIN ticket_type t ON t.ticket_type_id = w.ticket_type_id
    WHERE w.event_id > $2 AND s.moving = 0 AND s.sales_end_us > 0
    AND (s.sales_end_us <= $1 OR t.sells = 0 OR t.ends_us BETWEEN 1 AND $1 OR (
        NOT EXISTS (
            SELECT 1 FROM type_pool d JOIN pool p ON p.pool_id = d.pool_id
            WHERE d.ticket_type_id = w.ticket_type_id AND p.held + p.sold >= p.capacity)
        AND (t.seated = 0 OR EXISTS (
            SELECT 1 FROM seat_count c WHERE c.event_id = w.event_id GROUP BY c.category HAVING sum(c.free) > 0))))
    ORDER BY w.event_id LIMIT $3"""


async def lock_sale(tx: Tx, event_id: str) -> EventSale | None:
    """An event's sale, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {SALE} FROM event_sale WHERE event_id = $1", event_id)
    return event_sale(rows[0]) if rows else None


async def lists_of(tx: Tx, event_id: str) -> dict[str, WaitedFor]:
    """The ticket types of an event that people wait for."""
    rows = await tx.all(
        "SELECT ticket_type_id, entries, tickets FROM waiting_type WHERE event_id = $1 ORDER BY ticket_type_id",
        event_id,
    )
    return {row[0]: WaitedFor(row[1], row[2]) for row in rows}


async def others(tx: Tx, ticket_type_id: str, fewest: int, most: int) -> WaitedFor:
    """The entries that wait for fewer or more tickets of a type than these numbers."""
    row = await tx.one(
        """SELECT count(*), CAST(coalesce(sum(quantity), 0) AS BIGINT) FROM waiting_entry
           WHERE ticket_type_id = $1 AND state = 'WAITING' AND (quantity < $2 OR quantity > $3)""",
        ticket_type_id,
        fewest,
        most,
    )
    return WaitedFor(*row) if row else WaitedFor(0, 0)


async def count(tx: Tx, event_id: str, ticket_type_id: str, *, entries: int, tickets: int) -> None:
    """Adds to the number of those who wait for a ticket type; negative numbers subtract. Notes on the sale whether any
    wait for one of its types; if that changes, holds notice it by the revision."""
    await tx.run(
        """INSERT INTO waiting_type (ticket_type_id, event_id, entries, tickets) VALUES ($1, $2, $3, $4)
           ON CONFLICT (ticket_type_id) DO UPDATE
           SET entries = waiting_type.entries + excluded.entries, tickets = waiting_type.tickets + excluded.tickets""",
        ticket_type_id,
        event_id,
        entries,
        tickets,
    )
    await tx.run("DELETE FROM waiting_type WHERE ticket_type_id = $1 AND entries = 0", ticket_type_id)
    await tx.run(
        """UPDATE event_sale SET waiting = 1 - waiting, revision = revision + 1 WHERE event_id = $1
           AND waiting = CASE WHEN EXISTS (SELECT 1 FROM waiting_type WHERE event_id = $1) THEN 0 ELSE 1 END""",
        event_id,
    )


async def insert(tx: Tx, wanted: Wanted, *, now_us: int) -> None:
    """Writes a new entry that waits."""
    await tx.run(
        """INSERT INTO waiting_entry (entry_id, event_id, ticket_type_id, buyer_id, quantity, state, joined_us)
           VALUES ($1, $2, $3, $4, $5, 'WAITING', $6)""",
        wanted.entry_id,
        wanted.event_id,
        wanted.ticket_type_id,
        wanted.buyer_id,
        wanted.quantity,
        now_us,
    )


async def find(tx: Tx, entry_id: str, *, now_us: int) -> Entry | None:
    """An entry as it is now."""
    row = await tx.one(f"{ENTRIES} WHERE e.entry_id = $1", entry_id)
    return _entry(row, now_us) if row else None


def _entry(row: Row, now_us: int) -> Entry:
    """A row of ENTRIES."""
    *named, quantity, written, joined_us, hold_id, hold_state, expires_us, sales_end_us = row
    hold = HoldState(hold_state) if hold_state else None
    entry_id, event_id, ticket_type_id, buyer_id = named
    return Entry(
        wanted=Wanted(
            entry_id=entry_id,
            event_id=event_id,
            ticket_type_id=ticket_type_id,
            buyer_id=buyer_id,
            quantity=quantity,
        ),
        state=state_now(EntryState(written), hold, sales_end_us=sales_end_us, now_us=now_us),
        joined_us=joined_us,
        hold_id=hold_id,
        offer_ends_us=expires_us or 0,
    )


async def count_ahead(tx: Tx, entry: Entry) -> int:
    """How many entries for the same ticket type wait and joined before an entry."""
    row = await tx.one(
        """SELECT count(*) FROM waiting_entry WHERE ticket_type_id = $1 AND state = 'WAITING'
           AND (joined_us < $2 OR (joined_us = $2 AND entry_id < $3))""",
        entry.wanted.ticket_type_id,
        entry.joined_us,
        entry.wanted.entry_id,
    )
    return int(row[0]) if row else 0


async def open_entries(tx: Tx, buyer_id: str, *, now_us: int) -> list[Wanted]:
    """A person's entries that wait or have an offer."""
    rows = await tx.all(
        f"""{ENTRIES} WHERE e.buyer_id = $1 AND e.state IN ('WAITING', 'OFFERED', 'FULFILLED')
            AND (h.state IS NULL OR h.state IN ('HELD', 'LOCKED')) ORDER BY e.joined_us, e.entry_id""",
        buyer_id,
    )
    found = [_entry(row, now_us) for row in rows]
    return [entry.wanted for entry in found if entry.state in (EntryState.WAITING, EntryState.OFFERED)]


async def page_of_buyer(tx: Tx, buyer_id: str, before: tuple[int, str], limit: int, *, now_us: int) -> list[Entry]:
    """A person's entries before a (joined_us, entry_id), newest first."""
    rows = await tx.all(
        f"""{ENTRIES} WHERE e.buyer_id = $1 AND (e.joined_us < $2 OR (e.joined_us = $2 AND e.entry_id < $3))
            ORDER BY e.joined_us DESC, e.entry_id DESC LIMIT $4""",
        buyer_id,
        *before,
        limit,
    )
    return [_entry(row, now_us) for row in rows]


async def page_of_event(tx: Tx, event_id: str, after: tuple[int, str], limit: int, *, now_us: int) -> list[Entry]:
    """An event's entries after a (joined_us, entry_id), oldest first."""
    rows = await tx.all(
        f"""{ENTRIES} WHERE e.event_id = $1 AND (e.joined_us > $2 OR (e.joined_us = $2 AND e.entry_id > $3))
            ORDER BY e.joined_us, e.entry_id LIMIT $4""",
        event_id,
        *after,
        limit,
    )
    return [_entry(row, now_us) for row in rows]


async def first_fitting(tx: Tx, ticket_type_id: str, fewest: int, most: int, *, now_us: int) -> Entry | None:
    """The first entry for a ticket type that waits for so many tickets."""
    row = await tx.one(
        f"""{ENTRIES} WHERE e.ticket_type_id = $1 AND e.state = 'WAITING' AND e.quantity BETWEEN $2 AND $3
            ORDER BY e.joined_us, e.entry_id LIMIT 1""",
        ticket_type_id,
        fewest,
        most,
    )
    return _entry(row, now_us) if row else None


async def set_state(tx: Tx, entry_id: str, *, old: EntryState, new: EntryState, hold_id: str = "") -> bool:
    """Moves an entry from one state to another. False if it is not in the old one. hold_id: the hold of a new offer."""
    moved = await tx.one(
        """UPDATE waiting_entry SET state = $1, hold_id = CASE WHEN $2 = '' THEN hold_id ELSE $2 END
           WHERE entry_id = $3 AND state = $4 RETURNING 1""",
        new,
        hold_id,
        entry_id,
        old,
    )
    return moved is not None


async def expire(tx: Tx, ticket_type_id: str) -> WaitedFor:
    """Expires entries that wait for a ticket type, at most EXPIRED_AT_ONCE_MAX. Returns how many."""
    rows = await tx.all(
        """UPDATE waiting_entry SET state = 'EXPIRED' WHERE entry_id IN (
               SELECT entry_id FROM waiting_entry WHERE ticket_type_id = $1 AND state = 'WAITING'
               ORDER BY joined_us, entry_id LIMIT $2)
           RETURNING quantity""",
        ticket_type_id,
        EXPIRED_AT_ONCE_MAX,
    )
    return WaitedFor(len(rows), sum(row[0] for row in rows))


async def special_free(tx: Tx, event_id: str) -> dict[str, int]:
    """How many accessible seats and seats of companions are free, by category."""
    rows = await tx.all(
        """SELECT category, count(*) FROM seat WHERE event_id = $1 AND special = 1 AND state = 'FREE'
           GROUP BY category ORDER BY category""",
        event_id,
    )
    return dict(rows)


async def ordinary_seats(tx: Tx, event_id: str, *, blocked: bool) -> dict[str, int]:
    """How many seats an event has that can be offered once they are free, by category. blocked: also those that are
    blocked."""
    rows = await tx.all(
        """SELECT category, CAST(sum(CASE WHEN $2 = 1 THEN free + held + sold + blocked ELSE free + held + sold END)
           AS BIGINT) FROM seat_count WHERE event_id = $1 GROUP BY category ORDER BY category""",
        event_id,
        int(blocked),
    )
    special = await tx.all(
        """SELECT category, count(*) FROM seat WHERE event_id = $1 AND special = 1 AND ($2 = 1 OR state <> 'BLOCKED')
           GROUP BY category ORDER BY category""",
        event_id,
        int(blocked),
    )
    apart: dict[str, int] = dict(special)
    return {category: many - apart.get(category, 0) for category, many in rows}


async def ordinary_by_row(tx: Tx, event_id: str, *, blocked: bool) -> dict[tuple[str, int], int]:
    """As ordinary_seats, by category and row."""
    rows = await tx.all(
        """SELECT category, row_index, count(*) FROM seat
           WHERE event_id = $1 AND special = 0 AND ($2 = 1 OR state <> 'BLOCKED')
           GROUP BY category, row_index ORDER BY category, row_index""",
        event_id,
        int(blocked),
    )
    return {(category, row_index): many for category, row_index, many in rows}


async def never_offered(tx: Tx, event_id: str, seat_ids: Iterable[str], *, blocked: bool) -> frozenset[str]:
    """The accessible seats and the seats of companions among some seats. blocked: also those that are blocked."""
    known = """SELECT seat_id FROM seat WHERE event_id = $1 AND seat_id = $2
        AND (special = 1 OR ($3 = 1 AND state = 'BLOCKED'))"""
    return frozenset([row[0] for seat_id in seat_ids for row in await tx.all(known, event_id, seat_id, int(blocked))])


async def due_events(tx: Tx, after: str, limit: int, *, now_us: int) -> list[str]:
    """The next events, by id, whose lists may be offered places or must be closed."""
    return [row[0] for row in await tx.all(DUE, now_us, after, limit)]


async def ended_offers(tx: Tx, limit: int, *, now_us: int) -> Sequence[Entry]:
    """Entries whose rows say OFFERED and whose offers have ended."""
    rows = await tx.all(
        f"""{ENTRIES} WHERE e.state = 'OFFERED' AND h.state IN ('SOLD', 'LAPSED', 'RELEASED')
            ORDER BY e.entry_id LIMIT $1""",
        limit,
    )
    return [_entry(row, now_us) for row in rows]
