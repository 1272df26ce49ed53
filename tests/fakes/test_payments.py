"""One suite for payments and for its fake, as orders uses them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled
from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshStub
from tests.fakes.payments import AUTHORIZED, CAPTURED, DECLINED, UNKNOWN, VOIDED, FakePayments
from tests.fakes.reading import facts, heads
from tests.payments.world import BIA, EVENT, FLOAT, ORDER, ORGANIZER, World, ask, ask_counter, open_world, til_
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshAsyncStub

CAPTURE, VOID = pb.CaptureRequest(order_id=ORDER), pb.VoidRequest(order_id=ORDER)


class Real:
    """payments with its sandbox."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.card = "tok_ok"

    def decline(self) -> None:
        """Lets the provider decline the card."""
        self.card = "tok_declined"

    async def silence(self) -> None:
        """Lets the provider answer nothing."""
        await self.world.fault("ERROR")

    async def refuse_refunds(self) -> None:
        """Lets the provider refuse to give money back."""
        await self.world.fault("REFUSE_REFUNDS")

    async def open_till(self) -> None:
        """Opens a till for Bia, who sells."""
        await self.world.open_till()

    async def close_till(self) -> None:
        """Closes the till of Bia with the cash that it had."""
        closing = pb.CloseTillRequest(till_id=til_(1), counted_cash=FLOAT)
        await self.world.clerk().tills.CloseTill(closing)

    async def settle(self, state: nouns.PaymentState.ValueType) -> None:
        """Lets the provider answer late, and waits until the payment is in the state."""
        await self.world.fault("NONE")
        await self.world.becomes(nouns.PaymentState.Name(state).removeprefix("PAYMENT_STATE_"))


class Fake:
    """The fake, with the same means."""

    card = "tok_ok"

    def __init__(self, payments: FakePayments) -> None:
        self.payments = payments

    def decline(self) -> None:
        self.payments.declines = True

    async def silence(self) -> None:
        self.payments.silent = True

    async def refuse_refunds(self) -> None:
        self.payments.refuses_refunds = True

    async def open_till(self) -> None:
        self.payments.open_till(BIA)
        self.payments.tills[BIA].till_id = til_(1)

    async def close_till(self) -> None:
        self.payments.close_till(BIA)

    async def settle(self, state: nouns.PaymentState.ValueType) -> None:
        self.payments.silent = False
        self.payments.settle(ORDER, state)


@dataclass(frozen=True, slots=True)
class Cashier:
    """payments as orders calls it. provider: makes the provider misbehave."""

    mesh: "PaymentsMeshAsyncStub"
    provider: Real | Fake

    async def authorize(self, minor: int = 5000) -> nouns.Payment:
        return (await self.mesh.Authorize(ask(card=self.provider.card, minor=minor))).payment

    async def capture(self) -> nouns.Payment:
        return (await self.mesh.Capture(CAPTURE)).payment

    async def void(self) -> nouns.Payment:
        return (await self.mesh.Void(VOID)).payment

    async def settled(self, count: int) -> list[nouns.PaymentState.ValueType]:
        """The states of the first announced payments."""
        found = await facts(self.mesh.Feed(pb.FeedRequest(consumer="orders")), count)
        assert heads(found) == [("PaymentSettled", ORDER, ORGANIZER)] * count
        return [PaymentSettled.FromString(fact.payload).payment.state for fact in found]


async def real(stage: Stage) -> Cashier:
    world = await open_world(stage)
    return Cashier(world.mesh, Real(world))


async def fake(stage: Stage) -> Cashier:
    payments = FakePayments()
    stage.script("payments", PaymentsMesh=payments)
    return Cashier(PaymentsMeshStub(stage.channel("orders")), Fake(payments))


@pytest_asyncio.fixture(params=[real, fake])
async def cashier(request: pytest.FixtureRequest, stage: Stage) -> Cashier:
    opened: Cashier = await request.param(stage)
    return opened


def known(payment: nouns.Payment) -> nouns.Payment:
    """A payment without its times, which the fake does not have."""
    payment.ClearField("created_at")
    payment.ClearField("captured_at")
    return payment


async def test_money_is_reserved_then_captured(cashier: Cashier) -> None:
    for _ in range(2):
        payment = known(await cashier.authorize())
        assert payment == nouns.Payment(
            order_id=ORDER, state=AUTHORIZED, amount=ask(minor=5000).amount, provider="sandbox"
        )
    for _ in range(2):
        payment.state = CAPTURED
        assert known(await cashier.capture()) == payment
    assert known(await cashier.authorize()) == payment
    assert await cashier.settled(1) == [CAPTURED]


async def test_an_order_has_one_payment(cashier: Cashier) -> None:
    await cashier.authorize()

    assert await outcome(cashier.authorize(minor=7000)) == "ID_IN_USE"
    assert await outcome(cashier.mesh.Authorize(ask_counter())) == "ID_IN_USE"


async def test_a_declined_card_is_not_charged(cashier: Cashier) -> None:
    cashier.provider.decline()
    for _ in range(2):
        assert (await cashier.authorize()).state == DECLINED

    with pytest.raises(refusals.PaymentState) as refused:
        await cashier.capture()
    assert refused.value.facts == {"state": "DECLINED"}
    for _ in range(2):
        assert (await cashier.void()).state == DECLINED
    assert await outcome(cashier.authorize()) == "PAYMENT_STATE"


async def test_a_voided_payment_charges_nothing(cashier: Cashier) -> None:
    await cashier.authorize()

    for _ in range(2):
        payment = await cashier.void()
        assert (payment.state, payment.void_requested) == (VOIDED, True)

    assert (await cashier.capture()).state == VOIDED
    with pytest.raises(refusals.PaymentState) as refused:
        await cashier.authorize()
    assert refused.value.facts == {"state": "VOIDED"}
    assert await cashier.settled(1) == [VOIDED]


async def test_a_payment_is_voided_before_it_begins(cashier: Cashier) -> None:
    assert await outcome(cashier.capture()) == "PAYMENT_NOT_FOUND"

    for _ in range(2):
        assert known(await cashier.void()) == nouns.Payment(order_id=ORDER, state=VOIDED, void_requested=True)

    assert await outcome(cashier.authorize()) == "PAYMENT_STATE"
    assert (await cashier.capture()).state == VOIDED


async def test_captured_money_is_not_voided(cashier: Cashier) -> None:
    await cashier.authorize()
    await cashier.capture()

    payment = await cashier.void()

    assert (payment.state, payment.void_requested) == (CAPTURED, False)


@pytest.mark.parametrize("capture", [True, False])
async def test_the_counter_needs_no_provider(cashier: Cashier, *, capture: bool) -> None:
    cashier.provider.decline()
    await cashier.provider.silence()
    await cashier.provider.open_till()
    payment = (await cashier.mesh.Authorize(ask_counter())).payment
    assert (payment.state, payment.provider) == (AUTHORIZED, "box_office")

    outcome = await (cashier.capture() if capture else cashier.void())

    assert outcome.state == (CAPTURED if capture else VOIDED)


async def test_a_sale_at_the_counter_needs_an_open_till(cashier: Cashier) -> None:
    ask_till = pb.FindOpenTillRequest(organizer_id=ORGANIZER, clerk_id=BIA, event_id=EVENT)
    assert await outcome(cashier.mesh.FindOpenTill(ask_till)) == "TILL_NOT_OPEN"
    assert await outcome(cashier.mesh.Authorize(ask_counter())) == "TILL_NOT_OPEN"

    await cashier.provider.open_till()

    till = (await cashier.mesh.FindOpenTill(ask_till)).till
    assert (till.till_id, till.clerk_id, till.opening_float.currency) == (til_(1), BIA, "BRL")
    other = ask_counter()
    other.amount.currency = "EUR"
    assert await outcome(cashier.mesh.Authorize(other)) == "TILL_CURRENCY"


async def test_a_till_that_closes_voids_the_sales_that_are_not_booked(cashier: Cashier) -> None:
    await cashier.provider.open_till()
    await cashier.mesh.Authorize(ask_counter())

    await cashier.provider.close_till()

    assert (await cashier.capture()).state == VOIDED
    assert await outcome(cashier.mesh.Authorize(ask_counter())) == "PAYMENT_STATE"
    assert await cashier.settled(1) == [VOIDED]


async def test_a_silent_provider_leaves_the_payment_unknown(cashier: Cashier) -> None:
    await cashier.provider.silence()
    for _ in range(2):
        assert (await cashier.authorize()).state == UNKNOWN
    with pytest.raises(refusals.PaymentState) as refused:
        await cashier.capture()
    assert refused.value.facts == {"state": "UNKNOWN"}

    await cashier.provider.settle(AUTHORIZED)

    assert await cashier.settled(1) == [AUTHORIZED]
    assert (await cashier.authorize()).state == AUTHORIZED


async def test_an_unknown_payment_is_voided_later(cashier: Cashier) -> None:
    await cashier.provider.silence()
    await cashier.authorize()
    payment = await cashier.void()
    assert (payment.state, payment.void_requested) == (UNKNOWN, True)
    with pytest.raises(refusals.PaymentState) as refused:
        await cashier.authorize()
    assert refused.value.facts == {"state": "UNKNOWN"}

    await cashier.provider.settle(VOIDED)

    assert await cashier.settled(1) == [VOIDED]
    assert await outcome(cashier.authorize()) == "PAYMENT_STATE"


async def test_a_silent_provider_captures_later(cashier: Cashier) -> None:
    await cashier.authorize()
    await cashier.provider.silence()
    for _ in range(2):
        assert (await cashier.capture()).state == AUTHORIZED

    await cashier.provider.settle(CAPTURED)

    assert await cashier.settled(1) == [CAPTURED]
    assert (await cashier.capture()).state == CAPTURED


async def test_a_silent_provider_voids_later(cashier: Cashier) -> None:
    await cashier.authorize()
    await cashier.provider.silence()
    payment = await cashier.void()
    assert (payment.state, payment.void_requested) == (AUTHORIZED, True)
    assert (await cashier.capture()).state == AUTHORIZED

    await cashier.provider.settle(VOIDED)

    assert await cashier.settled(1) == [VOIDED]
