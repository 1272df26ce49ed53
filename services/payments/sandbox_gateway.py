"""The sandbox provider: acts like a payment provider, books its charges, and fails on demand.

Its book is a database of its own and holds the true charges, even if the rest of EventHub believes something else.
"""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from enum import Enum
from typing import Any, TypeVar

from services.kit.db import Database
from services.kit.values import Clock
from services.payments import sandbox_store
from services.payments.gateway import Declined, Dispute, NotSent, RefundStanding, Standing, Unknown
from services.payments.sandbox_store import Charge

T = TypeVar("T")

SANDBOX = "sandbox"
TOKEN = re.compile(r"tok_[A-Za-z0-9_-]+")
TOKEN_DECLINED, TOKEN_SLOW = "tok_declined", "tok_slow"
SLOW_S = 1.0


class Fault(Enum):
    """How the sandbox fails; the contract's SandboxFault."""

    NONE = "not at all"
    DOWN = "nothing reaches it"
    SILENT_AFTER = "acts and never answers"
    SILENT_BEFORE = "does nothing and never answers"
    ERROR = "does nothing and answers with a server error"
    ERROR_AFTER = "acts and answers with a server error"
    REFUSE_REFUNDS = "gives no money back"


class Sandbox:
    """A Gateway that moves no money. It accepts every token of the form tok_... except TOKEN_DECLINED."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: the sandbox's own book, not payments' database."""
        self._database = database
        self._clock = clock

    async def authorize(self, key: str, amount_minor: int, currency: str, card_token: str) -> Standing:
        """Books a charge as authorized or declined. See Gateway.authorize."""
        return await self._faulty(self._authorize(key, amount_minor, currency, card_token))

    async def capture(self, key: str) -> Standing:
        """Marks an authorized charge captured. See Gateway.capture."""
        return await self._faulty(self._database.write(sandbox_store.capture_charge, key, now_us=self._clock.now_us()))

    async def void(self, key: str) -> Standing:
        """Marks an authorized charge voided. See Gateway.void."""
        return await self._faulty(self._database.write(sandbox_store.void_charge, key, now_us=self._clock.now_us()))

    async def refund(self, key: str, refund_key: str, amount_minor: int) -> RefundStanding:
        """Books what is given back of a charge. See Gateway.refund."""
        return await self._faulty(self._refund(key, refund_key, amount_minor))

    async def disputes(self, after: int, limit: int) -> Sequence[Dispute]:
        """Lists the disputes. See Gateway.disputes."""
        return await self._faulty(self._database.read(sandbox_store.disputes, after, limit))

    async def dispute(self, key: str) -> Charge | None:
        """Lets the owner of a card dispute a captured charge; None if it is not captured. Never fails on demand."""
        return await self._database.write(sandbox_store.dispute_charge, key, now_us=self._clock.now_us())

    async def find(self, key: str) -> Standing | None:
        """Looks the charge up, unless the fault prevents it. See Gateway.find."""
        return await self._faulty(self._standing(key))

    async def charge(self, key: str) -> Charge | None:
        """The book's entry for a key. Never fails on demand: the operator reads it, not payments."""
        return await self._database.read(sandbox_store.find_charge, key)

    async def set_fault(self, fault: Fault) -> None:
        """Sets the fault for all replicas, from the next request on."""
        await self._database.write(sandbox_store.set_fault, fault.name)

    async def _authorize(self, key: str, amount_minor: int, currency: str, card_token: str) -> Standing | Declined:
        declined = card_token == TOKEN_DECLINED or not TOKEN.fullmatch(card_token)
        standing = Standing.DECLINED if declined else Standing.AUTHORIZED
        new = Charge(key=key, standing=standing, amount_minor=amount_minor, currency=currency)
        standing = await self._database.write(sandbox_store.open_charge, new, now_us=self._clock.now_us())
        if card_token == TOKEN_SLOW:
            await self._clock.sleep(SLOW_S)
        return Declined() if standing is Standing.DECLINED else standing

    async def _refund(self, key: str, refund_key: str, amount_minor: int) -> RefundStanding:
        refuses = await self._database.read(sandbox_store.find_fault) == Fault.REFUSE_REFUNDS.name
        return await self._database.write(
            sandbox_store.refund_charge, key, refund_key, amount_minor, refuses=refuses, now_us=self._clock.now_us()
        )

    async def _standing(self, key: str) -> Standing | None:
        charge = await self.charge(key)
        return charge.standing if charge else None

    async def _faulty(self, work: Coroutine[Any, Any, T | Declined]) -> T:
        """Does the work, or fails before or after it, as the fault says."""
        try:
            fault = Fault[await self._database.read(sandbox_store.find_fault) or Fault.NONE.name]
            if fault in (Fault.DOWN, Fault.SILENT_BEFORE, Fault.ERROR):
                await fail(fault)
            answer = await work
        finally:
            work.close()  # a coroutine that never started would warn
        if fault in (Fault.SILENT_AFTER, Fault.ERROR_AFTER):
            await fail(fault)
        if isinstance(answer, Declined):
            raise answer
        return answer


async def fail(fault: Fault) -> None:
    """Fails as a broken provider does. Silence lasts until the caller's timeout."""
    if fault is Fault.DOWN:
        raise NotSent
    if fault in (Fault.ERROR, Fault.ERROR_AFTER):
        raise Unknown
    await asyncio.get_running_loop().create_future()
