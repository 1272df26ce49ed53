"""The ledger's entries. Pure. Debits are positive, credits negative, and every entry sums to zero.

Accounts: clearing:PROVIDER, the provider owes EventHub. till:TILL:METHOD, money in a till. payable:ORGANIZER, EventHub
owes to an organizer. fee, EventHub's own. refunds_owed, owed to buyers whose refund the provider refuses. by_hand, paid
to them. paid_out:ORGANIZER, paid to an organizer.
"""

from dataclasses import dataclass

from services.payments.payments import Attempt, Payment
from services.payments.refunds import refund as refunds
from services.payments.refunds.refund import Refund, RefundState

FEE, OWED, BY_HAND = "fee", "refunds_owed", "by_hand"


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


def entry(entry_id: str, **amounts: int) -> Entry:
    """An entry without the lines of which nothing is moved. amounts: by account."""
    return Entry(entry_id, tuple(LedgerLine(account, minor) for account, minor in amounts.items() if minor))


def holder(attempt: Attempt, till_id: str) -> str:
    """The account that has the money of a payment: the provider's, or that of a till and a method."""
    return f"till:{till_id}:{attempt.counter_method.lower()}" if till_id else f"clearing:{attempt.provider}"


def payable(organizer_id: str) -> str:
    """The account of what EventHub owes to an organizer."""
    return f"payable:{organizer_id}"


def captured(payment: Payment) -> Entry:
    """The entry of a capture: the provider owes EventHub the money, and EventHub owes it to the organizer, less its
    fee. Money that was taken at the counter is in the till already."""
    attempt, fee = payment.attempt, payment.fee_minor
    return entry(
        f"capture:{payment.order_id}",
        **{
            holder(attempt, attempt.till_id): attempt.amount_minor,
            payable(attempt.organizer_id): fee - attempt.amount_minor,
            FEE: -fee,
        },
    )


def refunded(payment: Payment, refund: Refund) -> Entry:
    """The entry of a refund whose outcome has become known. Money that the provider refuses to give back is owed; when
    it is paid by hand, a second entry says so. The organizer bears it, and gets the fee back if the platform returns
    it. Empty if a dispute has taken the money before."""
    attempt, amount = payment.attempt, refund.wanted.amount_minor
    if refunds.is_taken(payment, refund):
        return entry(f"refund:{refund.refund_id}")
    if refund.state is RefundState.SETTLED:
        return entry(f"settled:{refund.refund_id}", **{OWED: amount, BY_HAND: -amount})
    fee = refunds.fee_part(payment, amount) if refund.wanted.return_fee else 0
    source = OWED if refund.state is RefundState.MANUAL else holder(attempt, refund.till_id)
    return entry(
        f"refund:{refund.refund_id}",
        **{payable(attempt.organizer_id): amount - fee, FEE: fee, source: -amount},
    )


def disputed(payment: Payment, taken_minor: int, owed_minor: int) -> Entry:
    """The entry of a dispute: the organizer bears the money that the provider takes back. owed_minor: the part that was
    owed to the buyer by hand, and is no longer."""
    attempt = payment.attempt
    return entry(
        f"dispute:{payment.order_id}",
        **{
            payable(attempt.organizer_id): taken_minor - owed_minor,
            OWED: owed_minor,
            f"clearing:{attempt.provider}": -taken_minor,
        },
    )


def paid_out(payout_id: str, organizer_id: str, amount_minor: int) -> Entry:
    """The entry of a payout."""
    return entry(
        f"payout:{payout_id}", **{payable(organizer_id): amount_minor, f"paid_out:{organizer_id}": -amount_minor}
    )
