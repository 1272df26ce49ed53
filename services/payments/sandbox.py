"""The sandbox provider: behaves like a payment provider, books what it charged, and misbehaves on demand.

Its book is its own database. It is what was charged, whatever the rest of EventHub believes.
"""

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from services.kit.clock import Clock
from services.kit.db import Database, Tx
from services.payments.gateway import Declined, NotSent, Standing, Unknown

T = TypeVar("T")

TOKEN = re.compile(r"tok_[A-Za-z0-9_-]+")
TOKEN_DECLINED, TOKEN_SLOW = "tok_declined", "tok_slow"
SLOW_S = 1.0


class Fault(Enum):
    """How it misbehaves."""

    NONE = "not at all"
    DOWN = "nothing reaches it"
    SILENT_AFTER = "does it and never answers"
    SILENT_BEFORE = "does nothing and never answers"
    ERROR = "does nothing and answers with a server error"
    ERROR_AFTER = "does it and answers with a server error"


@dataclass(frozen=True, slots=True)
class Charge:
    """An entry of the sandbox's book, in minor units."""

    key: str
    standing: Standing
    amount_minor: int
    currency: str


class Sandbox:
    """A Gateway. fault: how it misbehaves from now on; forgotten at the next start."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: the sandbox's own."""
        self.fault = Fault.NONE
        self._database = database
        self._clock = clock

    async def authorize(self, key: str, amount_minor: int, currency: str, card_token: str) -> Standing:
        """Reserves an amount."""
        return await self._misbehave(self._authorize(key, amount_minor, currency, card_token))

    async def capture(self, key: str) -> Standing:
        """Takes a reserved amount."""
        return await self._misbehave(self._database.write(capture_charge, key, now_us=self._clock.now_us()))

    async def void(self, key: str) -> Standing:
        """Gives an amount up and burns the key."""
        return await self._misbehave(self._database.write(void_charge, key, now_us=self._clock.now_us()))

    async def find(self, key: str) -> Standing | None:
        """What was done under a key."""
        return await self._misbehave(self._standing(key))

    async def book(self, key: str) -> Charge | None:
        """The book's entry for a key. Never misbehaves: it is the operator who looks."""
        return await self._database.read(find_charge, key)

    async def _authorize(self, key: str, amount_minor: int, currency: str, card_token: str) -> Standing | Declined:
        declined = card_token == TOKEN_DECLINED or not TOKEN.fullmatch(card_token)
        asked = Charge(key, Standing.DECLINED if declined else Standing.AUTHORIZED, amount_minor, currency)
        standing = await self._database.write(open_charge, asked, now_us=self._clock.now_us())
        if card_token == TOKEN_SLOW:
            await self._clock.sleep(SLOW_S)
        return Declined() if standing is Standing.DECLINED else standing

    async def _standing(self, key: str) -> Standing | None:
        charge = await self.book(key)
        return charge.standing if charge else None

    async def _misbehave(self, work: Coroutine[Any, Any, T | Declined]) -> T:
        fault = self.fault
        if fault in (Fault.DOWN, Fault.SILENT_BEFORE, Fault.ERROR):
            work.close()
            await fail(fault)
        answer = await work
        if fault in (Fault.SILENT_AFTER, Fault.ERROR_AFTER):
            await fail(fault)
        if isinstance(answer, Declined):
            raise answer
        return answer


async def fail(fault: Fault) -> None:
    """Answers as a provider in trouble does. Silence lasts until the caller has had enough."""
    if fault is Fault.DOWN:
        raise NotSent
    if fault in (Fault.ERROR, Fault.ERROR_AFTER):
        raise Unknown
    await asyncio.get_running_loop().create_future()


async def find_charge(tx: Tx, key: str) -> Charge | None:
    """The book's entry for a key."""
    row = await tx.one("SELECT state, amount_minor, currency FROM charge WHERE idempotency_key = $1", key)
    return Charge(key, Standing(row[0]), row[1], row[2]) if row else None


async def add_charge(tx: Tx, charge: Charge, now_us: int) -> bool:
    """Writes an entry. False if there is one for its key."""
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


async def open_charge(tx: Tx, asked: Charge, *, now_us: int) -> Standing:
    """Reserves an amount, or answers what became of the key before."""
    if await add_charge(tx, asked, now_us):
        return asked.standing
    return await standing_now(tx, asked.key)


async def capture_charge(tx: Tx, key: str, *, now_us: int) -> Standing:
    """Takes a reserved amount. A key without one is burnt, so that the answer stays true."""
    if await add_charge(tx, Charge(key, Standing.VOIDED, 0, ""), now_us):
        return Standing.VOIDED
    await tx.run("UPDATE charge SET state = 'captured' WHERE idempotency_key = $1 AND state = 'authorized'", key)
    return await standing_now(tx, key)


async def void_charge(tx: Tx, key: str, *, now_us: int) -> Standing:
    """Gives an amount up and burns the key."""
    if await add_charge(tx, Charge(key, Standing.VOIDED, 0, ""), now_us):
        return Standing.VOIDED
    await tx.run("UPDATE charge SET state = 'voided' WHERE idempotency_key = $1 AND state = 'authorized'", key)
    return await standing_now(tx, key)


async def standing_now(tx: Tx, key: str) -> Standing:
    """What a key that is known stands for."""
    charge = await find_charge(tx, key)
    assert charge is not None, "the key was just written"
    return charge.standing
