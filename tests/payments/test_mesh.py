"""What PaymentsMesh promises orders."""

import asyncio
import contextlib

import pytest

from eventhub import refusals
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled
from services.kit.values.clock import from_timestamp
from tests.facts import settled
from tests.payments.desk import EVENT, ORDER, ORGANIZER, Desk, ask, ask_counter, state
from tests.stage import until


async def test_a_payment_is_authorized_then_captured_and_told_once(desk: Desk) -> None:
    assert await desk.authorize() == "AUTHORIZED"
    assert await desk.facts() == []
    assert await desk.charged() == [("authorized", 5000)]

    payment = (await desk.mesh.Capture(pb.CaptureRequest(order_id=ORDER))).payment

    assert state(payment) == "CAPTURED"
    assert (payment.amount.minor, payment.amount.currency, payment.provider) == (5000, "BRL", "sandbox")
    assert from_timestamp(payment.captured_at) == desk.stage.clock.now_us()
    assert await desk.charged() == [("captured", 5000)]
    assert await desk.facts() == [PaymentSettled(payment=payment)]


async def test_a_repeat_changes_nothing(desk: Desk) -> None:
    await desk.authorize()
    assert await desk.authorize() == "AUTHORIZED"
    await desk.capture()
    facts = await desk.facts()

    assert await desk.capture() == "CAPTURED"
    assert await desk.authorize() == "CAPTURED"

    assert await desk.facts() == facts
    assert len(await desk.ledger()) == 2


async def test_what_is_captured_is_owed_to_the_organizer(desk: Desk) -> None:
    await desk.authorize()
    await desk.capture()

    assert await desk.ledger() == [
        ("capture:ord_1", "clearing:sandbox", 5000),
        ("capture:ord_1", f"payable:{ORGANIZER}", -5000),
    ]


@pytest.mark.parametrize("token", ["tok_declined", "4111111111111111"])
async def test_a_declined_card_is_not_charged(desk: Desk, token: str) -> None:
    assert await desk.authorize(card=token) == "DECLINED"

    assert await desk.charged() == [("declined", 5000)]
    assert await desk.facts() == []
    with pytest.raises(refusals.PaymentState) as refused:
        await desk.capture()
    assert refused.value.facts == {"state": "DECLINED"}


async def test_a_slow_provider_is_waited_for(desk: Desk) -> None:
    asked = asyncio.create_task(desk.authorize(card="tok_slow"))

    async def reserved() -> bool:
        return bool(await desk.charged())

    await until(reserved)
    assert await desk.state() == "UNKNOWN"
    desk.stage.clock.advance(1)

    assert await asked == "AUTHORIZED"
    assert await desk.facts() == []


async def test_money_at_the_counter_needs_no_provider(desk: Desk) -> None:
    await desk.fault("DOWN")

    payment = (await desk.mesh.Authorize(ask_counter())).payment
    assert (state(payment), payment.provider) == ("AUTHORIZED", "box_office")
    assert await desk.capture() == "CAPTURED"
    assert await desk.capture() == "CAPTURED"

    assert await desk.charged() == []
    assert await desk.settled() == [(ORDER, "CAPTURED")]
    assert [line[1:] for line in await desk.ledger()] == [
        ("clearing:box_office", 5000),
        (f"payable:{ORGANIZER}", -5000),
    ]


async def test_money_at_the_counter_can_be_given_up(desk: Desk) -> None:
    await desk.mesh.Authorize(ask_counter())

    assert await desk.void() == "VOIDED"
    assert await desk.capture() == "VOIDED"

    assert await desk.settled() == [(ORDER, "VOIDED")]
    assert await desk.ledger() == []


async def test_an_authorized_payment_can_be_given_up(desk: Desk) -> None:
    await desk.authorize()

    assert await desk.void() == "VOIDED"
    assert await desk.void() == "VOIDED"

    assert await desk.charged() == [("voided", 5000)]
    assert await desk.settled() == [(ORDER, "VOIDED")]
    assert await desk.capture() == "VOIDED"
    with pytest.raises(refusals.PaymentState) as refused:
        await desk.authorize()
    assert refused.value.facts == {"state": "VOIDED"}


async def test_a_payment_never_begun_can_be_given_up(desk: Desk) -> None:
    assert await desk.void() == "VOIDED"
    assert await desk.void() == "VOIDED"

    with pytest.raises(refusals.PaymentState):
        await desk.authorize()
    with pytest.raises(refusals.PaymentState):
        await desk.mesh.Authorize(ask_counter())
    assert await desk.charged() == []
    assert await desk.facts() == []
    assert await desk.state() == "VOIDED"


async def test_a_declined_payment_given_up_stays_declined_and_closed(desk: Desk) -> None:
    await desk.authorize(card="tok_declined")

    assert await desk.void() == "DECLINED"

    with pytest.raises(refusals.PaymentState):
        await desk.authorize(card="tok_declined")


async def test_captured_money_cannot_be_given_up(desk: Desk) -> None:
    await desk.authorize()
    await desk.capture()

    assert await desk.void() == "CAPTURED"

    assert await desk.charged() == [("captured", 5000)]
    assert await desk.authorize() == "CAPTURED"


async def test_an_order_is_paid_once_whatever_is_asked(desk: Desk) -> None:
    await desk.authorize()

    others = [ask(minor=5001), ask(card="tok_other"), ask(organizer_id="org_other"), ask_counter(), ask(), ask()]
    others[4].event_id = "evt_other"
    others[5].amount.currency = "EUR"
    for other in others:
        with pytest.raises(refusals.IdInUse):
            await desk.mesh.Authorize(other)

    assert await desk.charged() == [("authorized", 5000)]


@pytest.mark.parametrize("card", ["tok_ok", "tok_declined"])
async def test_a_card_is_kept_only_until_the_provider_has_answered(desk: Desk, card: str) -> None:
    with contextlib.suppress(refusals.PaymentState):
        await desk.authorize(card=card)

    ((kept,),) = await desk.database.read(lambda tx: tx.all("SELECT card_token FROM payment"))
    assert card not in kept
    assert kept.startswith("sha256:")


@pytest.mark.parametrize("call", ["Capture", "GetPayment"])
async def test_a_payment_that_is_none_is_not_found(desk: Desk, call: str) -> None:
    request = pb.CaptureRequest if call == "Capture" else pb.GetPaymentRequest

    with pytest.raises(refusals.PaymentNotFound):
        await getattr(desk.mesh, call)(request(order_id="ord_none"))


async def test_requests_that_make_no_payment_are_refused(desk: Desk) -> None:
    nothing, silent, long, currency = ask(minor=0), ask_counter(), ask(card="t" * 201), ask()
    silent.box_office = False
    currency.amount.currency = ""
    fields = []
    for request in (nothing, silent, long, ask(card=""), currency):
        with pytest.raises(refusals.InvalidRequest) as refused:
            await desk.mesh.Authorize(request)
        fields += list(refused.value.fields)

    assert fields == ["amount.minor", "box_office", "card_token", "card_token", "amount.currency"]
    with pytest.raises(refusals.PaymentNotFound):
        await desk.state()


async def test_the_feed_tells_what_was_captured(desk: Desk) -> None:
    await desk.authorize()
    await desk.capture()

    await settled(desk.database)
    batch = (await anext(aiter(desk.mesh.Feed(pb.FeedRequest(consumer="orders"))))).batch

    assert [(fact.aggregate_id, fact.organizer_id, fact.type) for fact in batch.facts] == [
        (ORDER, ORGANIZER, "eventhub.payments.v1.PaymentSettled")
    ]
    assert b"tok_ok" not in batch.SerializeToString()
    assert EVENT.encode() not in batch.facts[0].payload
    with pytest.raises(refusals.RevisionUnknown):
        await anext(aiter(desk.mesh.Feed(pb.FeedRequest(consumer="orders", after=Revision(epoch="other", position=1)))))
