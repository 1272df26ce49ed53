import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.db.database import StatementRefused, Tx
from services.payments import ledger
from services.payments.payments import Attempt
from tests.payments.desk import Desk


@given(st.integers(1, 10**11), st.sampled_from(["sandbox", "box_office"]), st.text(min_size=1))
def test_every_entry_sums_to_zero(minor: int, provider: str, organizer_id: str) -> None:
    entry = ledger.captured(Attempt("ord_1", organizer_id, "evt_1", minor, "BRL", provider, ""))

    assert sum(line.amount_minor for line in entry.lines) == 0
    assert [line.account for line in entry.lines] == [f"clearing:{provider}", f"payable:{organizer_id}"]
    assert entry.lines[0].amount_minor == minor


@pytest.mark.parametrize("sql", ["UPDATE ledger_line SET amount_minor = 1", "DELETE FROM ledger_line"])
async def test_what_is_booked_stays_booked(desk: Desk, sql: str) -> None:
    await desk.authorize()
    await desk.capture()
    booked = await desk.ledger()

    async def tamper(tx: Tx) -> None:
        await tx.run(sql)

    with pytest.raises(StatementRefused):
        await desk.database.write(tamper)

    assert await desk.ledger() == booked
