"""One suite for inventory and for its fake: the limit of a person's tickets, as orders uses it."""

from collections.abc import Awaitable, Callable

import pytest

from eventhub import refusals
from tests.fakes.inventory import HELD, LOCKED
from tests.fakes.test_inventory import Stock, at_counter, fake, real
from tests.inventory.world import describe, lock, places, unlock
from tests.stage import Stage, outcome

Open = Callable[[Stage], Awaitable[Stock]]


@pytest.mark.parametrize("open_stock", [real, fake])
async def test_the_tickets_of_a_person_are_limited(stage: Stage, open_stock: Open) -> None:
    stock = await open_stock(stage)
    await stock.limit(5)
    await stock.orders.HoldAtCounter(at_counter(2, places(2)))
    other = lock("ord_2", n=2, buyer_id="acc_bia")
    assert await outcome(stock.orders.LockHold(lock())) == "CONTACT_UNVERIFIED"
    own = lock()
    own.participant_keys.append("key_ana")
    assert (await stock.orders.LockHold(own)).hold.person_limit == 5

    other.participant_keys.extend(["key_ana", "key_bia"])
    asked = describe(2, "acc_bia")
    asked.participant_keys.append("key_ana")
    for call in (stock.orders.LockHold(other), stock.orders.DescribeHold(asked)):
        with pytest.raises(refusals.PersonLimit) as refused:
            await call
        assert refused.value.facts == {"limit": "5", "have": "4"}

    await stock.orders.UnlockHold(unlock())
    assert (await stock.orders.DescribeHold(asked)).hold.state == HELD
    assert (await stock.orders.LockHold(other)).hold.state == LOCKED


@pytest.mark.parametrize("open_stock", [real, fake])
async def test_a_customer_without_a_name_is_not_counted(stage: Stage, open_stock: Open) -> None:
    stock = await open_stock(stage)
    await stock.limit(1)
    request = lock()
    request.unnamed = True

    assert (await stock.orders.LockHold(request)).hold.state == LOCKED
