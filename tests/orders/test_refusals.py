"""Refusals of Checkout: no order is made, and no neighbour changes anything."""

from typing import Any

import pytest

from eventhub import refusals
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_FINANCE, ROLE_MANAGER, ROLE_OWNER, ROLE_VIEWER, Role
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.refusal import Refusal
from tests.fakes.inventory import LAPSED, LOCKED, RELEASED, SOLD
from tests.fakes.pricing import brl
from tests.orders.world import CARD, EVENT, ORGANIZER, RUI, World, buy, hld

FREE = pb.CheckoutRequest.Free()
COUNTER = pb.CheckoutRequest.BoxOffice(cash=pb.CheckoutRequest.BoxOffice.Cash())
GIVEN = pb.CheckoutRequest.Complimentary(reason="press")


async def nothing_was_done(world: World) -> bool:
    touched = {"LockHold", "ReserveRedemption", "Authorize"}
    called = {*world.inventory.calls, *world.pricing.calls, *world.payments.calls}
    return await world.rows("SELECT order_id FROM customer_order") == [] and not called & touched


async def test_another_total_than_the_expected_one_is_named(world: World) -> None:
    with pytest.raises(refusals.TotalChanged) as refused:
        await world.checkout(expected_total=brl(9999))

    assert refused.value.facts == {"expected_minor": "9999", "total_minor": "10000", "currency": "BRL"}
    assert await nothing_was_done(world)


async def test_another_currency_is_no_lower_total(world: World) -> None:
    with pytest.raises(refusals.CurrencyMismatch) as refused:
        await world.checkout(expected_total=Money(minor=10_000, currency="USD"))

    assert refused.value.expected == "BRL"
    assert await nothing_was_done(world)


async def test_the_expected_total_counts_the_coupon(world: World) -> None:
    with pytest.raises(refusals.TotalChanged):
        await world.checkout(expected_total=brl(10_000), coupon_code="TEN")

    assert (await world.checkout(expected_total=brl(9000), coupon_code="TEN")).total == brl(9000)


@pytest.mark.parametrize(
    ("method", "named"),
    [({"free": FREE}, "FREE"), ({"box_office": COUNTER}, "BOX_OFFICE"), ({"complimentary": GIVEN}, "COMPLIMENTARY")],
)
async def test_buyers_pay_by_card(world: World, method: dict[str, Any], named: str) -> None:
    with pytest.raises(refusals.MethodNotAllowed) as refused:
        await world.checkout(**method)

    assert refused.value.method == named
    assert await nothing_was_done(world)


@pytest.mark.parametrize(
    ("organizer", "role", "method"),
    [
        (ORGANIZER, ROLE_BOX_OFFICE, {"complimentary": GIVEN}),
        ("org_rival", ROLE_OWNER, {"complimentary": GIVEN}),
        ("org_rival", ROLE_MANAGER, {"complimentary": GIVEN}),
        ("org_rival", ROLE_OWNER, {"box_office": COUNTER}),
        ("org_rival", ROLE_BOX_OFFICE, {"box_office": COUNTER}),
    ],
)
async def test_members_give_away_and_sell_only_their_own_events(
    world: World, organizer: str, role: Role.ValueType, method: dict[str, Any]
) -> None:
    world.hold(1, "acc_bia")

    with pytest.raises(refusals.MethodNotAllowed):
        await world.stage.member(organizer, role).orders.Checkout(buy(**method))

    assert await nothing_was_done(world)


@pytest.mark.parametrize("role", [ROLE_FINANCE, ROLE_VIEWER])
async def test_roles_that_do_not_sell_are_denied(world: World, role: Role.ValueType) -> None:
    with pytest.raises(refusals.AccessDenied):
        await world.stage.member(ORGANIZER, role).orders.Checkout(buy())


async def test_anonymous_callers_and_gates_do_not_buy(world: World) -> None:
    with pytest.raises(refusals.TokenMissing):
        await world.stage.anyone().orders.Checkout(buy())
    with pytest.raises(refusals.AccessDenied):
        await world.stage.gate(EVENT).orders.Checkout(buy())


@pytest.mark.parametrize("token", ["4111111111111111", "4111-1111-1111-1111", "tok_378282246310005", "30569309025904"])
async def test_a_card_number_is_refused_before_any_other_context_sees_it(world: World, token: str) -> None:
    with pytest.raises(refusals.InvalidRequest) as refused:
        await world.checkout(card=pb.CheckoutRequest.Card(token=token))

    assert list(refused.value.fields) == ["card.token"]
    assert token not in str(refused.value)
    assert world.inventory.calls == []


@pytest.mark.parametrize("token", ["tok_4111111111111112", "tok_12345", "tok_41111111111111111111"])
async def test_digits_that_are_no_card_number_are_a_token(world: World, token: str) -> None:
    assert (await world.checkout(card=pb.CheckoutRequest.Card(token=token))).HasField("paid_at")


async def test_a_card_number_is_no_reason_to_give_a_ticket_away(world: World) -> None:
    reason = pb.CheckoutRequest.Complimentary(reason="paid with 4111 1111 1111 1111")

    with pytest.raises(refusals.InvalidRequest) as refused:
        await world.stage.member().orders.Checkout(buy(complimentary=reason))

    assert list(refused.value.fields) == ["complimentary.reason"]


@pytest.mark.parametrize(
    ("kept", "refusal"),
    [
        (LAPSED, refusals.HoldExpired),
        (RELEASED, refusals.HoldExpired),
        (LOCKED, refusals.HoldInUse),
        (SOLD, refusals.HoldInUse),
    ],
)
async def test_a_hold_that_cannot_be_bought(world: World, kept: Any, refusal: type[Refusal]) -> None:
    world.inventory.holds[hld(1)].state = kept

    with pytest.raises(refusal):
        await world.checkout()

    assert await nothing_was_done(world)


async def test_an_unknown_hold_and_another_buyers_are_alike(world: World) -> None:
    with pytest.raises(refusals.HoldNotFound):
        await world.checkout(9)
    with pytest.raises(refusals.HoldNotFound):
        await world.stage.buyer(RUI).orders.Checkout(buy())

    assert await nothing_was_done(world)


@pytest.mark.parametrize(
    "refusal",
    [
        refusals.CouponExpired(expired_at="2026-11-01T00:00:00Z"),
        refusals.CouponExhausted(),
        refusals.CouponLimitReached(limit=2),
        refusals.CouponNotApplicable(),
        refusals.ContactUnverified(),
        refusals.TooManyRequests(retry_after_s=30.0),
    ],
)
async def test_the_buyer_gets_the_refusals_of_pricing(world: World, refusal: Refusal) -> None:
    world.pricing.refuses_coupon = refusal

    with pytest.raises(type(refusal)) as refused:
        await world.checkout(coupon_code="TEN")

    assert refused.value.facts == refusal.facts
    assert await nothing_was_done(world)


async def test_an_unknown_coupon_is_not_ignored(world: World) -> None:
    with pytest.raises(refusals.CouponUnknown):
        await world.checkout(coupon_code="NOPE")

    assert await nothing_was_done(world)


@pytest.mark.parametrize(
    "more",
    [
        {"coupon_code": "TEN"},
        {"card": pb.CheckoutRequest.Card(token="tok_other")},
        {"hold_id": hld(2)},
        {"expected_total": brl(10_000)},
        {"locale": "en"},
    ],
)
async def test_a_used_id_with_other_content_tells_nothing(world: World, more: dict[str, Any]) -> None:
    world.hold(2)
    await world.checkout()

    with pytest.raises(refusals.IdInUse) as refused:
        await world.checkout(**more)

    assert refused.value.facts == {}


async def test_a_used_id_tells_another_buyer_nothing(world: World) -> None:
    await world.checkout()
    world.hold(1, RUI)

    with pytest.raises(refusals.IdInUse):
        await world.stage.buyer(RUI).orders.Checkout(buy())


@pytest.mark.parametrize(
    "request_",
    [
        pb.CheckoutRequest(order_id=buy().order_id, hold_id=hld(1)),
        buy(order_id="ord_short"),
        buy(order_id="ORD_" + 26 * "A"),
        buy(hold_id=""),
        buy(locale="tlh"),
        buy(coupon_code=41 * "A"),
        buy(expected_total=Money(minor=-1, currency="BRL")),
        buy(expected_total=Money(minor=1, currency="R$")),
        buy(card=pb.CheckoutRequest.Card(token="tok ok")),
        buy(complimentary=pb.CheckoutRequest.Complimentary()),
        buy(complimentary=pb.CheckoutRequest.Complimentary(reason="a\nb")),
    ],
)
async def test_a_malformed_checkout_is_refused(world: World, request_: pb.CheckoutRequest) -> None:
    with pytest.raises(refusals.InvalidRequest):
        await world.ana.orders.Checkout(request_)

    assert CARD.token not in str(await world.rows("SELECT * FROM customer_order"))
    assert await nothing_was_done(world)
