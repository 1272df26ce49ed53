"""Quotes by PricingService and PricingMesh."""

import asyncio
from collections import Counter

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER
from eventhub.pricing.v1 import pricing_pb2 as nouns
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from services.kit.rpc.call import Caller
from services.kit.rpc.guess_limiter import AT_ONCE, TURN_US, WAIT_MAX_US
from services.kit.values.clock import SECOND_US
from services.pricing.neighbours import Events
from tests.pricing.world import EVENT, STALLS, World, brl, open_world, quoted, show, wish
from tests.stage import Stage, outcome, until


async def test_a_quote_says_what_each_ticket_costs_and_why(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon("ten", tickets_per_use_max=1)

    quote = await quoted(stage.buyer(), wish("Ten", stalls=2, half=1))

    assert (quote.event_id, quote.organizer_id) == (EVENT, "org_casa")
    assert (quote.face, quote.discount, quote.total) == (brl(12500), brl(500), brl(12000))
    assert (quote.coupon_id, quote.coupon_limited) == (coupon.coupon_id, True)
    stalls, half = quote.lines
    assert (stalls.ticket_type_name, stalls.quantity, stalls.unit_face) == ("Stalls", 2, brl(5000))
    assert list(stalls.unit_prices) == [brl(4500), brl(5000)]
    assert (stalls.total, list(stalls.reasons)) == (brl(9500), ["face price", "coupon TEN: 10 % off"])
    assert (half.total, list(half.reasons)) == (brl(2500), ["half price by law"])
    assert list(stalls.explanations) == ["Preço inteiro", "Cupom TEN: 10% de desconto em cada ingresso"]
    assert list(half.explanations) == ["Meia-entrada, por lei"]


async def test_without_a_coupon_nothing_comes_off(stage: Stage) -> None:
    await open_world(stage)

    quote = await quoted(stage.buyer(), wish(stalls=1))

    assert (quote.total, quote.discount, quote.coupon_id, quote.coupon_limited) == (brl(5000), brl(0), "", False)


async def test_a_quote_at_the_counter_checks_no_participant_and_elsewhere_a_member_is_a_buyer(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_per_participant_max=1)
    await world.reserve(coupon, buyer_id="acc_bia")

    assert (await quoted(world.member(), wish("TEN", stalls=1))).total == brl(4500)
    assert (await quoted(world.member("org_other"), wish(stalls=1))).total == brl(5000)
    with pytest.raises(refusals.CouponLimitReached):
        await quoted(world.member("org_other"), wish("TEN", stalls=1))


async def test_an_order_is_quoted_for_the_participant_it_names(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_per_participant_max=1)
    await world.reserve(coupon, buyer_id="gst_ana")
    items = [pb.OrderItem(ticket_type_id=STALLS, quantity=1)]

    def order(participant_id: str) -> pb.QuoteOrderRequest:
        return pb.QuoteOrderRequest(
            event_id=EVENT, buyer_id="acc_bia", items=items, coupon_code="ten", participant_id=participant_id
        )

    for participant_id in ("acc_bia", ""):
        assert (await world.mesh.QuoteOrder(order(participant_id))).quote.total == brl(4500)
    with pytest.raises(refusals.CouponLimitReached) as refused:
        await world.mesh.QuoteOrder(order("gst_ana"))
    assert refused.value.limit == "1"
    for uncounted in ("gst_rui", "org_casa"):
        with pytest.raises(refusals.ContactUnverified):
            await world.mesh.QuoteOrder(order(uncounted))


async def test_unknown_events_and_types_and_too_many_tickets_have_no_price(stage: Stage) -> None:
    await open_world(stage)
    buyer = stage.buyer()

    with pytest.raises(refusals.EventNotFound):
        await quoted(buyer, wish(event_id="evt_none", stalls=1))
    with pytest.raises(refusals.TicketTypeNotFound) as refused:
        await quoted(buyer, wish(circus=1))
    assert refused.value.ticket_type_id == "tkt_circus"
    with pytest.raises(refusals.OrderLimit) as limited:
        await quoted(buyer, wish(stalls=6, vip=5))
    assert limited.value.limit == "10"


async def test_a_type_is_asked_for_once(stage: Stage) -> None:
    await open_world(stage)
    item = pb.QuoteItem(ticket_type_id=STALLS, quantity=1)

    with pytest.raises(refusals.InvalidRequest) as refused:
        await stage.buyer().pricing.Quote(pb.QuoteRequest(event_id=EVENT, items=[item, item]))

    assert list(refused.value.fields) == ["items.ticket_type_id"]


async def test_a_coupon_that_cannot_be_used_says_why(stage: Stage) -> None:
    world = await open_world(stage)
    once = await world.coupon("ONCE", uses_max=1)
    each = await world.coupon("EACH", uses_per_participant_max=2)
    await world.coupon("VIPS", ticket_type_ids=["tkt_vip"])
    await world.coupon("SHORT", life_s=60)
    await world.reserve(once)
    await world.reserve(each, "ord_2")
    await world.reserve(each, "ord_3")
    stage.clock.advance(60)
    buyer = stage.buyer("gst_ana")

    with pytest.raises(refusals.CouponUnknown):
        await quoted(buyer, wish("NONE", stalls=1))
    with pytest.raises(refusals.CouponExpired) as expired:
        await quoted(buyer, wish("SHORT", stalls=1))
    assert expired.value.expired_at == "2026-11-24T12:01:00Z"
    with pytest.raises(refusals.CouponExhausted):
        await quoted(buyer, wish("ONCE", stalls=1))
    with pytest.raises(refusals.CouponLimitReached) as limited:
        await quoted(buyer, wish("EACH", stalls=1))
    assert limited.value.limit == "2"
    with pytest.raises(refusals.CouponNotApplicable):
        await quoted(buyer, wish("VIPS", stalls=1))


@pytest.mark.parametrize("subject_id", ["gst_rui", "gst_unknown"])
async def test_a_limit_per_participant_needs_a_proven_contact(stage: Stage, subject_id: str) -> None:
    world = await open_world(stage)
    await world.coupon(uses_per_participant_max=1)

    with pytest.raises(refusals.ContactUnverified):
        await quoted(stage.buyer(subject_id), wish("TEN", stalls=1))


async def test_the_first_reason_to_refuse_a_coupon_is_told(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=1, uses_per_participant_max=1, ticket_type_ids=["tkt_vip"], life_s=60)
    await world.reserve(coupon)
    buyer = stage.buyer()

    with pytest.raises(refusals.CouponExhausted):
        await quoted(buyer, wish("TEN", stalls=1))
    stage.clock.advance(61)
    with pytest.raises(refusals.CouponExpired):
        await quoted(buyer, wish("TEN", stalls=1))


async def test_a_coupon_is_good_for_its_own_event_only(stage: Stage) -> None:
    world = await open_world(stage)
    await world.coupon()

    with pytest.raises(refusals.CouponUnknown):
        await quoted(stage.buyer(), wish("TEN", event_id="evt_other", stalls=1))


async def wrong(world: World, guesses: int) -> None:
    """Tries wrong codes, each as another guest, all from one address."""
    for n in range(guesses):
        with pytest.raises(refusals.CouponUnknown):
            await quoted(world.stage.buyer(f"gst_farmed{n}"), wish(f"GUESS{n}", stalls=1))


async def at_its_turn(world: World, code: str, buyer: EventHub) -> nouns.Quote:
    """Asks for a quote, and advances the clock by one turn as soon as the request waits."""
    clock, turn_s = world.stage.clock, TURN_US / SECOND_US
    others = clock.due_in(turn_s)
    asked = asyncio.create_task(quoted(buyer, wish(code, stalls=1)))
    await until(lambda: asked.done() or clock.due_in(turn_s) > others)
    clock.advance(turn_s)
    return await asked


async def test_fresh_guests_gain_a_guesser_nothing_and_a_right_code_is_always_taken(stage: Stage) -> None:
    world = await open_world(stage)
    await world.coupon()
    await wrong(world, AT_ONCE)

    with pytest.raises(refusals.TooManyRequests) as refused:
        await at_its_turn(world, "GUESS", stage.buyer("gst_fresh"))
    assert refused.value.retry_after_s == TURN_US / SECOND_US
    for subject_id in ("gst_honest", "gst_farmed1"):
        assert (await at_its_turn(world, "TEN", stage.buyer(subject_id))).total == brl(4500)


async def test_sessions_that_keep_guessing_hold_up_another_for_one_turn(stage: Stage) -> None:
    world = await open_world(stage)
    await world.coupon()
    turn_s, sessions = TURN_US / SECOND_US, [stage.buyer(f"gst_eve{n}") for n in range(6)]
    for n in range(AT_ONCE):
        with pytest.raises(refusals.CouponUnknown):
            await quoted(sessions[n % len(sessions)], wish(f"GUESS{n}", stalls=1))

    def guess_on() -> list[asyncio.Task[str]]:
        return [asyncio.create_task(outcome(quoted(eve, wish("GUESS", stalls=1)))) for eve in sessions]

    others, flood = stage.clock.due_in(turn_s), guess_on()
    await until(lambda: stage.clock.due_in(turn_s) - others + sum(guess.done() for guess in flood) == len(sessions))
    others = stage.clock.due_in(turn_s)
    honest = asyncio.create_task(quoted(stage.buyer("gst_honest"), wish("TEN", stalls=1)))
    await until(lambda: honest.done() or stage.clock.due_in(turn_s) > others)
    flood += guess_on()
    stage.clock.advance(turn_s)

    assert (await honest).total == brl(4500)
    for guess in flood:
        guess.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_an_order_guesses_no_faster_than_a_quote(stage: Stage) -> None:
    world = await open_world(stage)
    items = [pb.OrderItem(ticket_type_id=STALLS, quantity=1)]
    for n in range(AT_ONCE):
        with pytest.raises(refusals.CouponUnknown):
            await world.mesh.QuoteOrder(
                pb.QuoteOrderRequest(
                    event_id=EVENT, buyer_id=f"gst_{n}", items=items, coupon_code="X", counted_by="127.0.0.1"
                )
            )

    with pytest.raises(refusals.TooManyRequests):
        await at_its_turn(world, "GUESS", stage.buyer("gst_fresh"))


async def test_a_buyer_with_a_proven_contact_never_waits_for_other_buyers(stage: Stage) -> None:
    world = await open_world(stage)
    await world.coupon()
    await wrong(world, AT_ONCE)
    ana = stage.client(Caller(kind=ACCESS_BUYER, subject_id="gst_ana", proven=True))

    assert (await quoted(ana, wish("TEN", stalls=1))).total == brl(4500)


async def test_an_event_is_asked_for_once_in_five_seconds(stage: Stage) -> None:
    world = await open_world(stage)
    buyer = stage.buyer()
    await quoted(buyer, wish(stalls=1))
    world.catalog.events[EVENT].ticket_types[0].price.minor = 6000

    stage.clock.advance(4.9)
    assert (await quoted(buyer, wish(stalls=1))).total == brl(5000)
    assert len(world.catalog.calls) == 1
    stage.clock.advance(0.1)
    assert (await quoted(buyer, wish(stalls=1))).total == brl(6000)


async def test_of_many_guesses_at_once_few_are_looked_up(stage: Stage) -> None:
    await open_world(stage)
    guests = [stage.buyer(f"gst_{n}") for n in range(40)]
    guesses = [asyncio.create_task(outcome(quoted(guest, wish(f"G{n}", stalls=1)))) for n, guest in enumerate(guests)]
    waiting = WAIT_MAX_US // TURN_US

    await until(lambda: sum(guess.done() for guess in guesses) == len(guesses) - waiting)
    stage.clock.advance(WAIT_MAX_US / SECOND_US)

    answers = Counter(await asyncio.gather(*guesses))
    assert answers == {"COUPON_UNKNOWN": AT_ONCE, "TOO_MANY_REQUESTS": len(guesses) - AT_ONCE}


async def test_only_so_many_events_are_remembered(stage: Stage) -> None:
    world = await open_world(stage)
    events = Events(stage.channel("pricing"), stage.clock, kept_max=2)

    for event_id in (EVENT, "evt_other", EVENT):
        await events.get(event_id)
    assert len(world.catalog.calls) == 2
    world.catalog.events["evt_third"] = show("evt_third")
    await events.get("evt_third")
    await events.get(EVENT)
    assert len(world.catalog.calls) == 3
    await events.get("evt_other")
    assert len(world.catalog.calls) == 4


async def test_an_event_that_is_gone_is_not_remembered(stage: Stage) -> None:
    world = await open_world(stage)
    buyer = stage.buyer()
    await quoted(buyer, wish(stalls=1))
    gone = world.catalog.events.pop(EVENT)
    stage.clock.advance(5)

    with pytest.raises(refusals.EventNotFound):
        await quoted(buyer, wish(stalls=1))
    world.catalog.events[EVENT] = gone
    assert (await quoted(buyer, wish(stalls=1))).total == brl(5000)


async def test_only_people_are_quoted(stage: Stage) -> None:
    await open_world(stage)

    with pytest.raises(refusals.TokenMissing):
        await quoted(stage.anyone(), wish(stalls=1))
    with pytest.raises(refusals.AccessDenied):
        await quoted(stage.gate(EVENT), wish(stalls=1))
