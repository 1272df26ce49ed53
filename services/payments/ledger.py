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
    """The entry of a capture: the provider owes EventHub the money, and EventHub owes it to the organizer. Money that
    was taken at the counter is in the till already, in an account for each method."""
    holder = (
        f"till:{attempt.till_id}:{attempt.counter_method.lower()}"
        if attempt.till_id
        else f"clearing:{attempt.provider}"
    )
    return Entry(
        f"capture:{attempt.order_id}",
        (
            LedgerLine(holder, attempt.amount_minor),
            LedgerLine(f"payable:{attempt.organizer_id}", -attempt.amount_minor),
        ),
    )
