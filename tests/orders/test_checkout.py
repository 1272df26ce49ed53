"""Checkout with neighbours that answer: orders that are paid, orders that fail, and repeats."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.common.v1.error_reason_pb2 import (
    ERROR_REASON_COUPON_EXHAUSTED,
    ERROR_REASON_HOLD_EXPIRED,
    ERROR_REASON_HOLD_IN_USE,
    ERROR_REASON_PAYMENT_DECLINED,
)
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_MANAGER, ROLE_OWNER, Role
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from services.kit.values.clock import from_timestamp, to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.inventory import HELD_UNTIL_US
from tests.fakes.pricing import brl
from tests.orders.world import ANA, EVENT, FLOOR, ORGANIZER, SEATS, STALLS, World, buy, failed, hld, ord_, state
from tests.stage import until

FREE = pb.CheckoutRequest.Free()
COUNTER = pb.CheckoutRequest.BoxOffice(cash=pb.CheckoutRequest.BoxOffice.Cash())
GIVEN = pb.CheckoutRequest.Complimentary(reason="press")


async def test_a_card_pays_every_line(world: World) -> None:
    world.hold(1, stalls=2, floor=1)

    order = await world.checkout(coupon_code="ten", locale="en")

    assert state(order) == "PAID"
    assert [(line.line_id, line.ticket_type_id, line.face.minor, line.price.minor) for line in order.lines] == [
        ("1", STALLS, 5000, 4500),
        ("2", STALLS, 5000, 4500),
        ("3", FLOOR, 2005, 1804),
    ]
    assert (order.face, order.discount, order.total) == (brl(12_005), brl(1201), brl(10_804))
    assert (order.coupon_id, order.coupon_code, order.locale) == ("cpn_ten", "TEN", "en")
    assert world.payments.charges == [(ord_(1), 10_804)]
    assert world.inventory.state(hld(1)) == "SOLD"
    assert world.pricing.redemptions == {ord_(1): "RESERVED"}


async def test_an_order_says_whose_it_is_and_when_it_was_paid(world: World) -> None:
    answer = await world.ana.orders.Checkout(buy())

    order, now = answer.order, to_timestamp(world.stage.clock.now_us())
    assert (order.event_id, order.organizer_id, order.buyer_id) == (EVENT, ORGANIZER, ANA)
    assert (order.hold_id, order.method, order.locale) == (hld(1), nouns.PAYMENT_METHOD_CARD, "pt-BR")
    assert [(line.seat_id, line.seat_label) for line in order.lines] == [(seat, f"Stalls {seat}") for seat in SEATS]
    assert (order.created_at, order.paid_at) == (now, now)
    assert not answer.HasField("next_action")
    assert not order.HasField("pay_until")
    assert await world.facts() == ["OrderPlaced", "OrderPaid"]


async def test_the_price_is_that_of_the_time_of_the_hold(world: World) -> None:
    world.hold(stalls=1)
    world.stage.clock.advance(60)

    await world.checkout()

    assert world.pricing.held == [to_timestamp(START_US)]


async def test_a_line_names_the_area_of_its_place(world: World) -> None:
    world.hold(1, floor=2)
    for place in world.inventory.holds[hld(1)].places:
        place.area_name = "Pista"

    order = await world.checkout()

    assert [(line.seat_id, line.seat_label) for line in order.lines] == [("", "Pista")] * 2


async def test_each_ticket_of_a_package_has_its_share(world: World) -> None:
    world.hold(1, floor=3)
    world.pricing.packages[FLOOR] = 3

    order = await world.checkout(coupon_code="ten")

    assert [(line.face.minor, line.price.minor) for line in order.lines] == [(669, 602), (668, 601), (668, 601)]
    assert (order.face, order.discount, order.total) == (brl(2005), brl(201), brl(1804))


async def test_no_card_is_kept_once_it_has_paid(world: World) -> None:
    await world.checkout()

    assert await world.rows("SELECT card_token FROM customer_order") == [("",)]


async def test_a_free_order_needs_no_payment(world: World) -> None:
    world.hold(1, gift=2)

    order = await world.checkout(free=FREE, expected_total=brl(0))

    assert (state(order), order.total) == ("PAID", brl(0))
    assert world.payments.calls == []
    assert world.inventory.state(hld(1)) == "SOLD"


async def test_a_card_is_not_asked_for_nothing(world: World) -> None:
    world.hold(1, gift=1)

    assert state(await world.checkout()) == "PAID"
    assert world.payments.calls == []


@pytest.mark.parametrize("role", [ROLE_OWNER, ROLE_MANAGER])
async def test_owners_and_managers_give_tickets_away(world: World, role: Role.ValueType) -> None:
    world.hold(1, "acc_bia")
    member = world.stage.member(ORGANIZER, role)

    order = (await member.orders.Checkout(buy(complimentary=GIVEN, coupon_code="TEN"))).order

    assert (state(order), order.method) == ("PAID", nouns.PAYMENT_METHOD_COMPLIMENTARY)
    assert [(line.face.minor, line.price.minor) for line in order.lines] == [(5000, 0), (5000, 0)]
    assert (order.face, order.discount, order.total) == (brl(10_000), brl(10_000), brl(0))
    assert (order.coupon_id, world.pricing.redemptions) == ("", {})
    assert world.payments.calls == []


@pytest.mark.parametrize("role", [ROLE_OWNER, ROLE_MANAGER, ROLE_BOX_OFFICE])
async def test_members_sell_at_the_counter_whatever_the_provider_does(world: World, role: Role.ValueType) -> None:
    world.hold(1, "acc_bia")
    world.payments.silent = True

    order = (await world.stage.member(ORGANIZER, role).orders.Checkout(buy(box_office=COUNTER))).order

    assert (state(order), order.method) == ("PAID", nouns.PAYMENT_METHOD_BOX_OFFICE)
    assert world.payments.payments[ord_(1)].provider == "box_office"
    assert world.payments.charges == [(ord_(1), 10_000)]


async def test_a_declined_card_charges_nothing_and_leaves_the_hold(world: World) -> None:
    world.payments.declines = True

    order = await world.checkout(coupon_code="TEN")

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_PAYMENT_DECLINED)
    assert not order.HasField("paid_at")
    assert world.inventory.state(hld(1)) == "HELD"
    assert world.pricing.redemptions == {ord_(1): "RELEASED"}
    assert (world.payments.charges, world.pricing.uses_left) == ([], 100)
    assert await world.facts() == ["OrderPlaced", "OrderFailed"]
    assert from_timestamp((await failed(world)).held_until) == HELD_UNTIL_US


async def test_after_a_declined_card_another_one_pays_the_same_hold(world: World) -> None:
    world.payments.declines = True
    assert state(await world.checkout(coupon_code="TEN")) == "FAILED"
    world.payments.declines = False

    order = (await world.ana.orders.Checkout(buy(2, hold_id=hld(1), coupon_code="TEN"))).order

    assert state(order) == "PAID"
    assert world.inventory.holds[hld(1)].order_id == ord_(2)
    assert world.payments.charges == [(ord_(2), 9000)]
    assert world.pricing.redemptions == {ord_(1): "RELEASED", ord_(2): "RESERVED"}
    assert state(await world.checkout(coupon_code="TEN")) == "FAILED"


async def test_a_coupon_whose_last_use_another_buyer_took(world: World) -> None:
    world.pricing.exhausted_at_reserve = True

    order = await world.checkout(coupon_code="TEN")

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_COUPON_EXHAUSTED)
    assert world.inventory.state(hld(1)) == "HELD"
    assert "Authorize" not in world.payments.calls


async def test_a_hold_that_lapses_between_look_and_lock(world: World) -> None:
    world.inventory.lapses_at_lock = True

    order = await world.checkout()

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_HOLD_EXPIRED)
    assert "Authorize" not in world.payments.calls
    assert not (await failed(world)).HasField("held_until")


async def test_sixteen_repeats_make_one_order(world: World) -> None:
    answers = await asyncio.gather(*(world.ana.orders.Checkout(buy(coupon_code="TEN")) for _ in range(16)))

    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert state(answers[0].order) == "PAID"
    assert world.payments.charges == [(ord_(1), 9000)]
    assert world.pricing.uses_left == 99
    assert await world.facts() == ["OrderPlaced", "OrderPaid"]


async def test_of_sixteen_orders_of_one_hold_one_is_paid(world: World) -> None:
    requests = [buy(n, hold_id=hld(1)) for n in range(1, 17)]

    answers = await asyncio.gather(
        *(world.ana.orders.Checkout(request) for request in requests), return_exceptions=True
    )

    made = [answer.order for answer in answers if isinstance(answer, pb.CheckoutResponse)]
    assert [state(order) for order in made].count("PAID") == 1
    assert {order.failure for order in made if state(order) != "PAID"} <= {ERROR_REASON_HOLD_IN_USE}
    assert {type(answer) for answer in answers} <= {pb.CheckoutResponse, refusals.HoldInUse}
    assert len(world.payments.charges) == 1
    assert world.inventory.state(hld(1)) == "SOLD"


@pytest.mark.parametrize("uses", [1, 100])
async def test_a_repeat_that_overtakes_the_first_call_answers_the_same(world: World, uses: int) -> None:
    world.pricing.uses_left = uses
    gate = asyncio.Event()
    world.pricing.before["QuoteOrder"] = gate.wait
    first = asyncio.create_task(world.checkout(coupon_code="TEN"))
    await until(lambda: not world.pricing.before)

    repeat = await world.checkout(coupon_code="TEN")
    gate.set()

    assert state(repeat) == "PAID"
    assert await first == repeat
    assert len(world.payments.charges) == 1


async def test_a_repeat_answers_a_failed_order_as_it_is(world: World) -> None:
    world.payments.declines = True
    failed = await world.checkout()
    world.payments.declines = False

    assert await world.checkout() == failed
    assert world.payments.charges == []


async def test_an_order_is_paid_although_its_buyer_hangs_up(world: World) -> None:
    gate = asyncio.Event()
    world.pricing.before["QuoteOrder"] = gate.wait
    call = asyncio.create_task(world.checkout())
    await until(lambda: not world.pricing.before)
    answers = asyncio.Event()
    world.payments.before["Authorize"] = answers.wait
    gate.set()
    await until(lambda: "Authorize" in world.payments.calls)

    call.cancel()
    await asyncio.wait([call])
    answers.set()

    assert call.cancelled()
    assert state(await world.becomes("PAID")) == "PAID"
    assert world.payments.charges == [(ord_(1), 10_000)]
