"""orders' SQL: orders with their lines, and the sessions that were merged into accounts."""

from collections.abc import Sequence
from dataclasses import fields

from services.kit.db import Row, Tx, of_shards
from services.kit.values import shard_of
from services.orders.orders import AWAITING_PROVIDER, Order, OrderLine, OrderState, PaymentMethod
from services.orders.refunds import store as refund_store

NAMES = tuple(field.name for field in fields(Order) if field.name not in ("lines", "refunds"))
LINE_NAMES = tuple(field.name for field in fields(OrderLine))
COLUMNS = ", ".join(NAMES)
PARAMETERS = ", ".join(f"${n}" for n in range(1, len(NAMES) + 1))
LINE_COLUMNS = ", ".join(LINE_NAMES)
# When an order was made, and its id.
SortKey = tuple[int, str]
# The saga is not over. The states are constants of ours.
AWAITS_PROVIDER = "state IN (" + ", ".join(f"'{state}'" for state in sorted(AWAITING_PROVIDER)) + ")"
# The orders that a subject sees: its own, and for a session that was merged into a person also those that the session
# bought, as long as they belong to that person.
IS_BUYERS = """
    (buyer_id = $1 OR session_id = $1
        AND buyer_id = (SELECT person_id FROM subject_person WHERE subject_id = $1))
"""


async def claim(tx: Tx, order: Order, *, look_us: int) -> bool:
    """Writes a new order without its lines. False if its id or its number is in use. look_us: when a replica picks the
    order up if it is still PENDING."""
    claimed = await tx.one(
        f"""INSERT INTO customer_order ({COLUMNS}, next_try_us, shard)
            VALUES ({PARAMETERS}, ${len(NAMES) + 1}, ${len(NAMES) + 2})
            ON CONFLICT DO NOTHING RETURNING 1""",
        *(int(value) if isinstance(value, bool) else value for value in (getattr(order, name) for name in NAMES)),
        look_us,
        shard_of(order.event_id),
    )
    return claimed is not None


async def save_lines(tx: Tx, order: Order) -> None:
    """Writes the lines of a new order."""
    for n, line in enumerate(order.lines, start=1):
        await tx.defer(
            f"INSERT INTO order_line (order_id, n, {LINE_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            order.order_id,
            n,
            *(getattr(line, name) for name in LINE_NAMES),
        )


async def find(tx: Tx, order_id: str) -> Order | None:
    """An order with its lines."""
    row = await tx.one(f"SELECT {COLUMNS} FROM customer_order WHERE order_id = $1", order_id)
    return await _whole(tx, row) if row else None


async def find_by_number(tx: Tx, number: str) -> Order | None:
    """The order with a number for people."""
    row = await tx.one(f"SELECT {COLUMNS} FROM customer_order WHERE number = $1 AND number <> ''", number)
    return await _whole(tx, row) if row else None


async def lock(tx: Tx, order_id: str) -> Order | None:
    """An order with its lines, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM customer_order WHERE order_id = $1", order_id)
    return await _whole(tx, rows[0]) if rows else None


async def lock_of_hold(tx: Tx, hold_id: str) -> list[Order]:
    """The orders of a hold that have not failed, with their lines, locked until the transaction ends."""
    wanted = f"SELECT {COLUMNS} FROM customer_order WHERE hold_id = $1 AND state <> 'FAILED' ORDER BY order_id"
    return [await _whole(tx, row) for row in await tx.lock(wanted, hold_id)]


async def _whole(tx: Tx, row: Row) -> Order:
    lines = await tx.all(f"SELECT {LINE_COLUMNS} FROM order_line WHERE order_id = $1 ORDER BY n", row[0])
    values = dict(zip(NAMES, row, strict=True))
    values["state"], values["method"] = OrderState(values["state"]), PaymentMethod(values["method"])
    values["one_sale"] = bool(values["one_sale"])
    values["lines"] = tuple(OrderLine(**dict(zip(LINE_NAMES, line, strict=True))) for line in lines)
    if values["refund_count"]:
        values["refunds"] = await refund_store.of_order(tx, row[0])
    return Order(**values)


async def is_buyers(tx: Tx, order_id: str, subject_id: str) -> bool:
    """Whether a subject sees an order as a buyer."""
    found = await tx.one(f"SELECT 1 FROM customer_order WHERE order_id = $2 AND {IS_BUYERS}", subject_id, order_id)
    return found is not None


async def buyers(tx: Tx, subject_ids: Sequence[str]) -> list[str]:
    """Those of the given subjects that have made an order, as an account or as a session; sorted."""
    marks = ", ".join(f"${n}" for n in range(1, len(subject_ids) + 1))
    rows = await tx.all(
        f"""SELECT buyer_id FROM customer_order WHERE buyer_id IN ({marks})
            UNION SELECT session_id FROM customer_order WHERE session_id IN ({marks})""",
        *subject_ids,
    )
    return sorted(row[0] for row in rows)


async def page_of_buyer(tx: Tx, buyer_id: str, event_id: str, before: tuple[int, str], limit: int) -> list[Order]:
    """A buyer's orders, newest first; of one event if given. before: the (created_us, order_id) of the last order of
    the page before."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM customer_order
            WHERE {IS_BUYERS} AND ($2 = '' OR event_id = $2)
              AND (created_us < $3 OR (created_us = $3 AND order_id < $4))
            ORDER BY created_us DESC, order_id DESC LIMIT $5""",
        buyer_id,
        event_id,
        *before,
        limit,
    )
    return [await _whole(tx, row) for row in rows]


async def page_of_event(tx: Tx, organizer_id: str, event_id: str, before: tuple[int, str], limit: int) -> list[Order]:
    """An event's orders, newest first. before: as in page_of_buyer."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM customer_order
            WHERE organizer_id = $1 AND event_id = $2
              AND (created_us < $3 OR (created_us = $3 AND order_id < $4))
            ORDER BY created_us DESC, order_id DESC LIMIT $5""",
        organizer_id,
        event_id,
        *before,
        limit,
    )
    return [await _whole(tx, row) for row in rows]


async def buyers_of_event(
    tx: Tx, organizer_id: str, event_id: str, before: SortKey, limit: int
) -> list[tuple[SortKey, str]]:
    """The (key, buyer) of an event's orders, newest first. before: as in page_of_buyer."""
    rows = await tx.all(
        """SELECT created_us, order_id, buyer_id FROM customer_order
            WHERE organizer_id = $1 AND event_id = $2
              AND (created_us < $3 OR (created_us = $3 AND order_id < $4))
            ORDER BY created_us DESC, order_id DESC LIMIT $5""",
        organizer_id,
        event_id,
        *before,
        limit,
    )
    return [((row[0], row[1]), row[2]) for row in rows]


async def page_of_buyers(
    tx: Tx, organizer_id: str, event_id: str, buyer_ids: Sequence[str], *, before: SortKey, limit: int
) -> list[Order]:
    """The orders of an event that belong to some subjects, newest first. before: as in page_of_buyer."""
    marks = ", ".join(f"${n}" for n in range(6, len(buyer_ids) + 6))
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM customer_order
            WHERE organizer_id = $1 AND event_id = $2 AND buyer_id IN ({marks})
              AND (created_us < $3 OR (created_us = $3 AND order_id < $4))
            ORDER BY created_us DESC, order_id DESC LIMIT $5""",
        organizer_id,
        event_id,
        *before,
        limit,
        *buyer_ids,
    )
    return [await _whole(tx, row) for row in rows]


async def due(tx: Tx, shards: Sequence[int], *, now_us: int, limit: int) -> list[tuple[str, int]]:
    """(id, shard) of orders of some shards whose saga is due, longest due first."""
    in_order = "ORDER BY next_try_us, order_id LIMIT $2"
    of_shard = f"""
        SELECT order_id, shard, next_try_us FROM customer_order
        WHERE {{in_shard}} AND {AWAITS_PROVIDER} AND next_try_us <= $1 {in_order}
    """
    wanted = f"SELECT order_id, shard FROM ({of_shards(of_shard, shards)}) AS due {in_order}"
    return [(row[0], row[1]) for row in await tx.all(wanted, now_us, limit)]


async def unfinished(tx: Tx) -> list[tuple[str, int, int]]:
    """(state, number of orders, created_us of the oldest) for the states in which the saga is not over."""
    rows = await tx.all(
        f"""SELECT state, count(*), min(created_us) FROM customer_order WHERE {AWAITS_PROVIDER}
           GROUP BY state ORDER BY state"""
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def save_state(tx: Tx, order: Order) -> None:
    """Writes the new state of a locked order."""
    await tx.defer(
        """UPDATE customer_order SET state = $1, paid_us = $2, giving_up = $3, card_token = $4, version = $5
           WHERE order_id = $6""",
        order.state,
        order.paid_us,
        order.giving_up,
        order.card_token,
        order.version,
        order.order_id,
    )


async def save_refunds(tx: Tx, order: Order) -> None:
    """Writes what has changed of a locked order by its refunds, or by a dispute."""
    await tx.run(
        """UPDATE customer_order SET state = $1, refunded_minor = $2, refund_count = $3, disputed_us = $4, version = $5
           WHERE order_id = $6""",
        order.state,
        order.refunded_minor,
        order.refund_count,
        order.disputed_us,
        order.version,
        order.order_id,
    )


async def save_seats(tx: Tx, old: Order, new: Order) -> None:
    """Writes the seats of a locked order, and their revision."""
    await tx.defer(
        "UPDATE customer_order SET places_revision = $1, version = $2 WHERE order_id = $3",
        new.places_revision,
        new.version,
        new.order_id,
    )
    for n, (before, after) in enumerate(zip(old.lines, new.lines, strict=True), start=1):
        if before != after:
            await tx.defer(
                "UPDATE order_line SET seat_id = $1, seat_label = $2 WHERE order_id = $3 AND n = $4",
                after.seat_id,
                after.seat_label,
                new.order_id,
                n,
            )


async def decide_to_give_up(tx: Tx, order_id: str, reason: str) -> bool:
    """Stores why an order is given up. False if a reason is stored already, or the saga is over."""
    decided = await tx.one(
        f"""UPDATE customer_order SET giving_up = $1
           WHERE order_id = $2 AND giving_up = '' AND {AWAITS_PROVIDER} RETURNING 1""",
        reason,
        order_id,
    )
    return decided is not None


async def put_off(tx: Tx, order_id: str, at_us: int) -> None:
    """Puts the saga of an order off until a time."""
    await tx.run("UPDATE customer_order SET tries = tries + 1, next_try_us = $1 WHERE order_id = $2", at_us, order_id)


async def make_due(tx: Tx, order_id: str) -> None:
    """Makes the saga of an order due now."""
    await tx.run("UPDATE customer_order SET next_try_us = 0, tries = 0 WHERE order_id = $1", order_id)


async def make_waiting_due(tx: Tx, order_id: str) -> None:
    """Makes the saga of an order due now if it waits for the payment. Otherwise a replica is at work on it."""
    await tx.run(
        """UPDATE customer_order SET next_try_us = 0, tries = 0
           WHERE order_id = $1 AND state = 'PAYMENT_PENDING'""",
        order_id,
    )


async def move_to_person(tx: Tx, old: str, new: str) -> None:
    """Gives all orders of a subject to another one."""
    await tx.run("UPDATE customer_order SET buyer_id = $1 WHERE buyer_id = $2", new, old)


async def give_to(tx: Tx, order_id: str, buyer_id: str) -> None:
    """Makes a subject the buyer of an order."""
    await tx.run("UPDATE customer_order SET buyer_id = $1 WHERE order_id = $2", buyer_id, order_id)


async def version_at(tx: Tx, order_id: str, position: int) -> int:
    """The version of an order that the feed has told up to a position: each fact about an order is a version."""
    row = await tx.one("SELECT count(*) FROM outbox WHERE topic = $1 AND pos <= $2", order_id, position)
    return int(row[0]) if row else 0
