"""One suite for payments and for its fake: money that goes back."""

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.common.v1.money_pb2 import Money
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import RefundSettled
from tests.fakes.payments import MANUAL, REFUND_UNKNOWN, REFUNDED, SETTLED
from tests.fakes.reading import facts, heads
from tests.fakes.test_payments import Cashier, fake, real
from tests.payments.world import BIA, ORDER, ORGANIZER, ask_counter
from tests.stage import Stage, outcome


@pytest_asyncio.fixture(params=[real, fake])
async def cashier(request: pytest.FixtureRequest, stage: Stage) -> Cashier:
    opened: Cashier = await request.param(stage)
    return opened


async def give_back(cashier: Cashier, n: int = 1, minor: int = 5000, clerk_id: str = "") -> nouns.Refund:
    request = pb.RefundRequest(
        refund_id=f"rfd_{n}", order_id=ORDER, amount=Money(minor=minor, currency="BRL"), clerk_id=clerk_id
    )
    return (await cashier.mesh.Refund(request)).refund


async def settle(cashier: Cashier, n: int = 1) -> nouns.Refund:
    return (await cashier.mesh.SettleRefund(pb.SettleRefundRequest(refund_id=f"rfd_{n}"))).refund


async def settled(cashier: Cashier, count: int) -> list[tuple[str, nouns.RefundState.ValueType]]:
    """The first refunds that were announced after the payment, with their states."""
    found = await facts(cashier.mesh.Feed(pb.FeedRequest(consumer="orders")), count + 1)
    assert heads(found[1:]) == [("RefundSettled", ORDER, ORGANIZER)] * count
    told = [RefundSettled.FromString(fact.payload).refund for fact in found[1:]]
    return [(refund.refund_id, refund.state) for refund in told]


async def test_captured_money_goes_back_in_parts(cashier: Cashier) -> None:
    assert await outcome(give_back(cashier)) == "PAYMENT_NOT_FOUND"
    await cashier.authorize()
    with pytest.raises(refusals.PaymentState) as early:
        await give_back(cashier)
    assert early.value.facts == {"state": "AUTHORIZED"}
    await cashier.capture()

    for n, minor in ((1, 2000), (1, 2000), (2, 3000)):
        assert (await give_back(cashier, n, minor)).state == REFUNDED
    assert await outcome(give_back(cashier, 1, 2001)) == "ID_IN_USE"
    with pytest.raises(refusals.RefundTooLarge) as refused:
        await give_back(cashier, 3, 1)
    assert refused.value.facts == {"left_minor": "0", "currency": "BRL"}
    assert await settled(cashier, 2) == [("rfd_1", REFUNDED), ("rfd_2", REFUNDED)]


async def test_a_silent_provider_leaves_the_refund_unknown(cashier: Cashier) -> None:
    await cashier.authorize()
    await cashier.capture()
    await cashier.provider.silence()

    for _ in range(2):
        assert (await give_back(cashier)).state == REFUND_UNKNOWN
    assert await outcome(settle(cashier)) == "REFUND_STATE"


async def test_money_that_the_provider_refuses_is_owed_and_paid_by_hand(cashier: Cashier) -> None:
    await cashier.authorize()
    await cashier.capture()
    await cashier.provider.refuse_refunds()

    for _ in range(2):
        assert (await give_back(cashier)).state == MANUAL
    for _ in range(2):
        assert (await settle(cashier)).state == SETTLED

    assert (await give_back(cashier)).state == SETTLED
    assert await settled(cashier, 2) == [("rfd_1", MANUAL), ("rfd_1", SETTLED)]


async def test_only_owed_money_is_paid_by_hand(cashier: Cashier) -> None:
    assert await outcome(settle(cashier)) == "REFUND_NOT_FOUND"
    await cashier.authorize()
    await cashier.capture()
    await give_back(cashier)

    with pytest.raises(refusals.RefundState) as refused:
        await settle(cashier)
    assert refused.value.facts == {"state": "DONE"}


async def test_money_of_a_counter_goes_back_out_of_the_clerk_s_till(cashier: Cashier) -> None:
    await cashier.provider.open_till()
    await cashier.mesh.Authorize(ask_counter())
    await cashier.capture()

    assert (await give_back(cashier, 1, 1000, BIA)).state == REFUNDED
    assert (await give_back(cashier, 2, 1000)).state == MANUAL
