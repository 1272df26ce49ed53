"""The port to a payment provider. Every call can be repeated under its key: the provider does each once."""

from enum import StrEnum
from typing import Protocol


class Standing(StrEnum):
    """What the provider has done under a key."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"


class Declined(Exception):
    """The provider says no. It is well; nothing is charged."""


class NotSent(Exception):
    """No byte reached the provider: it did nothing."""


class NotLetThrough(NotSent):
    """The circuit breaker is open."""


class Unknown(Exception):
    """The provider may or may not have done it: silence, a broken connection, a server error, nonsense."""


class Gateway(Protocol):
    """A payment provider."""

    async def authorize(self, key: str, amount_minor: int, currency: str, card_token: str) -> Standing:
        """Reserves an amount. Answers AUTHORIZED; or what became of the key before: CAPTURED, or VOIDED for a burnt
        one. Raises Declined, NotSent, Unknown."""

    async def capture(self, key: str) -> Standing:
        """Takes a reserved amount. Answers CAPTURED, or VOIDED or DECLINED where nothing is reserved and never will be.
        Raises NotSent, Unknown."""

    async def void(self, key: str) -> Standing:
        """Gives an amount up and burns the key, used or not. Answers VOIDED, DECLINED, or CAPTURED where it is too
        late. Raises NotSent, Unknown."""

    async def find(self, key: str) -> Standing | None:
        """What was done under a key; None: nothing yet, which is a hint only, a call may still be on its way. Raises
        NotSent, Unknown."""
