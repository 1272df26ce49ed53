"""The port to a payment provider. Every call can be repeated under its key: the provider acts on it once.

To add a provider: implement Gateway in a module <name>_gateway.py (sandbox_gateway.py is one to copy), give it its
settings in kit/values/config.py and enter it in wiring.py, where sandbox_permission.py is then asked only if the
sandbox is in use. Choose the provider of a payment in PaymentsMesh, and run tests/payments/test_gateway.py over it.
ProviderClient puts a breaker, a timeout and retries around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Standing(StrEnum):
    """The provider's record of a key."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"


class RefundStanding(StrEnum):
    """The provider's answer to a refund. REFUSED: it will never give the money back."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A charge that the owner of the card disputes. n: grows with each dispute. amount_minor: the money that
    the provider has taken back: all that it had not given back before."""

    n: int
    key: str
    amount_minor: int


class Declined(Exception):
    """The provider refuses the card. The provider is healthy, and nothing is charged."""


class NotSent(Exception):
    """No byte reached the provider, so it did nothing."""


class NotLetThrough(NotSent):
    """The circuit breaker is open."""


class Unknown(Exception):
    """The provider may or may not have acted: no answer, a broken connection, a server error or a garbled answer."""


class Gateway(Protocol):
    """The requests that payments makes of a provider. A key is an order's id."""

    async def authorize(self, key: str, amount_minor: int, currency: str, card_token: str) -> Standing:
        """Reserves an amount. Returns AUTHORIZED, or the key's earlier outcome: CAPTURED, or VOIDED for a burnt key.
        Raises Declined, NotSent, Unknown."""

    async def capture(self, key: str) -> Standing:
        """Captures a reserved amount. Returns CAPTURED; VOIDED or DECLINED if nothing is reserved and never will be.
        Raises NotSent, Unknown."""

    async def void(self, key: str) -> Standing:
        """Voids a charge and burns its key, used or not. Returns VOIDED, DECLINED, or CAPTURED if the money was
        captured before. Raises NotSent, Unknown."""

    async def refund(self, key: str, refund_key: str, amount_minor: int) -> RefundStanding:
        """Gives a part of a captured charge back, once under its own key. Raises NotSent, Unknown."""

    async def disputes(self, after: int, limit: int) -> Sequence[Dispute]:
        """The next disputes after a number, oldest first. Raises NotSent, Unknown."""

    async def find(self, key: str) -> Standing | None:
        """Looks a key up. None is only a hint that nothing happened: an earlier call may still be on its way. Raises
        NotSent, Unknown."""
