"""orders' SQL."""

from collections.abc import Sequence
from dataclasses import fields

from services.kit.db import Row, Tx
from services.orders.purchases import Line, Purchase

NAMES = tuple(field.name for field in fields(Purchase) if field.name != "lines")
COLUMNS = ", ".join(NAMES)
PARAMETERS = ", ".join(f"${n}" for n in range(1, len(NAMES) + 1))
# What somebody sees: their own orders, and as a session those it bought for the person that it turned out to be.
IS_THEIRS = """
    (buyer_id = $1 OR session_id = $1
        AND buyer_id = (SELECT into_subject_id FROM guest_merge WHERE from_subject_id = $1))
"""


async def claim(tx: Tx, order: Purchase, *, look_us: int) -> bool:
    """Writes a new order, its lines left out. False if its id or its number names something already. look_us: when it
    is to be looked at, should whoever writes it not have taken it further by then."""
    claimed = await tx.one(
        f"""INSERT INTO purchase ({COLUMNS}, next_try_us) VALUES ({PARAMETERS}, ${len(NAMES) + 1})
            ON CONFLICT DO NOTHING RETURNING 1""",
        *(getattr(order, name) for name in NAMES),
        look_us,
    )
    return claimed is not None


async def save_lines(tx: Tx, order: Purchase) -> None:
    """Writes down what a new order is for."""
    for n, line in enumerate(order.lines, start=1):
        await tx.defer(
            """INSERT INTO purchase_line
               (order_id, n, ticket_type_id, ticket_type_name, seat_id, seat_label, face_minor, price_minor)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            order.order_id,
            n,
            line.ticket_type_id,
            line.ticket_type_name,
            line.seat_id,
            line.seat_label,
            line.face_minor,
            line.price_minor,
        )


async def find(tx: Tx, order_id: str) -> Purchase | None:
    """An order with its lines."""
    row = await tx.one(f"SELECT {COLUMNS} FROM purchase WHERE order_id = $1", order_id)
    return await _whole(tx, row) if row else None


async def find_by_number(tx: Tx, number: str) -> Purchase | None:
    """The order of a number."""
    row = await tx.one(f"SELECT {COLUMNS} FROM purchase WHERE number = $1 AND number <> ''", number)
    return await _whole(tx, row) if row else None


async def lock(tx: Tx, order_id: str) -> Purchase | None:
    """An order with its lines, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM purchase WHERE order_id = $1", order_id)
    return await _whole(tx, rows[0]) if rows else None


async def _whole(tx: Tx, row: Row) -> Purchase:
    lines = await tx.all(
        """SELECT ticket_type_id, ticket_type_name, seat_id, seat_label, face_minor, price_minor
           FROM purchase_line WHERE order_id = $1 ORDER BY n""",
        row[0],
    )
    values = (*row, tuple(Line(*line) for line in lines))
    return Purchase(*values)


async def is_theirs(tx: Tx, order_id: str, subject_id: str) -> bool:
    """Whether an order is somebody's."""
    found = await tx.one(f"SELECT 1 FROM purchase WHERE order_id = $2 AND {IS_THEIRS}", subject_id, order_id)
    return found is not None


async def buyers(tx: Tx, subject_ids: Sequence[str]) -> list[str]:
    """Those of some subjects who have made an order, as themselves or as a session."""
    marks = ", ".join(f"${n}" for n in range(1, len(subject_ids) + 1))
    rows = await tx.all(
        f"""SELECT buyer_id FROM purchase WHERE buyer_id IN ({marks})
            UNION SELECT session_id FROM purchase WHERE session_id IN ({marks})""",
        *subject_ids,
    )
    return sorted(row[0] for row in rows)


async def page_of_buyer(tx: Tx, buyer_id: str, event_id: str, before: tuple[int, str], limit: int) -> list[Purchase]:
    """A buyer's orders, newest first, older than a place in the list; of one event if given."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM purchase
            WHERE {IS_THEIRS} AND ($2 = '' OR event_id = $2)
              AND (created_us < $3 OR (created_us = $3 AND order_id < $4))
            ORDER BY created_us DESC, order_id DESC LIMIT $5""",
        buyer_id,
        event_id,
        *before,
        limit,
    )
    return [await _whole(tx, row) for row in rows]


async def page_of_event(
    tx: Tx, organizer_id: str, event_id: str, before: tuple[int, str], limit: int
) -> list[Purchase]:
    """An event's orders, newest first, older than a place in the list."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM purchase
            WHERE organizer_id = $1 AND event_id = $2
              AND (created_us < $3 OR (created_us = $3 AND order_id < $4))
            ORDER BY created_us DESC, order_id DESC LIMIT $5""",
        organizer_id,
        event_id,
        *before,
        limit,
    )
    return [await _whole(tx, row) for row in rows]


async def due(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Orders that are to be looked at, longest due first."""
    rows = await tx.all(
        """SELECT order_id FROM purchase WHERE state IN ('PENDING', 'PAYMENT_PENDING') AND next_try_us <= $1
           ORDER BY next_try_us, order_id LIMIT $2""",
        now_us,
        limit,
    )
    return [row[0] for row in rows]


async def unfinished(tx: Tx) -> list[tuple[str, int, int]]:
    """The states in which orders are unfinished, each with how many are and since when the oldest."""
    rows = await tx.all(
        """SELECT state, count(*), min(created_us) FROM purchase WHERE state IN ('PENDING', 'PAYMENT_PENDING')
           GROUP BY state ORDER BY state"""
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def save_turned(tx: Tx, order: Purchase) -> None:
    """Writes a locked order back that was turned."""
    await tx.defer(
        """UPDATE purchase SET state = $1, paid_us = $2, giving_up = $3, card_token = $4, version = $5
           WHERE order_id = $6""",
        order.state,
        order.paid_us,
        order.giving_up,
        order.card_token,
        order.version,
        order.order_id,
    )


async def decide_to_give_up(tx: Tx, order_id: str, reason: str) -> bool:
    """Notes why an order is given up. False if that was decided already, or the order is settled."""
    decided = await tx.one(
        """UPDATE purchase SET giving_up = $1
           WHERE order_id = $2 AND giving_up = '' AND state IN ('PENDING', 'PAYMENT_PENDING') RETURNING 1""",
        reason,
        order_id,
    )
    return decided is not None


async def look_again(tx: Tx, order_id: str, at_us: int) -> None:
    """Notes when an unsettled order is to be looked at again."""
    await tx.run("UPDATE purchase SET tries = tries + 1, next_try_us = $1 WHERE order_id = $2", at_us, order_id)


async def hurry(tx: Tx, order_id: str) -> None:
    """Makes an unsettled order due now."""
    await tx.run("UPDATE purchase SET next_try_us = 0, tries = 0 WHERE order_id = $1", order_id)


async def hurry_waiting(tx: Tx, order_id: str) -> None:
    """Makes an order that waits for its payment due now. One that does not is being taken further already."""
    await tx.run(
        "UPDATE purchase SET next_try_us = 0, tries = 0 WHERE order_id = $1 AND state = 'PAYMENT_PENDING'", order_id
    )


async def move_buyer(tx: Tx, old: str, new: str) -> None:
    """Gives a guest session's orders to the person it turned out to be, those still to come too."""
    await tx.run(
        """INSERT INTO guest_merge (from_subject_id, into_subject_id) VALUES ($1, $2)
           ON CONFLICT (from_subject_id) DO UPDATE SET into_subject_id = $2""",
        old,
        new,
    )
    await tx.run("UPDATE guest_merge SET into_subject_id = $1 WHERE into_subject_id = $2", new, old)
    await tx.run("UPDATE purchase SET buyer_id = $1 WHERE buyer_id = $2", new, old)


async def give_to(tx: Tx, order_id: str, buyer_id: str) -> None:
    """Makes an order somebody's."""
    await tx.run("UPDATE purchase SET buyer_id = $1 WHERE order_id = $2", buyer_id, order_id)


async def person(tx: Tx, subject_id: str) -> str:
    """Whom a subject turned out to be; itself where nothing is known. Claims the subject's row first, so that a merge
    under way is waited for."""
    await tx.run(
        "INSERT INTO guest_merge (from_subject_id, into_subject_id) VALUES ($1, $1) ON CONFLICT DO NOTHING", subject_id
    )
    rows = await tx.lock("SELECT into_subject_id FROM guest_merge WHERE from_subject_id = $1", subject_id)
    into: str = rows[0][0]
    return into


async def version_at(tx: Tx, order_id: str, position: int) -> int:
    """The version of an order that a watcher at a position has seen: each fact about it is one."""
    row = await tx.one("SELECT count(*) FROM outbox WHERE topic = $1 AND pos <= $2", order_id, position)
    return int(row[0]) if row else 0
