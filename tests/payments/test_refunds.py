"""Money of payments goes back: once, by the provider, out of a till, or by hand."""

import asyncio
from typing import Any

import pytest

from eventhub import refusals
from eventhub.common.v1.money_pb2 import Money
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import PaymentDisputed, RefundSettled
from tests.payments.world import BIA, FLOAT, ORDER, ORGANIZER, World, ask_counter, til_
from tests.stage import outcome, until

CASH_ACCOUNT, PAYABLE = f"till:{til_(1)}:cash", f"payable:{ORGANIZER}"


async def give_back(world: World, n: int = 1, minor: int = 5000, order_id: str = ORDER, **more: Any) -> nouns.Refund:
    request = pb.RefundRequest(
        refund_id=f"rfd_{n}", order_id=order_id, amount=Money(minor=minor, currency="BRL"), **more
    )
    return (await world.mesh.Refund(request)).refund


def refund_state(refund: nouns.Refund) -> str:
    return nouns.RefundState.Name(refund.state).removeprefix("REFUND_STATE_")


async def paid(world: World, order_id: str = ORDER) -> None:
    await world.authorize(order_id)
    assert await world.capture(order_id) == "CAPTURED"


async def refunded(world: World, order_id: str = ORDER) -> int:
    """What the provider's own book says."""
    answer = await world.operator.sandbox.GetSandboxCharges(pb.GetSandboxChargesRequest(order_id=order_id))
    return answer.charges[0].refunded.minor


async def settled(world: World) -> list[tuple[str, str]]:
    facts = [fact for fact in await world.facts() if isinstance(fact, RefundSettled)]
    return [(fact.refund.refund_id, refund_state(fact.refund)) for fact in facts]


async def test_money_goes_back_in_parts_and_a_repeat_gives_nothing_more(world: World) -> None:
    await paid(world)
    for n, minor in ((1, 2000), (1, 2000), (2, 3000)):
        assert refund_state(await give_back(world, n, minor)) == "DONE"
    assert await refunded(world) == 5000
    assert await settled(world) == [("rfd_1", "DONE"), ("rfd_2", "DONE")]
    with pytest.raises(refusals.RefundTooLarge) as refused:
        await give_back(world, 3, 1)
    assert refused.value.facts == {"left_minor": "0", "currency": "BRL"}
    assert await outcome(give_back(world, 1, 2001)) == "ID_IN_USE"
    assert (await world.ledger())[-2:] == [("refund:rfd_2", PAYABLE, 3000), ("refund:rfd_2", "clearing:sandbox", -3000)]


async def test_only_captured_money_goes_back(world: World) -> None:
    assert await outcome(give_back(world)) == "PAYMENT_NOT_FOUND"
    await world.authorize()
    assert await outcome(give_back(world)) == "PAYMENT_STATE"
    await world.capture()
    assert await outcome(give_back(world, minor=0)) == "INVALID_REQUEST"
    dollars = pb.RefundRequest(refund_id="rfd_1", order_id=ORDER, amount=Money(minor=1, currency="USD"))
    assert await outcome(world.mesh.Refund(dollars)) == "CURRENCY_MISMATCH"
    assert await refunded(world) == 0


async def test_sixteen_refunds_at_once_give_no_more_back_than_was_paid(world: World) -> None:
    await paid(world)
    outcomes = await asyncio.gather(*(outcome(give_back(world, n % 8, 1000)) for n in range(16)))
    assert (outcomes.count("done"), outcomes.count("REFUND_TOO_LARGE")) == (10, 6)
    assert await refunded(world) == 5000
    assert len(await settled(world)) == 5


@pytest.mark.parametrize("fault", ["DOWN", "ERROR", "ERROR_AFTER"])
async def test_a_refund_waits_for_the_provider_and_is_made_once(world: World, fault: str) -> None:
    await paid(world)
    await world.fault(fault)
    assert refund_state(await give_back(world)) == "UNKNOWN"
    assert await settled(world) == []
    await world.fault("NONE")

    async def done() -> bool:
        return await settled(world) == [("rfd_1", "DONE")]

    await world.defer(done)
    assert await refunded(world) == 5000
    assert refund_state(await give_back(world)) == "DONE"


async def test_money_that_the_provider_refuses_is_owed_and_settled_by_hand(world: World) -> None:
    await paid(world)
    await world.fault("REFUSE_REFUNDS")
    assert refund_state(await give_back(world)) == "MANUAL"
    await world.fault("NONE")
    assert refund_state(await give_back(world)) == "MANUAL", "it stays owed"
    request = pb.SettleRefundRequest(refund_id="rfd_1")
    for _ in range(2):
        assert refund_state((await world.mesh.SettleRefund(request)).refund) == "SETTLED"
    assert await settled(world) == [("rfd_1", "MANUAL"), ("rfd_1", "SETTLED")]
    assert (await world.ledger())[2:] == [
        ("refund:rfd_1", PAYABLE, 5000),
        ("refund:rfd_1", "refunds_owed", -5000),
        ("settled:rfd_1", "refunds_owed", 5000),
        ("settled:rfd_1", "by_hand", -5000),
    ]
    assert await refunded(world) == 0


async def test_only_owed_money_is_settled_by_hand(world: World) -> None:
    await paid(world)
    await give_back(world)
    settle = world.mesh.SettleRefund
    assert await outcome(settle(pb.SettleRefundRequest(refund_id="rfd_1"))) == "REFUND_STATE"
    assert await outcome(settle(pb.SettleRefundRequest(refund_id="rfd_9"))) == "REFUND_NOT_FOUND"


async def test_money_of_the_counter_comes_out_of_the_clerks_open_till(world: World) -> None:
    await world.open_till()
    await world.mesh.Authorize(ask_counter())
    await world.capture()
    refund = await give_back(world, minor=2000, clerk_id=BIA)
    assert (refund_state(refund), refund.till_id) == ("DONE", til_(1))
    till = (await world.clerk().tills.GetTill(pb.GetTillRequest(till_id=til_(1)))).till
    assert till.expected_cash.minor == FLOAT.minor + 3000
    assert [(total.amount.minor, total.sales) for total in till.totals] == [(3000, 1)]
    assert (await world.ledger())[-1] == ("refund:rfd_1", CASH_ACCOUNT, -2000)
    counted = Money(minor=FLOAT.minor + 3000, currency="BRL")
    await world.clerk().tills.CloseTill(pb.CloseTillRequest(till_id=til_(1), counted_cash=counted))
    assert refund_state(await give_back(world, 2, 3000, clerk_id=BIA)) == "MANUAL", "no till is open"


async def test_a_dispute_is_noted_booked_and_told_once(world: World) -> None:
    await paid(world)
    await give_back(world, minor=2000)
    for _ in range(2):
        request = pb.DisputeSandboxChargeRequest(order_id=ORDER)
        answer = await world.operator.sandbox.DisputeSandboxCharge(request)
        assert answer.charge.state == "disputed"

    async def told() -> bool:
        return any(isinstance(fact, PaymentDisputed) for fact in await world.facts())

    await world.defer(told)
    payment = (await world.mesh.GetPayment(pb.GetPaymentRequest(order_id=ORDER))).payment
    assert payment.HasField("disputed_at")
    assert [row for row in await world.ledger() if row[0] == f"dispute:{ORDER}"] == [
        (f"dispute:{ORDER}", PAYABLE, 3000),
        (f"dispute:{ORDER}", "clearing:sandbox", -3000),
    ]
    assert await outcome(give_back(world, 2, 3000)) == "PAYMENT_STATE"
    world.stage.clock.advance(60)
    await until(told)
    assert sum(isinstance(fact, PaymentDisputed) for fact in await world.facts()) == 1


async def test_a_charge_that_is_not_captured_cannot_be_disputed(world: World) -> None:
    dispute = world.operator.sandbox.DisputeSandboxCharge
    assert await outcome(dispute(pb.DisputeSandboxChargeRequest(order_id=ORDER))) == "PAYMENT_NOT_FOUND"
    await world.authorize()
    assert await outcome(dispute(pb.DisputeSandboxChargeRequest(order_id=ORDER))) == "PAYMENT_STATE"
