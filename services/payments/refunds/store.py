"""payments' SQL about refunds and disputes."""

from collections.abc import Collection, Sequence

from services.kit.db import Row, Tx
from services.payments.refunds.refund import Refund, RefundState, Wanted

WANTED = "refund_id, order_id, amount_minor, currency, return_fee, clerk_id"
PROGRESS = """organizer_id, event_id, provider, till_id, counter_method, state, tries, next_try_us, created_us,
    ended_us"""
COLUMNS = f"{WANTED}, {PROGRESS}"


def refund_in(row: Row) -> Refund:
    """Reads a row of COLUMNS."""
    refund_id, order_id, amount_minor, currency, return_fee, clerk_id, *rest = row
    organizer_id, event_id, provider, till_id, counter_method, state, tries, next_try_us, created_us, ended_us = rest
    return Refund(
        wanted=Wanted(
            refund_id=refund_id,
            order_id=order_id,
            amount_minor=amount_minor,
            currency=currency,
            return_fee=bool(return_fee),
            clerk_id=clerk_id,
        ),
        organizer_id=organizer_id,
        event_id=event_id,
        provider=provider,
        till_id=till_id,
        counter_method=counter_method,
        state=RefundState(state),
        tries=tries,
        next_try_us=next_try_us,
        created_us=created_us,
        ended_us=ended_us,
    )


async def claim(tx: Tx, new: Refund) -> bool:
    """Inserts a refund. False if its id is in use."""
    wanted = new.wanted
    claimed = await tx.one(
        f"""INSERT INTO refund ({COLUMNS})
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (refund_id) DO NOTHING RETURNING 1""",
        wanted.refund_id,
        wanted.order_id,
        wanted.amount_minor,
        wanted.currency,
        int(wanted.return_fee),
        wanted.clerk_id,
        new.organizer_id,
        new.event_id,
        new.provider,
        new.till_id,
        new.counter_method,
        new.state,
        new.tries,
        new.next_try_us,
        new.created_us,
        new.ended_us,
    )
    return claimed is not None


async def find(tx: Tx, refund_id: str) -> Refund | None:
    """A refund, without a lock."""
    row = await tx.one(f"SELECT {COLUMNS} FROM refund WHERE refund_id = $1", refund_id)
    return refund_in(row) if row else None


async def lock(tx: Tx, refund_id: str) -> Refund | None:
    """A refund, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM refund WHERE refund_id = $1", refund_id)
    return refund_in(rows[0]) if rows else None


async def save(tx: Tx, refund: Refund) -> Refund:
    """Writes a locked refund back, and returns it."""
    await tx.run(
        "UPDATE refund SET state = $2, till_id = $3, tries = $4, next_try_us = $5, ended_us = $6 WHERE refund_id = $1",
        refund.refund_id,
        refund.state,
        refund.till_id,
        refund.tries,
        refund.next_try_us,
        refund.ended_us,
    )
    return refund


async def due(tx: Tx, providers: Collection[str], now_us: int, limit: int) -> list[str]:
    """The refunds that are due at these providers, oldest first. providers: at least one."""
    marks = ", ".join(f"${n}" for n in range(3, len(providers) + 3))
    rows = await tx.all(
        f"""SELECT refund_id FROM refund
            WHERE next_try_us IS NOT NULL AND next_try_us <= $1 AND provider IN ({marks})
            ORDER BY next_try_us, refund_id LIMIT $2""",
        now_us,
        limit,
        *providers,
    )
    return [row[0] for row in rows]


async def make_due(tx: Tx, provider: str, now_us: int) -> None:
    """Makes every refund due that a provider has left without an answer."""
    await tx.run("UPDATE refund SET next_try_us = $1 WHERE next_try_us > $1 AND provider = $2", now_us, provider)


async def waiting(tx: Tx) -> tuple[int, int]:
    """How many refunds wait for a provider, and how many are to be paid by hand."""
    unknown = await tx.one("SELECT count(*) FROM refund WHERE next_try_us IS NOT NULL")
    manual = await tx.one("SELECT count(*) FROM refund WHERE state = 'MANUAL'")
    return (unknown[0] if unknown else 0), (manual[0] if manual else 0)


async def add_refunded(tx: Tx, order_id: str, amount_minor: int) -> None:
    """Counts money of a locked payment as given back."""
    await tx.run("UPDATE payment SET refunded_minor = refunded_minor + $2 WHERE order_id = $1", order_id, amount_minor)


async def owed_of(tx: Tx, order_id: str) -> int:
    """The money of a payment that is to be paid by hand."""
    row = await tx.one(
        "SELECT CAST(coalesce(sum(amount_minor), 0) AS BIGINT) FROM refund WHERE order_id = $1 AND state = 'MANUAL'",
        order_id,
    )
    return int(row[0]) if row else 0


async def save_disputed(tx: Tx, order_id: str, now_us: int) -> None:
    """Writes that a locked payment is disputed."""
    await tx.run("UPDATE payment SET disputed_us = $2 WHERE order_id = $1", order_id, now_us)


async def disputes_seen(tx: Tx, provider: str) -> int:
    """The provider's number of the last dispute that is noted."""
    row = await tx.one("SELECT disputes_seen FROM provider WHERE provider = $1", provider)
    return int(row[0]) if row else 0


async def save_seen(tx: Tx, provider: str, n: int) -> None:
    """Writes that a provider's disputes are noted up to a number."""
    await tx.run("UPDATE provider SET disputes_seen = $2 WHERE provider = $1 AND disputes_seen < $2", provider, n)


async def paid_out_of(tx: Tx, till_ids: Sequence[str]) -> list[tuple[str, str, int, int]]:
    """(till, method, sum, number) of the refunds that were paid out of some tills. till_ids: at least one."""
    marks = ", ".join(f"${n}" for n in range(1, len(till_ids) + 1))
    rows = await tx.all(
        f"""SELECT till_id, counter_method, CAST(sum(amount_minor) AS BIGINT), count(*) FROM refund
            WHERE till_id IN ({marks}) AND till_id <> '' GROUP BY till_id, counter_method""",
        *till_ids,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
