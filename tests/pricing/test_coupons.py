"""Only the organizer of an event creates and lists its coupons."""

import asyncio

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub import refusals
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.options_pb2 import ROLE_VIEWER
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from tests.pricing.world import EVENT, STALLS, VIP, brl, open_world
from tests.stage import Stage


async def test_a_coupon_is_stored_with_all_its_terms(stage: Stage) -> None:
    world = await open_world(stage)
    request = world.coupon_request(
        "desconto-10", ticket_type_ids=[VIP, STALLS], uses_max=5, uses_per_participant_max=2, tickets_per_use_max=3
    )

    made = (await world.member().pricing.CreateCoupon(request)).coupon

    listed = await world.member().pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT))
    assert list(listed.coupons) == [made]
    assert (made.coupon_id, made.event_id, made.code) == (request.coupon_id, EVENT, "DESCONTO-10")
    assert (made.basis_points, list(made.ticket_type_ids)) == (1000, [VIP, STALLS])
    assert (made.uses_max, made.uses_per_participant_max, made.tickets_per_use_max, made.uses) == (5, 2, 3, 0)
    assert made.expires_at == request.expires_at


async def test_a_coupon_can_take_an_amount_off(stage: Stage) -> None:
    world = await open_world(stage)

    made = await world.coupon(amount=brl(700))

    assert made.WhichOneof("discount") == "amount"
    assert made.amount == brl(700)


async def test_a_repeat_returns_the_current_coupon(stage: Stage) -> None:
    world = await open_world(stage)
    request = world.coupon_request(life_s=60)
    made = (await world.member().pricing.CreateCoupon(request)).coupon
    await world.reserve(made)
    stage.clock.advance(61)

    again = (await world.member().pricing.CreateCoupon(request)).coupon

    assert again.uses == 1
    assert again.coupon_id == made.coupon_id


async def test_an_id_names_one_coupon(stage: Stage) -> None:
    world = await open_world(stage)
    made = await world.coupon()

    other = world.coupon_request("OTHER", coupon_id=made.coupon_id)
    with pytest.raises(refusals.IdInUse):
        await world.member().pricing.CreateCoupon(other)
    foreign = world.coupon_request("OTHER", coupon_id=made.coupon_id, event_id="evt_other")
    with pytest.raises(refusals.IdInUse):
        await world.member("org_other").pricing.CreateCoupon(foreign)


async def test_a_code_is_unique_within_an_event(stage: Stage) -> None:
    world = await open_world(stage)
    await world.coupon("TEN")

    with pytest.raises(refusals.CouponCodeInUse):
        await world.coupon("ten")
    elsewhere = world.coupon_request("TEN", event_id="evt_other")
    assert (await world.member("org_other").pricing.CreateCoupon(elsewhere)).coupon.code == "TEN"


@pytest.mark.parametrize("event_id", ["evt_other", "evt_none"])
async def test_coupons_are_for_one_s_own_events(stage: Stage, event_id: str) -> None:
    world = await open_world(stage)

    with pytest.raises(refusals.EventNotFound):
        await world.coupon(event_id=event_id)
    with pytest.raises(refusals.EventNotFound):
        await world.member().pricing.ListCoupons(pb.ListCouponsRequest(event_id=event_id))


async def test_another_organizer_sees_none_of_them(stage: Stage) -> None:
    world = await open_world(stage)
    await world.coupon()

    with pytest.raises(refusals.EventNotFound):
        await world.member("org_other").pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT))


async def test_an_event_without_coupons_has_an_empty_list(stage: Stage) -> None:
    world = await open_world(stage)

    assert not (await world.member().pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT))).coupons


async def test_a_coupon_that_makes_no_sense_is_refused_and_leaves_nothing(stage: Stage) -> None:
    world = await open_world(stage)

    with pytest.raises(refusals.TicketTypeNotFound) as refused:
        await world.coupon(ticket_type_ids=[STALLS, "tkt_circus"])
    assert refused.value.ticket_type_id == "tkt_circus"
    with pytest.raises(refusals.CurrencyMismatch) as currency:
        await world.coupon(amount=Money(minor=700, currency="EUR"))
    assert currency.value.expected == "BRL"
    for field, terms in (
        ("amount.minor", {"amount": brl(0)}),
        ("expires_at", {"life_s": 0}),
        ("expires_at", {"expires_at": Timestamp(seconds=9_000_000_000_000_000)}),
        ("expires_at", {"expires_at": Timestamp(seconds=1, nanos=-1)}),
    ):
        with pytest.raises(refusals.InvalidRequest) as invalid:
            await world.coupon(**terms)
        assert list(invalid.value.fields) == [field]
    assert await world.rows("SELECT code FROM coupon") == []


async def test_coupons_are_listed_by_code_page_by_page(stage: Stage) -> None:
    world = await open_world(stage)
    for code in ("CCC", "AAA", "BBB"):
        await world.coupon(code)
    pricing = world.member().pricing

    first = await pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT, page=PageRequest(size=2)))
    token = first.next_page_token
    rest = await pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT, page=PageRequest(size=2, token=token)))

    assert [coupon.code for coupon in first.coupons] == ["AAA", "BBB"]
    assert [coupon.code for coupon in rest.coupons] == ["CCC"]
    assert not rest.next_page_token
    for nonsense in ("nonsense", token[:-4]):
        with pytest.raises(refusals.PageTokenInvalid):
            await pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT, page=PageRequest(token=nonsense)))


async def test_only_managers_make_coupons_and_only_members_see_them(stage: Stage) -> None:
    world = await open_world(stage)
    request = world.coupon_request()

    with pytest.raises(refusals.AccessDenied):
        await stage.buyer().pricing.CreateCoupon(request)
    with pytest.raises(refusals.AccessDenied):
        await stage.member(role=ROLE_VIEWER).pricing.CreateCoupon(request)
    with pytest.raises(refusals.AccessDenied):
        await stage.buyer().pricing.ListCoupons(pb.ListCouponsRequest(event_id=EVENT))


async def test_only_one_of_sixteen_coupons_gets_the_same_code(stage: Stage) -> None:
    world = await open_world(stage)
    requests = [world.coupon_request("TEN") for _ in range(16)]

    answers = await asyncio.gather(
        *(world.member().pricing.CreateCoupon(request) for request in requests), return_exceptions=True
    )

    assert sum(isinstance(answer, pb.CreateCouponResponse) for answer in answers) == 1
    assert sum(isinstance(answer, refusals.CouponCodeInUse) for answer in answers) == 15


async def test_sixteen_repeats_make_one_coupon(stage: Stage) -> None:
    world = await open_world(stage)
    request = world.coupon_request()

    answers = await asyncio.gather(*(world.member().pricing.CreateCoupon(request) for _ in range(16)))

    assert {answer.coupon.coupon_id for answer in answers} == {request.coupon_id}
    assert await world.rows("SELECT code, uses FROM coupon") == [("TEN", 0)]
