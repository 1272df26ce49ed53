"""The ledger's entries. Pure. Debits are positive, credits negative, and every entry sums to zero."""

from dataclasses import dataclass

from services.payments.payments import Attempt


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of an entry, in minor units."""

    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines that are booked together."""

    entry_id: str
    lines: tuple[LedgerLine, ...]


def captured(attempt: Attempt) -> Entry:
    """The entry of a capture: the provider owes EventHub the money, and EventHub owes it to the organizer."""
    return Entry(
        f"capture:{attempt.order_id}",
        (
            LedgerLine(f"clearing:{attempt.provider}", attempt.amount_minor),
            LedgerLine(f"payable:{attempt.organizer_id}", -attempt.amount_minor),
        ),
    )
