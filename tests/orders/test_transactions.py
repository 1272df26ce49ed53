"""Several replicas at work on one order: the first to end it decides."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from services.orders import following, numbers, store, transactions
from services.orders.orders import Order, OrderState, PaymentMethod
from tests.orders.world import World, ord_, state


def numbers_of(order: Order) -> Callable[[], str]:
    """A draw that always returns the number derived from the order's id."""
    return lambda: numbers.drawn(order.order_id)


@pytest.mark.parametrize("declines", [False, True])
async def test_a_terminal_order_never_changes(world: World, declines: bool) -> None:
    world.payments.declines = declines
    ended = await world.checkout()
    facts = await world.facts()

    await world.database.write(transactions.mark_paid, ord_(1), now_us=1)
    await world.database.write(transactions.mark_failed, ord_(1), now_us=1)
    await world.database.write(transactions.mark_pending, ord_(1), now_us=1)
    await world.database.write(transactions.give_up, ord_(1), "ORDER_CANCELLED")

    assert await world.order() == ended
    assert await world.facts() == facts


async def test_a_card_is_stored_only_while_it_may_have_to_pay(world: World) -> None:
    world.payments.silent = True
    assert state(await world.checkout()) == "PAYMENT_PENDING"
    assert await world.rows("SELECT card_token FROM customer_order") == [("tok_ok",)]

    await world.database.write(transactions.give_up, ord_(1), "ORDER_CANCELLED")
    await world.database.write(transactions.mark_failed, ord_(1), now_us=1)

    assert await world.rows("SELECT card_token FROM customer_order") == [("",)]


async def test_of_many_that_end_an_order_one_does_and_announces_it(world: World) -> None:
    world.payments.silent = True
    await world.checkout()
    await world.database.write(transactions.give_up, ord_(1), "ORDER_CANCELLED")
    before = len(await world.facts())

    writes = [transactions.mark_paid, transactions.mark_failed] * 8
    answers = await asyncio.gather(*(world.database.write(write, ord_(1), now_us=7) for write in writes))

    stored = await world.database.read(store.find, ord_(1))
    assert stored is not None
    assert {(answer.state, answer.version, answer.paid_us) for answer in answers} == {
        (stored.state, stored.version, stored.paid_us)
    }
    assert (stored.state, stored.paid_us) in [("PAID", 7), ("FAILED", None)]
    assert len(await world.facts()) == before + 1


@pytest.mark.parametrize(("gift", "wins"), [(True, "FAILED"), (False, "PAID")])
async def test_an_order_given_up_elsewhere_is_paid_only_with_a_payment(world: World, gift: bool, wins: str) -> None:
    """Without a payment its places may be free already; with one, payments has decided."""
    await world.checkout()
    made = await world.database.read(store.find, ord_(1))
    assert made is not None
    assert made.total_minor > 0
    order = replace(made, order_id=ord_(2), hold_id="hld_2", state=OrderState.PENDING, paid_us=None)
    if gift:
        order = replace(order, method=PaymentMethod.COMPLIMENTARY, discount_minor=order.face_minor, total_minor=0)
    await world.database.write(transactions.place_order, order, draw=numbers_of(order), now_us=1)
    await world.database.write(transactions.cancel, ord_(2), order.buyer_id, "ORDER_CANCELLED")

    await world.database.write(transactions.mark_paid, ord_(2), now_us=2)
    await world.database.write(transactions.mark_failed, ord_(2), now_us=2)

    stored = await world.database.read(store.find, ord_(2))
    assert stored is not None
    assert stored.state == wins


async def test_a_merge_misses_no_order_that_is_being_made(world: World) -> None:
    await world.checkout()
    made = await world.database.read(store.find, ord_(1))
    assert made is not None

    for n in range(5):
        guest, person = f"gst_{n}", f"acc_{n}"
        orders = [
            replace(
                made,
                order_id=f"ord_{n}_{m}",
                buyer_id=guest,
                session_id=guest,
                state=OrderState.PENDING,
                paid_us=None,
            )
            for m in range(16)
        ]
        making = [
            world.database.write(transactions.place_order, order, draw=numbers_of(order), now_us=1) for order in orders
        ]
        merged = GuestMerged(from_subject_id=guest, into_subject_id=person)
        merging = world.database.write(following.take_merged, merged, Fact())
        await asyncio.gather(*making[:8], merging, *making[8:])

    buyers = await world.rows("SELECT buyer_id, count(*) FROM customer_order WHERE state = 'PENDING' GROUP BY buyer_id")
    assert sorted(buyers) == [(f"acc_{n}", 16) for n in range(5)]


async def test_a_number_that_another_order_has_is_drawn_again(world: World) -> None:
    first = await world.checkout()
    made = await world.database.read(store.find, ord_(1))
    assert made is not None
    fresh = numbers.drawn("fresh")
    draws = iter([first.number, first.number, fresh])
    order = replace(made, order_id=ord_(2), hold_id="hld_2", state=OrderState.PENDING, paid_us=None)

    placed = await world.database.write(transactions.place_order, order, draw=lambda: next(draws), now_us=1)

    assert placed.number == fresh
    assert await world.rows("SELECT number FROM customer_order ORDER BY order_id") == [(first.number,), (fresh,)]
