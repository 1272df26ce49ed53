from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.db.database import StatementRefused, Tx
from services.payments import ledger
from tests.payments.world import World, attempt


@given(st.integers(1, 10**11), st.sampled_from(["", "CASH", "CARD_TERMINAL", "VOUCHER"]), st.text(min_size=1))
def test_every_entry_sums_to_zero(minor: int, method: str, organizer_id: str) -> None:
    asked = attempt(minor=minor, organizer_id=organizer_id)
    entry = ledger.captured(replace(asked, till_id="til_1", counter_method=method) if method else asked)

    assert sum(line.amount_minor for line in entry.lines) == 0
    taken = f"till:til_1:{method.lower()}" if method else "clearing:sandbox"
    assert [line.account for line in entry.lines] == [taken, f"payable:{organizer_id}"]
    assert entry.lines[0].amount_minor == minor


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
