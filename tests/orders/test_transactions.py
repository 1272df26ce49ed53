"""What two hands at one order would do: whoever is first has settled it."""

import pytest

from services.orders import transactions
from tests.orders.house import House, ord_, state


@pytest.mark.parametrize("declines", [False, True])
async def test_a_settled_order_stays_settled(house: House, declines: bool) -> None:
    house.payments.declines = declines
    settled = await house.checkout()
    facts = await house.facts()

    await house.database.write(transactions.mark_paid, ord_(1), now_us=1)
    await house.database.write(transactions.mark_failed, ord_(1), now_us=1)
    await house.database.write(transactions.mark_pending, ord_(1), now_us=1)
    await house.database.write(transactions.give_up, ord_(1), "ORDER_CANCELLED")

    assert await house.order() == settled
    assert await house.facts() == facts


async def test_a_card_is_kept_only_while_it_may_have_to_pay(house: House) -> None:
    house.payments.silent = True
    assert state(await house.checkout()) == "PAYMENT_PENDING"
    assert await house.rows("SELECT card_token FROM purchase") == [("tok_ok",)]

    await house.database.write(transactions.give_up, ord_(1), "ORDER_CANCELLED")
    await house.database.write(transactions.mark_failed, ord_(1), now_us=1)

    assert await house.rows("SELECT card_token FROM purchase") == [("",)]
