"""SQL of statements and payouts."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.kit.db import Tx
from services.payments.books.statement import Sum

PAYOUT = "payout_id, batch_id, organizer_id, amount_minor, currency, created_us"
SortKey = tuple[int, str]
# The accounts whose sum EventHub owes to an organizer: its part of all payments, less what its clerks have in their
# tills already, and the money that its members have paid to buyers by hand.
OWED = "(account LIKE 'payable:%' OR account LIKE 'till:%' OR account = 'by_hand')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payout to an organizer."""

    payout_id: str
    batch_id: str
    organizer_id: str
    amount_minor: int
    currency: str
    created_us: int


async def sums(tx: Tx, organizer_id: str, event_id: str, from_us: int, to_us: int) -> list[Sum]:
    """What an organizer's books have moved in a period. event_id: empty for all events. Settled refunds and payouts
    move no money of buyers, so they are left out."""
    rows = await tx.all(
        """SELECT event_id, currency, kind, account, CAST(sum(amount_minor) AS BIGINT), count(*) FROM (
               SELECT event_id, currency, account, amount_minor,
                   CASE WHEN entry_id LIKE 'capture:%' THEN 'capture' WHEN entry_id LIKE 'refund:%' THEN 'refund'
                        WHEN entry_id LIKE 'dispute:%' THEN 'dispute' ELSE '' END AS kind
               FROM ledger_line WHERE organizer_id = $1 AND at_us >= $3 AND at_us < $4 AND ($2 = '' OR event_id = $2)
           ) AS moved WHERE kind <> '' GROUP BY event_id, currency, kind, account""",
        organizer_id,
        event_id,
        from_us,
        to_us,
    )
    return [
        Sum(event_id=event_id, currency=currency, kind=kind, account=account, amount_minor=minor, entries=entries)
        for event_id, currency, kind, account, minor, entries in rows
    ]


async def balance(tx: Tx, account: str, organizer_id: str, from_us: int, to_us: int) -> list[tuple[str, int]]:
    """(currency, sum) of an account in a period, for an organizer, without those of zero."""
    rows = await tx.all(
        """SELECT currency, CAST(sum(amount_minor) AS BIGINT) FROM ledger_line
           WHERE organizer_id = $1 AND account = $2 AND at_us >= $3 AND at_us < $4
           GROUP BY currency HAVING sum(amount_minor) <> 0 ORDER BY currency""",
        organizer_id,
        account,
        from_us,
        to_us,
    )
    return [(row[0], row[1]) for row in rows]


async def owed_to(tx: Tx, organizer_id: str, to_us: int) -> list[tuple[str, int]]:
    """(currency, amount) of EventHub's debt to an organizer at a time, without those of zero; below zero if the
    organizer owes it."""
    rows = await tx.all(
        f"""SELECT currency, CAST(-sum(amount_minor) AS BIGINT) FROM ledger_line
            WHERE organizer_id = $1 AND {OWED} AND at_us < $2
            GROUP BY currency HAVING sum(amount_minor) <> 0 ORDER BY currency""",
        organizer_id,
        to_us,
    )
    return [(row[0], row[1]) for row in rows]


async def clerks(tx: Tx, till_ids: Sequence[str]) -> dict[str, str]:
    """The clerk of each of some tills."""
    if not till_ids:
        return {}
    marks = ", ".join(f"${n}" for n in range(1, len(till_ids) + 1))
    return dict(await tx.all(f"SELECT till_id, clerk_id FROM till WHERE till_id IN ({marks})", *till_ids))


async def owed(tx: Tx) -> list[tuple[str, str, int]]:
    """(organizer, currency, amount) of what EventHub owes to organizers by now: to those to whom it owes something."""
    rows = await tx.all(
        f"""SELECT organizer_id, currency, CAST(-sum(amount_minor) AS BIGINT) FROM ledger_line
            WHERE {OWED} GROUP BY organizer_id, currency HAVING sum(amount_minor) < 0
            ORDER BY organizer_id, currency"""
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def claim_batch(tx: Tx, batch_id: str, now_us: int) -> bool:
    """Begins a batch of payouts. False if its id is in use."""
    claimed = await tx.one(
        "INSERT INTO payout_batch (batch_id, created_us) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1",
        batch_id,
        now_us,
    )
    return claimed is not None


async def has_batch(tx: Tx, batch_id: str) -> bool:
    """Whether there is a batch with an id."""
    return await tx.one("SELECT 1 FROM payout_batch WHERE batch_id = $1", batch_id) is not None


async def add(tx: Tx, payout: Payout) -> None:
    """Writes a payout."""
    await tx.run(
        f"INSERT INTO payout ({PAYOUT}) VALUES ($1, $2, $3, $4, $5, $6)",
        payout.payout_id,
        payout.batch_id,
        payout.organizer_id,
        payout.amount_minor,
        payout.currency,
        payout.created_us,
    )


async def of_batch(tx: Tx, batch_id: str, after: str, limit: int) -> list[Payout]:
    """The next payouts of a batch after an id."""
    rows = await tx.all(
        f"SELECT {PAYOUT} FROM payout WHERE batch_id = $1 AND payout_id > $2 ORDER BY payout_id LIMIT $3",
        batch_id,
        after,
        limit,
    )
    return [payout_in(row) for row in rows]


async def totals(tx: Tx, batch_id: str) -> list[tuple[str, int, int]]:
    """(currency, sum, number) of a batch's payouts."""
    rows = await tx.all(
        """SELECT currency, CAST(sum(amount_minor) AS BIGINT), count(*) FROM payout WHERE batch_id = $1
           GROUP BY currency ORDER BY currency""",
        batch_id,
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def page(tx: Tx, organizer_id: str, before: SortKey, limit: int) -> list[Payout]:
    """An organizer's payouts, the last first. before: the key of the last one of the page before."""
    rows = await tx.all(
        f"""SELECT {PAYOUT} FROM payout WHERE organizer_id = $1
              AND (created_us < $2 OR (created_us = $2 AND payout_id < $3))
            ORDER BY created_us DESC, payout_id DESC LIMIT $4""",
        organizer_id,
        *before,
        limit,
    )
    return [payout_in(row) for row in rows]


def payout_in(row: tuple[str, str, str, int, str, int]) -> Payout:
    """Reads a row of PAYOUT."""
    payout_id, batch_id, organizer_id, amount_minor, currency, created_us = row
    return Payout(
        payout_id=payout_id,
        batch_id=batch_id,
        organizer_id=organizer_id,
        amount_minor=amount_minor,
        currency=currency,
        created_us=created_us,
    )
