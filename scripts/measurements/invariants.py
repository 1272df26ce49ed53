"""Facts that hold after each run of each measurement. They are read from the platform's database files."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

DATABASES = ("inventory", "orders", "payments", "ticketing", "notifications")
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Invariant:
    """rule: the fact. breaches: SQL whose rows break it."""

    rule: str
    breaches: str


@dataclass(slots=True)
class Acknowledged:
    """Writes that the server has answered, so that they are durable. holds: their number. paid: ids of paid orders."""

    holds: int = 0
    paid: set[str] = field(default_factory=set)


IN_FORCE = "('HELD', 'LOCKED', 'SOLD')"
MAILED = """
    SELECT n.order_id FROM notifications.notification n JOIN notifications.delivery d USING (notification_id)
    WHERE n.kind = 'TICKETS' AND d.state = 'SENT'
"""
INVARIANTS = (
    Invariant(
        "no seat is in two holds",
        f"""
        SELECT h.event_id, json_extract(p.value, '$[1]') AS seat FROM inventory.hold h, json_each(h.places) p
        WHERE h.state IN {IN_FORCE} AND seat <> '' GROUP BY h.event_id, seat HAVING count(*) > 1
        """,
    ),
    Invariant(
        "a seat is held or sold as its hold is",
        """
        SELECT s.event_id, s.seat_id FROM inventory.seat s LEFT JOIN inventory.hold h USING (hold_id)
        WHERE s.state = 'SOLD' AND h.state IS NOT 'SOLD'
            OR s.state = 'HELD' AND coalesce(h.state, '') NOT IN ('HELD', 'LOCKED')
        """,
    ),
    Invariant(
        "counts of places equal the holds in force",
        """
        SELECT p.event_id, p.held, p.sold FROM inventory.pool p LEFT JOIN (
            SELECT event_id, sum(tickets * (state <> 'SOLD')) AS held, sum(tickets * (state = 'SOLD')) AS sold
            FROM inventory.hold WHERE state IN ('HELD', 'LOCKED', 'SOLD') GROUP BY event_id
        ) h USING (event_id)
        WHERE p.name = 'places' AND (p.held <> coalesce(h.held, 0) OR p.sold <> coalesce(h.sold, 0))
        """,
    ),
    Invariant(
        "no seat has two tickets",
        """
        SELECT event_id, seat_id FROM ticketing.ticket WHERE seat_id <> ''
        GROUP BY event_id, seat_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "each line of a paid order has a ticket",
        """
        SELECT l.order_id, l.n FROM orders.order_line l JOIN orders.customer_order o USING (order_id)
        WHERE o.state = 'PAID' AND (SELECT count(*) FROM ticketing.ticket t WHERE t.order_id = l.order_id)
            <> (SELECT count(*) FROM orders.order_line m WHERE m.order_id = l.order_id)
        """,
    ),
    Invariant(
        "each ticket belongs to a paid order",
        """
        SELECT t.ticket_id FROM ticketing.ticket t LEFT JOIN orders.customer_order o USING (order_id)
        WHERE o.state IS NOT 'PAID'
        """,
    ),
    Invariant(
        "the hold of a paid order is sold to it",
        """
        SELECT o.order_id FROM orders.customer_order o LEFT JOIN inventory.hold h USING (hold_id)
        WHERE o.state = 'PAID' AND (h.state IS NOT 'SOLD' OR h.order_id IS NOT o.order_id)
        """,
    ),
    Invariant(
        "each sold hold has a paid order",
        """
        SELECT h.hold_id FROM inventory.hold h LEFT JOIN orders.customer_order o ON o.order_id = h.order_id
        WHERE h.state = 'SOLD' AND o.state IS NOT 'PAID'
        """,
    ),
    Invariant(
        "each ledger entry sums to zero",
        "SELECT entry_id FROM payments.ledger_line GROUP BY entry_id HAVING sum(amount_minor) <> 0",
    ),
    Invariant(
        "the ledger has the total of each paid order, and no other money",
        """
        SELECT order_id, sum(total), sum(booked) FROM (
            SELECT order_id, total_minor AS total, 0 AS booked FROM orders.customer_order
            WHERE state = 'PAID' AND method = 'CARD'
            UNION ALL
            SELECT order_id, 0, -amount_minor FROM payments.ledger_line WHERE account LIKE 'payable:%'
        ) GROUP BY order_id HAVING sum(total) <> sum(booked)
        """,
    ),
    Invariant(
        "each paid order has its mail with the tickets",
        f"SELECT order_id FROM orders.customer_order WHERE state = 'PAID' AND order_id NOT IN ({MAILED})",
    ),
    Invariant("no order is left unfinished", "SELECT order_id FROM orders.customer_order WHERE state LIKE '%PENDING'"),
    Invariant(
        "a ticket admits once, and is used then",
        """
        SELECT t.ticket_id FROM ticketing.ticket t
        WHERE (t.state = 'USED') <> (
            SELECT count(*) FROM ticketing.scan s WHERE s.ticket_id = t.ticket_id AND s.outcome = 'ADMITTED'
        )
        """,
    ),
)


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """Opens the databases of a data folder, read-only, each under the name of its context."""
    with closing(sqlite3.connect("file::memory:", uri=True)) as databases:
        for name in DATABASES:
            databases.execute(f"ATTACH ? AS {name}", (f"{(folder / f'{name}.db').resolve().as_uri()}?mode=ro",))
        yield databases


def violations(folder: Path, acknowledged: Acknowledged) -> list[str]:
    """Returns a sentence for each invariant that a data folder breaks. An invariant that its tables cannot show,
    because another version has others, counts as broken.

    acknowledged: writes that the folder must contain.
    """
    found = []
    with opened(folder) as databases:
        for invariant in INVARIANTS:
            try:
                rows = databases.execute(invariant.breaches).fetchall()
            except sqlite3.OperationalError as odd:
                found.append(f"it cannot be told whether {invariant.rule}: {odd}")
                continue
            if rows:
                found.append(f"{len(rows)} breaches of: {invariant.rule}, such as {rows[:SHOWN]}")
        found += lost(databases, acknowledged)
        found += unwritten(databases, folder / "mail")
    return found


def lost(databases: sqlite3.Connection, acknowledged: Acknowledged) -> list[str]:
    """Returns a sentence for each kind of acknowledged write that is missing."""
    (holds,) = databases.execute("SELECT count(*) FROM inventory.hold").fetchone()
    paid = {
        order_id for (order_id,) in databases.execute("SELECT order_id FROM orders.customer_order WHERE state = 'PAID'")
    }
    found = []
    if holds < acknowledged.holds:
        found.append(f"{acknowledged.holds} holds were acknowledged and {holds} are stored")
    if missing := sorted(acknowledged.paid - paid):
        found.append(f"{len(missing)} orders were acknowledged as paid and are not, such as {missing[:SHOWN]}")
    return found


def unwritten(databases: sqlite3.Connection, mail: Path) -> list[str]:
    """Returns a sentence if there are fewer mails in the folder than were sent."""
    (sent,) = databases.execute("SELECT count(*) FROM notifications.delivery WHERE state = 'SENT'").fetchone()
    files = sum(1 for _ in mail.glob("*.eml"))
    return [f"{sent} mails were sent and {files} are written"] if files < sent else []


def mailed(folder: Path) -> int:
    """Counts the orders whose mail with the tickets is sent."""
    with opened(folder) as databases:
        (found,) = databases.execute(f"SELECT count(*) FROM ({MAILED})").fetchone()
    return int(found)


def unfinished(folder: Path) -> int:
    """Counts the orders that are not decided, or paid and without their mail."""
    with opened(folder) as databases:
        (found,) = databases.execute(
            f"""
            SELECT count(*) FROM orders.customer_order
            WHERE state LIKE '%PENDING' OR state = 'PAID' AND order_id NOT IN ({MAILED})
            """
        ).fetchone()
    return int(found)


def revenue_minor(folder: Path, event_id: str) -> int:
    """Sums the totals of an event's paid orders."""
    with opened(folder) as databases:
        (found,) = databases.execute(
            "SELECT coalesce(sum(total_minor), 0) FROM orders.customer_order WHERE state = 'PAID' AND event_id = ?",
            (event_id,),
        ).fetchone()
    return int(found)


def available(folder: Path, event_id: str) -> int:
    """Counts the places of an event that can be held: the least remainder of its pools and of its free seats."""
    with opened(folder) as databases:
        (pools,) = databases.execute(
            "SELECT min(capacity - held - sold) FROM inventory.pool WHERE event_id = ?", (event_id,)
        ).fetchone()
        seats, free = databases.execute(
            "SELECT count(*), coalesce(sum(state = 'FREE'), 0) FROM inventory.seat WHERE event_id = ?", (event_id,)
        ).fetchone()
    return int(min(pools, free) if seats and pools is not None else free if seats else pools)
