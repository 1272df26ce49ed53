"""payments' SQL."""

from dataclasses import dataclass, replace

from services.kit.db import Row, Tx
from services.payments.ledger import Entry
from services.payments.payments import Attempt, Payment, card_to_keep

COLUMNS = """order_id, organizer_id, event_id, amount_minor, currency, provider, card_token, state, void_requested,
    capture_requested, sent, tries, next_try_us, waiting_since_us, created_us, captured_us, version"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Payments that wait for the provider: how many, since when the oldest, and which that is."""

    count: int
    oldest_us: int | None
    oldest_order_id: str | None


def payment(row: Row) -> Payment:
    """A row of COLUMNS."""
    void_requested, capture_requested, sent = (bool(flag) for flag in row[8:11])
    return Payment(Attempt(*row[:7]), row[7], void_requested, capture_requested, sent, *row[11:])


async def claim(tx: Tx, new: Payment) -> bool:
    """Writes a new payment. False if the order has one."""
    attempt = new.attempt
    claimed = await tx.one(
        f"""INSERT INTO payment ({COLUMNS})
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            ON CONFLICT (order_id) DO NOTHING RETURNING 1""",
        attempt.order_id,
        attempt.organizer_id,
        attempt.event_id,
        attempt.amount_minor,
        attempt.currency,
        attempt.provider,
        attempt.card_token,
        new.state,
        int(new.void_requested),
        int(new.capture_requested),
        int(new.sent),
        new.tries,
        new.next_try_us,
        new.waiting_since_us,
        new.created_us,
        new.captured_us,
        new.version,
    )
    return claimed is not None


async def find(tx: Tx, order_id: str) -> Payment | None:
    """An order's payment."""
    row = await tx.one(f"SELECT {COLUMNS} FROM payment WHERE order_id = $1", order_id)
    return payment(row) if row else None


async def lock(tx: Tx, order_id: str) -> Payment | None:
    """An order's payment, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM payment WHERE order_id = $1", order_id)
    return payment(rows[0]) if rows else None


async def save(tx: Tx, changed: Payment) -> Payment:
    """Writes a locked payment back, once in a transaction; its version grows. The card is forgotten as soon as the
    provider has said what it thinks of it."""
    await tx.defer(
        """UPDATE payment SET state = $2, void_requested = $3, capture_requested = $4, sent = $5, tries = $6,
                next_try_us = $7, waiting_since_us = $8, captured_us = $9, version = version + 1,
                card_token = $11
            WHERE order_id = $1 AND version = $10""",
        changed.order_id,
        changed.state,
        int(changed.void_requested),
        int(changed.capture_requested),
        int(changed.sent),
        changed.tries,
        changed.next_try_us,
        changed.waiting_since_us,
        changed.captured_us,
        changed.version,
        card_to_keep(changed),
    )
    return replace(changed, version=changed.version + 1)


async def due(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Orders whose payment is to be settled, those that wait longest first."""
    rows = await tx.all(
        """SELECT order_id FROM payment WHERE next_try_us IS NOT NULL AND next_try_us <= $1
           ORDER BY next_try_us, waiting_since_us, order_id LIMIT $2""",
        now_us,
        limit,
    )
    return [row[0] for row in rows]


async def hurry(tx: Tx, now_us: int) -> int:
    """Makes every payment due that the provider has left without an answer; how many."""
    return await tx.run(
        "UPDATE payment SET next_try_us = $1, version = version + 1 WHERE next_try_us > $1 AND tries > 0", now_us
    )


async def waiting(tx: Tx) -> Waiting:
    """What waits for the provider."""
    counted = await tx.one("SELECT count(*) FROM payment WHERE next_try_us IS NOT NULL")
    oldest = await tx.one(
        """SELECT waiting_since_us, order_id FROM payment WHERE next_try_us IS NOT NULL
           ORDER BY waiting_since_us, order_id LIMIT 1"""
    )
    count = counted[0] if counted else 0
    return Waiting(count, oldest[0], oldest[1]) if oldest else Waiting(count, None, None)


async def book(tx: Tx, entry: Entry, attempt: Attempt, now_us: int) -> None:
    """Writes an entry into the ledger."""
    for n, line in enumerate(entry.lines, start=1):
        await tx.defer(
            """INSERT INTO ledger_line
               (entry_id, n, account, organizer_id, event_id, order_id, amount_minor, currency, at_us)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            entry.entry_id,
            n,
            line.account,
            attempt.organizer_id,
            attempt.event_id,
            attempt.order_id,
            line.amount_minor,
            attempt.currency,
            now_us,
        )


async def is_forced_open(tx: Tx, provider: str) -> bool:
    """Whether the operator wants no call let through."""
    row = await tx.one("SELECT forced_open FROM provider WHERE provider = $1", provider)
    return row is not None and bool(row[0])


async def save_forced(tx: Tx, provider: str, *, is_open: bool) -> None:
    """Notes what the operator wants."""
    await tx.run("UPDATE provider SET forced_open = $2 WHERE provider = $1", provider, int(is_open))


async def save_told(tx: Tx, provider: str, breaker: str) -> bool:
    """Notes what is told about a breaker. False if that was told last."""
    changed = await tx.one(
        "UPDATE provider SET told = $2 WHERE provider = $1 AND told <> $2 RETURNING 1", provider, breaker
    )
    return changed is not None
