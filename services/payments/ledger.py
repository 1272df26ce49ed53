"""The ledger's entries. Pure. Debit is positive, credit negative; every entry sums to zero."""

from dataclasses import dataclass

from services.payments.payments import Attempt


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an entry, in minor units."""

    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is booked at once."""

    entry_id: str
    lines: tuple[Line, ...]


def captured(attempt: Attempt) -> Entry:
    """Money taken: the provider owes it to us, we owe it to the organizer."""
    return Entry(
        f"capture:{attempt.order_id}",
        (
            Line(f"clearing:{attempt.provider}", attempt.amount_minor),
            Line(f"payable:{attempt.organizer_id}", -attempt.amount_minor),
        ),
    )
