"""The sandbox provider: behaves like a payment provider, books what it charged, and misbehaves on demand.

Its book is its own database. It is what was charged, whatever the rest of EventHub believes.
"""

import asyncio
import re
from collections.abc import Coroutine
from enum import Enum
from typing import Any, TypeVar

from services.kit.db import Database
from services.kit.values import Clock
from services.payments.gateway import Declined, NotSent, Standing, Unknown
from services.payments.sandbox_store import (
    Charge,
    capture_charge,
    find_charge,
    find_fault,
    open_charge,
    set_fault,
    void_charge,
)

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


class Sandbox:
    """A Gateway."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: the sandbox's own."""
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

    async def misbehave(self, fault: Fault) -> None:
        """Misbehaves from now on, whichever replica asks it."""
        await self._database.write(set_fault, fault.name)

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
        try:
            fault = Fault[await self._database.read(find_fault) or Fault.NONE.name]
            if fault in (Fault.DOWN, Fault.SILENT_BEFORE, Fault.ERROR):
                await fail(fault)
            answer = await work
        finally:
            work.close()  # where it was not begun
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
