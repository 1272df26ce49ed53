"""The ledger's entries: each sums to zero, and none is changed."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.db.database import StatementRefused, Tx
from services.payments import ledger
from services.payments.payments import Attempt, Payment, PaymentState
from services.payments.payments import begin as begin_payment
from services.payments.refunds.refund import RefundState, Wanted, begin, ended
from tests.payments.world import World, attempt


def paid(asked: Attempt, *, fee_permille: int = 0) -> Payment:
    begun = begin_payment(asked, sent=True, fee_permille=fee_permille, now_us=1)
    return replace(begun, state=PaymentState.CAPTURED)


@given(st.integers(1, 10**11), st.sampled_from(["", "CASH", "CARD_TERMINAL", "VOUCHER"]), st.text(min_size=1))
def test_every_entry_sums_to_zero(minor: int, method: str, organizer_id: str) -> None:
    asked = attempt(minor=minor, organizer_id=organizer_id)
    entry = ledger.captured(paid(replace(asked, till_id="til_1", counter_method=method) if method else asked))

    assert sum(line.amount_minor for line in entry.lines) == 0
    taken = f"till:til_1:{method.lower()}" if method else "clearing:sandbox"
    assert [line.account for line in entry.lines] == [taken, f"payable:{organizer_id}"]
    assert entry.lines[0].amount_minor == minor


@given(
    minor=st.integers(1, 10**9),
    permille=st.integers(0, 500),
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    manual=st.booleans(),
    return_fee=st.booleans(),
)
def test_all_entries_about_a_payment_leave_what_was_not_given_back(
    minor: int, permille: int, parts: list[int], manual: bool, return_fee: bool
) -> None:
    """When everything is given back with the fee, the organizer and the platform have what they had before."""
    payment = paid(attempt(minor=minor), fee_permille=permille)
    entries, left = [ledger.captured(payment)], minor
    for n, wanted in enumerate([*parts, minor]):
        amount = min(wanted, left)
        if not amount:
            continue
        left -= amount
        asked = Wanted(
            refund_id=f"rfd_{n}",
            order_id="ord_1",
            amount_minor=amount,
            currency="BRL",
            return_fee=return_fee,
            clerk_id="",
        )
        refund = ended(begin(payment, asked, now_us=1), RefundState.MANUAL if manual else RefundState.DONE, now_us=2)
        entries.append(ledger.refunded(payment, refund))
        if manual:
            entries.append(ledger.refunded(payment, ended(refund, RefundState.SETTLED, now_us=3)))
    sums = Counter[str]()
    for entry in entries:
        assert sum(line.amount_minor for line in entry.lines) == 0
        assert all(line.amount_minor for line in entry.lines)
        for line in entry.lines:
            sums[line.account] += line.amount_minor
    assert len({entry.entry_id for entry in entries}) == len(entries)
    assert sums["by_hand" if manual else "clearing:sandbox"] == (-minor if manual else 0)
    assert (sums["refunds_owed"], sum(sums.values())) == (0, 0)
    kept = payment.fee_minor if not return_fee else -sums["fee"]
    assert sums["payable:org_casa"] == kept >= 0
    assert not return_fee or kept <= len(parts), "at most a centavo for each part is lost to rounding"


@pytest.mark.parametrize("sql", ["UPDATE ledger_line SET amount_minor = 1", "DELETE FROM ledger_line"])
async def test_a_booked_line_is_never_changed_or_deleted(world: World, sql: str) -> None:
    await world.authorize()
    await world.capture()
    booked = await world.ledger()

    async def tamper(tx: Tx) -> None:
        await tx.run(sql)

    with pytest.raises(StatementRefused):
        await world.database.write(tamper)

    assert await world.ledger() == booked
