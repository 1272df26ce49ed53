"""Refunds during outages and crashes: never twice, never lost."""

import pytest

from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_PAYMENT_STATE
from eventhub.refusals import HoldNotFound, Unavailable
from services.kit.db import Tx
from tests.fakes.payments import MANUAL, REFUNDED
from tests.orders.refunds.world import brl, open_desk, refund_state, rfd
from tests.orders.world import hld, ord_, state
from tests.stage import Stage, outcome, until

WAIT_S = 1_000


async def test_a_refund_waits_for_a_silent_provider_and_ends_without_the_buyer(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.payments.silent = True

    order = await desk.give_back(amount=brl(10_000))

    assert (state(order), refund_state(order)) == ("REFUNDING", "PENDING")
    assert desk.world.inventory.holds[hld(1)].returned == set(), "the places wait for the money"
    assert await outcome(desk.give_back(n=2, amount=brl(10_000))) == "REFUND_UNDER_WAY"
    desk.world.payments.silent = False
    desk.world.payments.settle_refund(rfd(1), REFUNDED)
    await desk.world.becomes("REFUNDED")
    assert desk.world.payments.charges == [(ord_(1), 10_000), (ord_(1), -10_000)]
    assert desk.world.inventory.holds[hld(1)].returned == {0, 1}


async def test_a_refund_that_the_provider_refuses_late_is_owed(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.payments.silent = True
    await desk.give_back(amount=brl(10_000))
    desk.world.payments.settle_refund(rfd(1), MANUAL)
    order = await desk.world.becomes("REFUND_MANUAL")
    assert (refund_state(order), order.refunded) == ("OWED", brl(10_000))


async def test_a_refund_goes_on_after_the_fact_was_lost(stage: Stage) -> None:
    """Without news that the provider answers again, orders asks by itself."""
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.payments.silent = True
    await desk.give_back(amount=brl(10_000))
    desk.world.payments.silent = False
    desk.world.advance(WAIT_S)
    await desk.world.becomes("REFUNDED")


@pytest.mark.parametrize("step", ["RevokeTickets", "Refund", "ReturnPlaces", "ReturnRedemption"])
async def test_each_step_is_tried_again_when_a_context_was_away(stage: Stage, step: str) -> None:
    desk = await open_desk(stage)
    desk.world.hold()
    await desk.world.checkout(coupon_code="TEN")
    owner = {
        "RevokeTickets": desk.ticketing,
        "Refund": desk.world.payments,
        "ReturnPlaces": desk.world.inventory,
        "ReturnRedemption": desk.world.pricing,
    }[step]
    owner.refuses[step] = Unavailable()
    order = await desk.give_back(amount=brl(9000))
    assert (state(order), refund_state(order)) == ("REFUNDING", "PENDING")
    owner.refuses.clear()
    desk.world.advance(WAIT_S)
    await desk.world.becomes("REFUNDED")
    assert sum(minor for _, minor in desk.world.payments.charges) == 0
    assert desk.world.inventory.holds[hld(1)].returned == {0, 1}


async def test_another_process_completes_a_refund_whose_process_died(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.inventory.refuses["ReturnPlaces"] = Unavailable()
    await desk.give_back(amount=brl(10_000))
    await stage.stop()
    desk.world.inventory.refuses.clear()

    again = Stage(stage.folder)
    again.clock.pass_unseen(WAIT_S)
    try:
        reopened = await open_desk(again, among=desk)
        await reopened.world.becomes("REFUNDED")
    finally:
        await again.stop()
    assert desk.world.payments.charges == [(ord_(1), 10_000), (ord_(1), -10_000)]


async def test_a_disputed_order_is_marked_and_cannot_be_given_back(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.payments.dispute(ord_(1), stage.clock.now_us())
    await desk.world.becomes("DISPUTED")
    assert (await desk.world.facts())[-1] == "OrderDisputed"
    assert await outcome(desk.give_back(amount=brl(10_000))) == "ORDER_STATE"
    assert await outcome(desk.give_back(by=desk.manager, reason="x")) == "ORDER_STATE"


async def test_a_dispute_during_a_refund_ends_the_refund_without_money(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.payments.refuses["Refund"] = Unavailable()
    await desk.give_back(amount=brl(10_000))
    desk.world.payments.dispute(ord_(1), stage.clock.now_us())
    await desk.world.becomes("DISPUTED")
    desk.world.payments.refuses.clear()
    desk.world.advance(WAIT_S)

    async def failed() -> bool:
        return refund_state(await desk.world.order()) == "FAILED"

    await until(failed)
    order = await desk.world.order()
    assert (state(order), order.refunds[0].failure) == ("DISPUTED", ERROR_REASON_PAYMENT_STATE)
    assert desk.world.payments.charges == [(ord_(1), 10_000)]


async def test_a_dispute_before_the_order_is_paid_marks_it_once_it_is(stage: Stage) -> None:
    desk = await open_desk(stage)
    desk.world.inventory.refuses["ConfirmHold"] = Unavailable()
    desk.world.hold()
    assert state(await desk.world.checkout()) == "PAYMENT_PENDING"
    desk.world.payments.dispute(ord_(1), stage.clock.now_us())

    async def noted() -> bool:
        return bool(await desk.world.rows("SELECT 1 FROM customer_order WHERE disputed_us IS NOT NULL"))

    await until(noted)
    desk.world.inventory.refuses.clear()
    desk.world.advance(60)
    await desk.world.becomes("DISPUTED")
    assert (await desk.world.facts())[-2:] == ["OrderPaid", "OrderDisputed"]


async def test_a_dispute_of_an_order_that_has_failed_changes_nothing(stage: Stage) -> None:
    desk = await open_desk(stage)
    desk.world.hold()
    await desk.world.checkout()

    async def fail(tx: Tx) -> None:
        await tx.run("UPDATE customer_order SET state = 'FAILED', paid_us = NULL, giving_up = 'ORDER_CANCELLED'")

    await desk.world.database.write(fail)
    await desk.paid(2)
    for n in (1, 2):
        desk.world.payments.dispute(ord_(n), stage.clock.now_us())
    await desk.world.becomes("DISPUTED", 2)
    assert state(await desk.world.order(1)) == "FAILED"
    assert await desk.world.rows("SELECT 1 FROM parked_fact") == [], "the fact was taken"


async def test_a_step_that_is_refused_is_not_tried_again_at_once(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.inventory.refuses["ReturnPlaces"] = HoldNotFound()
    order = await desk.give_back(amount=brl(10_000))
    assert (state(order), refund_state(order)) == ("REFUNDING", "PENDING")

    async def put_off() -> bool:
        ((tries, next_try_us),) = await desk.world.rows("SELECT tries, next_try_us FROM order_refund")
        return bool(tries > 0 and next_try_us > stage.clock.now_us())

    await until(put_off)
    desk.world.inventory.refuses.clear()
    desk.world.advance(WAIT_S)
    await desk.world.becomes("REFUNDED")
