"""The promises of PaymentsMesh to orders."""

import asyncio
import contextlib

import pytest

from eventhub import refusals
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled
from services.kit.values.clock import from_timestamp
from tests.facts import settled
from tests.payments.world import EVENT, ORDER, ORGANIZER, World, ask, ask_counter, state, til_
from tests.stage import until


async def test_a_payment_is_authorized_then_captured_and_told_once(world: World) -> None:
    assert await world.authorize() == "AUTHORIZED"
    assert await world.facts() == []
    assert await world.charged() == [("authorized", 5000)]

    payment = (await world.mesh.Capture(pb.CaptureRequest(order_id=ORDER))).payment

    assert state(payment) == "CAPTURED"
    assert (payment.amount.minor, payment.amount.currency, payment.provider) == (5000, "BRL", "sandbox")
    assert from_timestamp(payment.captured_at) == world.stage.clock.now_us()
    assert await world.charged() == [("captured", 5000)]
    assert await world.facts() == [PaymentSettled(payment=payment)]


async def test_a_repeat_changes_nothing(world: World) -> None:
    await world.authorize()
    assert await world.authorize() == "AUTHORIZED"
    await world.capture()
    facts = await world.facts()

    assert await world.capture() == "CAPTURED"
    assert await world.authorize() == "CAPTURED"

    assert await world.facts() == facts
    assert len(await world.ledger()) == 2


async def test_captured_money_is_owed_to_the_organizer(world: World) -> None:
    await world.authorize()
    await world.capture()

    assert await world.ledger() == [
        ("capture:ord_1", "clearing:sandbox", 5000),
        ("capture:ord_1", f"payable:{ORGANIZER}", -5000),
    ]


@pytest.mark.parametrize("token", ["tok_declined", "4111111111111111"])
async def test_a_declined_card_is_not_charged(world: World, token: str) -> None:
    assert await world.authorize(card=token) == "DECLINED"

    assert await world.charged() == [("declined", 5000)]
    assert await world.facts() == []
    with pytest.raises(refusals.PaymentState) as refused:
        await world.capture()
    assert refused.value.facts == {"state": "DECLINED"}


async def test_a_slow_provider_is_waited_for(world: World) -> None:
    asked = asyncio.create_task(world.authorize(card="tok_slow"))

    async def reserved() -> bool:
        return bool(await world.charged())

    await until(reserved)
    assert await world.state() == "UNKNOWN"
    world.stage.clock.advance(1)

    assert await asked == "AUTHORIZED"
    assert await world.facts() == []


async def test_money_at_the_counter_needs_no_provider(world: World) -> None:
    await world.fault("DOWN")
    await world.open_till()

    payment = (await world.mesh.Authorize(ask_counter())).payment
    assert (state(payment), payment.provider, payment.till_id) == ("AUTHORIZED", "box_office", til_(1))
    assert await world.capture() == "CAPTURED"
    assert await world.capture() == "CAPTURED"

    assert await world.charged() == []
    assert await world.settled() == [(ORDER, "CAPTURED")]
    assert [line[1:] for line in await world.ledger()] == [
        (f"till:{til_(1)}:cash", 5000),
        (f"payable:{ORGANIZER}", -5000),
    ]


async def test_money_at_the_counter_can_be_given_up(world: World) -> None:
    await world.open_till()
    await world.mesh.Authorize(ask_counter())

    assert await world.void() == "VOIDED"
    assert await world.capture() == "VOIDED"

    assert await world.settled() == [(ORDER, "VOIDED")]
    assert await world.ledger() == []


async def test_an_authorized_payment_can_be_given_up(world: World) -> None:
    await world.authorize()

    assert await world.void() == "VOIDED"
    assert await world.void() == "VOIDED"

    assert await world.charged() == [("voided", 5000)]
    assert await world.settled() == [(ORDER, "VOIDED")]
    assert await world.capture() == "VOIDED"
    with pytest.raises(refusals.PaymentState) as refused:
        await world.authorize()
    assert refused.value.facts == {"state": "VOIDED"}


async def test_a_payment_never_begun_can_be_given_up(world: World) -> None:
    await world.open_till()
    assert await world.void() == "VOIDED"
    assert await world.void() == "VOIDED"

    with pytest.raises(refusals.PaymentState):
        await world.authorize()
    with pytest.raises(refusals.PaymentState):
        await world.mesh.Authorize(ask_counter())
    assert await world.charged() == []
    assert await world.facts() == []
    assert await world.state() == "VOIDED"


async def test_a_declined_payment_given_up_stays_declined_and_closed(world: World) -> None:
    await world.authorize(card="tok_declined")

    assert await world.void() == "DECLINED"

    with pytest.raises(refusals.PaymentState):
        await world.authorize(card="tok_declined")


async def test_captured_money_cannot_be_given_up(world: World) -> None:
    await world.authorize()
    await world.capture()

    assert await world.void() == "CAPTURED"

    assert await world.charged() == [("captured", 5000)]
    assert await world.authorize() == "CAPTURED"


async def test_an_order_is_paid_once_however_the_repeat_differs(world: World) -> None:
    await world.authorize()

    others = [ask(minor=5001), ask(card="tok_other"), ask(organizer_id="org_other"), ask_counter(), ask(), ask()]
    others[4].event_id = "evt_other"
    others[5].amount.currency = "EUR"
    for other in others:
        with pytest.raises(refusals.IdInUse):
            await world.mesh.Authorize(other)

    assert await world.charged() == [("authorized", 5000)]


@pytest.mark.parametrize("card", ["tok_ok", "tok_declined"])
async def test_a_card_is_kept_only_until_the_provider_has_answered(world: World, card: str) -> None:
    with contextlib.suppress(refusals.PaymentState):
        await world.authorize(card=card)

    ((kept,),) = await world.database.read(lambda tx: tx.all("SELECT card_token FROM payment"))
    assert card not in kept
    assert kept.startswith("sha256:")


@pytest.mark.parametrize("call", ["Capture", "GetPayment"])
async def test_a_payment_that_does_not_exist_is_not_found(world: World, call: str) -> None:
    request = pb.CaptureRequest if call == "Capture" else pb.GetPaymentRequest

    with pytest.raises(refusals.PaymentNotFound):
        await getattr(world.mesh, call)(request(order_id="ord_none"))


async def test_requests_that_make_no_payment_are_refused(world: World) -> None:
    nothing, silent, long, currency = ask(minor=0), ask_counter(), ask(card="t" * 201), ask()
    silent.counter.method = nouns.COUNTER_METHOD_UNSPECIFIED
    currency.amount.currency = ""
    fields = []
    for request in (nothing, silent, long, ask(card=""), currency):
        with pytest.raises(refusals.InvalidRequest) as refused:
            await world.mesh.Authorize(request)
        fields += list(refused.value.fields)

    assert fields == ["amount.minor", "counter.method", "card_token", "card_token", "amount.currency"]
    with pytest.raises(refusals.PaymentNotFound):
        await world.state()


async def test_the_feed_tells_of_captures(world: World) -> None:
    await world.authorize()
    await world.capture()

    await settled(world.database)
    batch = (await anext(aiter(world.mesh.Feed(pb.FeedRequest(consumer="orders"))))).batch

    assert [(fact.aggregate_id, fact.organizer_id, fact.type) for fact in batch.facts] == [
        (ORDER, ORGANIZER, "eventhub.payments.v1.PaymentSettled")
    ]
    assert b"tok_ok" not in batch.SerializeToString()
    assert EVENT.encode() not in batch.facts[0].payload
    with pytest.raises(refusals.RevisionUnknown):
        await anext(
            aiter(world.mesh.Feed(pb.FeedRequest(consumer="orders", after=Revision(epoch="other", position=1))))
        )
