"""payments' SQL about tills and their sales."""

from collections.abc import Sequence
from dataclasses import fields

from services.kit.db import Row, Tx
from services.payments.payments import PaymentState
from services.payments.refunds import store as refund_store
from services.payments.tills.till import CounterMethod, Till, TillTotal

NAMES = tuple(field.name for field in fields(Till))
COLUMNS = ", ".join(NAMES)
PARAMETERS = ", ".join(f"${n}" for n in range(1, len(NAMES) + 1))

SortKey = tuple[int, str]


def till_in(row: Row) -> Till:
    """Reads a row of COLUMNS."""
    return Till(**dict(zip(NAMES, row, strict=True)))


async def claim(tx: Tx, till: Till) -> bool:
    """Inserts a till. False if its id is in use, or its clerk has an open till."""
    claimed = await tx.one(
        f"INSERT INTO till ({COLUMNS}) VALUES ({PARAMETERS}) ON CONFLICT DO NOTHING RETURNING 1",
        *(getattr(till, name) for name in NAMES),
    )
    return claimed is not None


async def find(tx: Tx, till_id: str) -> Till | None:
    """A till, without a lock."""
    row = await tx.one(f"SELECT {COLUMNS} FROM till WHERE till_id = $1", till_id)
    return till_in(row) if row else None


async def lock(tx: Tx, till_id: str) -> Till | None:
    """A till, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM till WHERE till_id = $1", till_id)
    return till_in(rows[0]) if rows else None


async def find_open(tx: Tx, organizer_id: str, clerk_id: str) -> Till | None:
    """The open till of a clerk."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM till WHERE organizer_id = $1 AND clerk_id = $2 AND closed_us IS NULL",
        organizer_id,
        clerk_id,
    )
    return till_in(row) if row else None


async def page(tx: Tx, organizer_id: str, clerk_id: str, before: SortKey, limit: int, *, open_only: bool) -> list[Till]:
    """An organizer's tills, the last opened first. clerk_id: empty for all. before: the (opened_us, till_id) of the
    last till of the page before."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM till
            WHERE organizer_id = $1 AND ($2 = '' OR clerk_id = $2) AND ($3 = 0 OR closed_us IS NULL)
              AND (opened_us < $4 OR (opened_us = $4 AND till_id < $5))
            ORDER BY opened_us DESC, till_id DESC LIMIT $6""",
        organizer_id,
        clerk_id,
        int(open_only),
        *before,
        limit,
    )
    return [till_in(row) for row in rows]


async def save_closed(tx: Tx, till: Till) -> None:
    """Writes the closing of a locked till."""
    await tx.run(
        """UPDATE till SET closed_us = $2, closed_by = $3, counted_minor = $4, expected_minor = $5, note = $6,
                closing_hash = $7 WHERE till_id = $1""",
        till.till_id,
        till.closed_us,
        till.closed_by,
        till.counted_minor,
        till.expected_minor,
        till.note,
        till.closing_hash,
    )


async def totals(tx: Tx, till_ids: Sequence[str]) -> dict[str, list[TillTotal]]:
    """What some tills have taken by method, less the refunds that were paid out of them. Tills without any are left
    out. till_ids: at least one."""
    marks = ", ".join(f"${n}" for n in range(2, len(till_ids) + 2))
    rows = await tx.all(
        f"""SELECT till_id, counter_method, CAST(sum(amount_minor) AS BIGINT), count(*) FROM payment
            WHERE till_id IN ({marks}) AND till_id <> '' AND state = $1
            GROUP BY till_id, counter_method ORDER BY till_id, counter_method""",
        PaymentState.CAPTURED,
        *till_ids,
    )
    sold = {(till_id, method): (amount_minor, sales) for till_id, method, amount_minor, sales in rows}
    given = {(till_id, method): minor for till_id, method, minor, _ in await refund_store.paid_out_of(tx, till_ids)}
    found: dict[str, list[TillTotal]] = {}
    for till_id, method in sorted(sold.keys() | given.keys()):
        amount_minor, sales = sold.get((till_id, method), (0, 0))
        total = TillTotal(CounterMethod(method), amount_minor - given.get((till_id, method), 0), sales)
        found.setdefault(till_id, []).append(total)
    return found


async def unbooked(tx: Tx, till_id: str) -> list[str]:
    """The orders whose sale is in a till and not yet booked. Their payments are locked until the transaction ends."""
    rows = await tx.lock(
        """SELECT order_id FROM payment WHERE till_id = $1 AND till_id <> '' AND state = $2 ORDER BY order_id""",
        till_id,
        PaymentState.AUTHORIZED,
    )
    return [row[0] for row in rows]
