"""payments' SQL: payments, ledger lines and providers."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.kit.db import Row, Tx
from services.payments.ledger import Entry
from services.payments.payments import Attempt, Payment, PaymentState, card_to_keep

ATTEMPT = "order_id, organizer_id, event_id, amount_minor, currency, provider, card_token, till_id, counter_method"
ATTEMPTS = len(ATTEMPT.split(", "))
PROGRESS = """state, void_requested, capture_requested, sent, tries, next_try_us, waiting_since_us, created_us,
    captured_us, version, fee_minor, refunded_minor, disputed_us"""
COLUMNS = f"{ATTEMPT}, {PROGRESS}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The payments that wait for a provider's answer. oldest_us: when the oldest began to wait; None without any."""

    count: int
    oldest_us: int | None
    oldest_order_id: str | None


def attempt_in(row: Row) -> Attempt:
    """Reads a row of ATTEMPT."""
    order_id, organizer_id, event_id, amount_minor, currency, provider, card_token, till_id, counter_method = row
    return Attempt(
        order_id=order_id,
        organizer_id=organizer_id,
        event_id=event_id,
        amount_minor=amount_minor,
        currency=currency,
        provider=provider,
        card_token=card_token,
        till_id=till_id,
        counter_method=counter_method,
    )


def payment_in(row: Row) -> Payment:
    """Reads a row of COLUMNS."""
    progress = row[ATTEMPTS:]
    state, void_requested, capture_requested, sent, tries, next_try_us, waiting_since_us, created_us, *last = progress
    captured_us, version, fee_minor, refunded_minor, disputed_us = last
    return Payment(
        attempt=attempt_in(row[:ATTEMPTS]),
        state=PaymentState(state),
        void_requested=bool(void_requested),
        capture_requested=bool(capture_requested),
        sent=bool(sent),
        tries=tries,
        next_try_us=next_try_us,
        waiting_since_us=waiting_since_us,
        created_us=created_us,
        captured_us=captured_us,
        version=version,
        fee_minor=fee_minor,
        refunded_minor=refunded_minor,
        disputed_us=disputed_us,
    )


async def claim(tx: Tx, new: Payment) -> bool:
    """Inserts a payment. False if the order has one already."""
    attempt = new.attempt
    claimed = await tx.one(
        f"""INSERT INTO payment ({COLUMNS})
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            ON CONFLICT (order_id) DO NOTHING RETURNING 1""",
        attempt.order_id,
        attempt.organizer_id,
        attempt.event_id,
        attempt.amount_minor,
        attempt.currency,
        attempt.provider,
        attempt.card_token,
        attempt.till_id,
        attempt.counter_method,
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
        new.fee_minor,
        new.refunded_minor,
        new.disputed_us,
    )
    return claimed is not None


async def find(tx: Tx, order_id: str) -> Payment | None:
    """Reads an order's payment, without a lock."""
    row = await tx.one(f"SELECT {COLUMNS} FROM payment WHERE order_id = $1", order_id)
    return payment_in(row) if row else None


async def lock(tx: Tx, order_id: str) -> Payment | None:
    """Reads an order's payment and locks it until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM payment WHERE order_id = $1", order_id)
    return payment_in(rows[0]) if rows else None


async def save(tx: Tx, changed: Payment) -> Payment:
    """Writes a locked payment back and returns it with its new version. Call it once per transaction. It replaces the
    card's token with the fingerprint as soon as the provider has answered."""
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


async def due(tx: Tx, providers: Collection[str], now_us: int, limit: int) -> list[str]:
    """The orders whose payments are due at these providers, oldest first. providers: at least one."""
    marks = ", ".join(f"${n}" for n in range(3, len(providers) + 3))
    rows = await tx.all(
        f"""SELECT order_id FROM payment
            WHERE next_try_us IS NOT NULL AND next_try_us <= $1 AND provider IN ({marks})
            ORDER BY next_try_us, waiting_since_us, order_id LIMIT $2""",
        now_us,
        limit,
        *providers,
    )
    return [row[0] for row in rows]


async def make_due(tx: Tx, provider: str, now_us: int) -> int:
    """Makes every payment due that a provider has left without an answer. Returns their number."""
    return await tx.run(
        """UPDATE payment SET next_try_us = $1, version = version + 1
            WHERE next_try_us > $1 AND tries > 0 AND provider = $2""",
        now_us,
        provider,
    )


async def waiting(tx: Tx, provider: str) -> Waiting:
    """Counts the payments that wait for a provider and finds the oldest."""
    counted = await tx.one("SELECT count(*) FROM payment WHERE next_try_us IS NOT NULL AND provider = $1", provider)
    oldest = await tx.one(
        """SELECT waiting_since_us, order_id FROM payment WHERE next_try_us IS NOT NULL AND provider = $1
           ORDER BY waiting_since_us, order_id LIMIT 1""",
        provider,
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


async def add_provider(tx: Tx, provider: str) -> None:
    """Gives a provider its row, if it has none."""
    await tx.run(
        """INSERT INTO provider (provider, forced_open, announced) VALUES ($1, 0, 'CLOSED')
           ON CONFLICT (provider) DO NOTHING""",
        provider,
    )


async def is_forced_open(tx: Tx, provider: str) -> bool:
    """True if the operator lets no call through to a provider."""
    row = await tx.one("SELECT forced_open FROM provider WHERE provider = $1", provider)
    return row is not None and bool(row[0])


async def save_forced(tx: Tx, provider: str, *, is_open: bool) -> None:
    """Stores whether the operator keeps a provider's breaker open."""
    await add_provider(tx, provider)
    await tx.run("UPDATE provider SET forced_open = $2 WHERE provider = $1", provider, int(is_open))


async def save_announced(tx: Tx, provider: str, breaker: str) -> bool:
    """Stores the state of a breaker that is about to be announced. False if it was the last one announced."""
    await add_provider(tx, provider)
    changed = await tx.one(
        "UPDATE provider SET announced = $2 WHERE provider = $1 AND announced <> $2 RETURNING 1", provider, breaker
    )
    return changed is not None
