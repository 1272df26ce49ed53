"""SQL of the sandbox provider's book."""

from dataclasses import dataclass

from services.kit.db import Tx
from services.payments.gateway import Dispute, RefundStanding, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """An entry of the sandbox's book. key: the order's id. refunded_minor: what was given back of it. disputed: whether
    the owner of the card disputes it."""

    key: str
    standing: Standing
    amount_minor: int
    currency: str
    refunded_minor: int = 0
    disputed: bool = False


def burnt(key: str) -> Charge:
    """The entry of a key that is burnt before it was used."""
    return Charge(key=key, standing=Standing.VOIDED, amount_minor=0, currency="")


async def find_charge(tx: Tx, key: str) -> Charge | None:
    """Reads the book's entry for a key."""
    row = await tx.one(
        """SELECT state, amount_minor, currency,
               CAST((SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE idempotency_key = $1) AS BIGINT),
               EXISTS (SELECT 1 FROM dispute WHERE idempotency_key = $1)
           FROM charge WHERE idempotency_key = $1""",
        key,
    )
    if row is None:
        return None
    state, amount_minor, currency, refunded_minor, disputed = row
    return Charge(
        key=key,
        standing=Standing(state),
        amount_minor=amount_minor,
        currency=currency,
        refunded_minor=refunded_minor,
        disputed=bool(disputed),
    )


async def add_charge(tx: Tx, charge: Charge, now_us: int) -> bool:
    """Inserts an entry. False if its key has one already."""
    row = await tx.one(
        """INSERT INTO charge (idempotency_key, state, amount_minor, currency, at_us) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (idempotency_key) DO NOTHING RETURNING 1""",
        charge.key,
        charge.standing.value,
        charge.amount_minor,
        charge.currency,
        now_us,
    )
    return row is not None


async def set_fault(tx: Tx, fault: str) -> None:
    """Stores the name of the sandbox's fault."""
    await tx.run(
        "INSERT INTO mischief (one, fault) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET fault = excluded.fault", fault
    )


async def find_fault(tx: Tx) -> str | None:
    """Reads the name of the sandbox's fault; None if no fault was ever set."""
    row = await tx.one("SELECT fault FROM mischief WHERE one = 1")
    return str(row[0]) if row else None


async def open_charge(tx: Tx, new: Charge, *, now_us: int) -> Standing:
    """Reserves or declines an amount. If the key was used before, returns its standing unchanged."""
    if await add_charge(tx, new, now_us):
        return new.standing
    return await standing_now(tx, new.key)


async def capture_charge(tx: Tx, key: str, *, now_us: int) -> Standing:
    """Captures a reserved amount. Burns a key that has none, so that its answer VOIDED stays true."""
    if await add_charge(tx, burnt(key), now_us):
        return Standing.VOIDED
    await tx.run("UPDATE charge SET state = 'captured' WHERE idempotency_key = $1 AND state = 'authorized'", key)
    return await standing_now(tx, key)


async def void_charge(tx: Tx, key: str, *, now_us: int) -> Standing:
    """Voids a reserved amount and burns the key, used or not."""
    if await add_charge(tx, burnt(key), now_us):
        return Standing.VOIDED
    await tx.run("UPDATE charge SET state = 'voided' WHERE idempotency_key = $1 AND state = 'authorized'", key)
    return await standing_now(tx, key)


async def standing_now(tx: Tx, key: str) -> Standing:
    """Reads the standing of a key that has an entry."""
    charge = await find_charge(tx, key)
    assert charge is not None, "the key was just written"
    return charge.standing


async def refund_charge(
    tx: Tx, key: str, refund_key: str, amount_minor: int, *, refuses: bool, now_us: int
) -> RefundStanding:
    """Gives a part of a captured charge back, once. refuses: it gives back only what it gave back before."""
    await tx.lock("SELECT 1 FROM charge WHERE idempotency_key = $1", key)
    if await tx.one("SELECT 1 FROM refund WHERE refund_key = $1", refund_key):
        return RefundStanding.DONE
    charge = await find_charge(tx, key)
    if refuses or charge is None or charge.standing is not Standing.CAPTURED or charge.disputed:
        return RefundStanding.REFUSED
    if charge.refunded_minor + amount_minor > charge.amount_minor:
        return RefundStanding.REFUSED
    await tx.run(
        "INSERT INTO refund (refund_key, idempotency_key, amount_minor, at_us) VALUES ($1, $2, $3, $4)",
        refund_key,
        key,
        amount_minor,
        now_us,
    )
    return RefundStanding.DONE


async def dispute_charge(tx: Tx, key: str, *, now_us: int) -> Charge | None:
    """Takes what is left of a captured charge back for the owner of its card; a repeat changes nothing. None if it is
    not captured."""
    await tx.lock("SELECT 1 FROM charge WHERE idempotency_key = $1", key)
    charge = await find_charge(tx, key)
    if charge is None or charge.standing is not Standing.CAPTURED:
        return None
    await tx.run(
        """INSERT INTO dispute (n, idempotency_key, amount_minor, at_us)
           SELECT coalesce(max(n), 0) + 1, $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM dispute WHERE true
           ON CONFLICT (idempotency_key) DO NOTHING""",
        key,
        charge.amount_minor - charge.refunded_minor,
        now_us,
    )
    return await find_charge(tx, key)


async def disputes(tx: Tx, after: int, limit: int) -> list[Dispute]:
    """The disputes after a number, oldest first."""
    rows = await tx.all(
        "SELECT n, idempotency_key, amount_minor FROM dispute WHERE n > $1 ORDER BY n LIMIT $2", after, limit
    )
    return [Dispute(*row) for row in rows]
