"""What two hands at one order would do: whoever is first has settled it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.orders import numbers, store, transactions
from services.orders.purchases import Purchase
from tests.orders.house import House, ord_, state


def numbers_of(order: Purchase) -> Callable[[], str]:
    """Draws the one number that an order's id stands for."""
    return lambda: numbers.drawn(order.order_id)


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


async def test_of_many_who_settle_it_one_does_and_tells(house: House) -> None:
    house.payments.silent = True
    await house.checkout()
    await house.database.write(transactions.give_up, ord_(1), "ORDER_CANCELLED")
    before = len(await house.facts())

    hands = [transactions.mark_paid, transactions.mark_failed] * 8
    answers = await asyncio.gather(*(house.database.write(hand, ord_(1), now_us=7) for hand in hands))

    kept = await house.database.read(store.find, ord_(1))
    assert kept is not None
    assert {(answer.state, answer.version, answer.paid_us) for answer in answers} == {
        (kept.state, kept.version, kept.paid_us)
    }
    assert (kept.state, kept.paid_us) in [("PAID", 7), ("FAILED", None)]
    assert len(await house.facts()) == before + 1


@pytest.mark.parametrize(("gift", "wins"), [(True, "FAILED"), (False, "PAID")])
async def test_who_carries_on_an_order_that_another_has_given_up(house: House, gift: bool, wins: str) -> None:
    """Without a payment the places may be free again already; with one it is payments that has decided."""
    await house.checkout()
    made = await house.database.read(store.find, ord_(1))
    assert made is not None
    assert made.total_minor > 0
    order = replace(made, order_id=ord_(2), hold_id="hld_2", state="PENDING", paid_us=None)
    if gift:
        order = replace(order, method="COMPLIMENTARY", discount_minor=order.face_minor, total_minor=0)
    await house.database.write(transactions.place_order, order, draw=numbers_of(order), now_us=1)
    await house.database.write(transactions.cancel, ord_(2), order.buyer_id, "ORDER_CANCELLED")

    await house.database.write(transactions.mark_paid, ord_(2), now_us=2)
    await house.database.write(transactions.mark_failed, ord_(2), now_us=2)

    kept = await house.database.read(store.find, ord_(2))
    assert kept is not None
    assert kept.state == wins


async def test_a_merge_misses_no_order_that_is_being_made(house: House) -> None:
    await house.checkout()
    made = await house.database.read(store.find, ord_(1))
    assert made is not None

    for turn in range(5):
        guest, person = f"gst_{turn}", f"acc_{turn}"
        orders = [
            replace(made, order_id=f"ord_{turn}_{n}", buyer_id=guest, session_id=guest, state="PENDING", paid_us=None)
            for n in range(16)
        ]
        making = [
            house.database.write(transactions.place_order, order, draw=numbers_of(order), now_us=1) for order in orders
        ]
        await asyncio.gather(*making[:8], house.database.write(store.move_buyer, guest, person), *making[8:])

    buyers = await house.rows("SELECT buyer_id, count(*) FROM purchase WHERE state = 'PENDING' GROUP BY buyer_id")
    assert sorted(buyers) == [(f"acc_{turn}", 16) for turn in range(5)]


async def test_a_number_that_another_order_has_is_drawn_again(house: House) -> None:
    first = await house.checkout()
    made = await house.database.read(store.find, ord_(1))
    assert made is not None
    fresh = numbers.drawn("fresh")
    draws = iter([first.number, first.number, fresh])
    order = replace(made, order_id=ord_(2), hold_id="hld_2", state="PENDING", paid_us=None)

    placed = await house.database.write(transactions.place_order, order, draw=lambda: next(draws), now_us=1)

    assert placed.number == fresh
    assert await house.rows("SELECT number FROM purchase ORDER BY order_id") == [(first.number,), (fresh,)]
