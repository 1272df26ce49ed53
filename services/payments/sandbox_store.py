"""SQL of the sandbox provider's book."""

from dataclasses import dataclass

from services.kit.db import Tx
from services.payments.gateway import Standing


@dataclass(frozen=True, slots=True)
class Charge:
    """An entry of the sandbox's book. key: the order's id."""

    key: str
    standing: Standing
    amount_minor: int
    currency: str


async def find_charge(tx: Tx, key: str) -> Charge | None:
    """Reads the book's entry for a key."""
    row = await tx.one("SELECT state, amount_minor, currency FROM charge WHERE idempotency_key = $1", key)
    return Charge(key, Standing(row[0]), row[1], row[2]) if row else None


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
    if await add_charge(tx, Charge(key, Standing.VOIDED, 0, ""), now_us):
        return Standing.VOIDED
    await tx.run("UPDATE charge SET state = 'captured' WHERE idempotency_key = $1 AND state = 'authorized'", key)
    return await standing_now(tx, key)


async def void_charge(tx: Tx, key: str, *, now_us: int) -> Standing:
    """Voids a reserved amount and burns the key, used or not."""
    if await add_charge(tx, Charge(key, Standing.VOIDED, 0, ""), now_us):
        return Standing.VOIDED
    await tx.run("UPDATE charge SET state = 'voided' WHERE idempotency_key = $1 AND state = 'authorized'", key)
    return await standing_now(tx, key)


async def standing_now(tx: Tx, key: str) -> Standing:
    """Reads the standing of a key that has an entry."""
    charge = await find_charge(tx, key)
    assert charge is not None, "the key was just written"
    return charge.standing
