"""Uses of coupons: counted once, given back once, never more than there may be."""

import asyncio
from collections.abc import Callable

import pytest

from eventhub import refusals
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from tests.pricing.box_office import BoxOffice, brl, open_box_office, quoted, wish
from tests.stage import Stage, until

PARTICIPANTS = "SELECT participant_key, uses FROM coupon_participant ORDER BY participant_key"
STATES = "SELECT order_id, state FROM redemption ORDER BY order_id"


async def test_a_use_counts_against_the_coupon_and_every_key_of_the_participant(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=5, uses_per_participant_max=2)

    await office.reserve(coupon)

    assert await office.uses() == 1
    assert await office.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]
    assert await office.rows("SELECT organizer_id, event_id, tickets, discount_minor, state FROM redemption") == [
        ("org_casa", "evt_show", 1, 500, "RESERVED")
    ]


async def test_a_repeat_counts_nothing_more(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=1, uses_per_participant_max=1, life_s=60)
    await office.reserve(coupon)
    stage.clock.advance(61)

    await office.reserve(coupon)

    assert await office.uses() == 1


async def test_an_order_has_one_use(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon, other = await office.coupon("TEN"), await office.coupon("OTHER")
    await office.reserve(coupon)

    with pytest.raises(refusals.IdInUse):
        await office.reserve(other)
    assert await office.uses("OTHER") == 0


async def test_a_coupon_that_cannot_be_used_says_why_and_counts_nothing(stage: Stage) -> None:
    office = await open_box_office(stage)
    once, each = await office.coupon("ONCE", uses_max=1), await office.coupon("EACH", uses_per_participant_max=1)
    short = await office.coupon("SHORT", life_s=60)
    await office.reserve(once, "ord_1")
    await office.reserve(each, "ord_2")
    before = await office.rows(STATES), await office.rows(PARTICIPANTS)
    stage.clock.advance(60)

    with pytest.raises(refusals.CouponExpired) as expired:
        await office.reserve(short, "ord_3")
    assert expired.value.expired_at == "2026-11-24T12:01:00Z"
    with pytest.raises(refusals.CouponExhausted):
        await office.reserve(once, "ord_3")
    with pytest.raises(refusals.CouponLimitReached) as limited:
        await office.reserve(each, "ord_3")
    assert limited.value.limit == "1"
    with pytest.raises(refusals.ContactUnverified):
        await office.reserve(each, "ord_3", buyer_id="gst_rui")
    once.coupon_id = "cpn_none"
    with pytest.raises(refusals.CouponUnknown):
        await office.reserve(once, "ord_3")

    assert (await office.rows(STATES), await office.rows(PARTICIPANTS)) == before
    assert [await office.uses(code) for code in ("ONCE", "EACH", "SHORT")] == [1, 1, 0]


async def test_a_key_at_its_limit_suffices_to_refuse(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_per_participant_max=1)
    office.identity.keys["gst_twin"] = ["mail-twin", "cpf-ana"]
    await office.reserve(coupon, "ord_1", buyer_id="gst_ana")

    with pytest.raises(refusals.CouponLimitReached):
        await quoted(stage.buyer("gst_twin"), wish("TEN", stalls=1))
    with pytest.raises(refusals.CouponLimitReached):
        await office.reserve(coupon, "ord_2", buyer_id="gst_twin")
    assert await office.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_nobody_is_looked_up_for_a_coupon_without_a_limit_per_participant(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=1)

    await office.reserve(coupon, buyer_id="gst_rui")

    assert office.identity.asked == 0
    assert await office.uses() == 1


async def test_a_use_is_given_back_once(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=2, uses_per_participant_max=2)
    await office.reserve(coupon, "ord_1")
    await office.reserve(coupon, "ord_2")

    await office.release("ord_1")
    await office.release("ord_1")

    assert await office.uses() == 1
    assert await office.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]
    assert await office.rows(STATES) == [("ord_1", "RELEASED"), ("ord_2", "RESERVED")]
    await office.reserve(coupon, "ord_3")


async def test_keys_found_out_later_are_not_given_back_what_they_never_used(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_per_participant_max=5)
    office.identity.keys["gst_ana"] = ["mail-ana"]
    await office.reserve(coupon)
    office.identity.keys["gst_ana"] = ["cpf-ana"]

    await office.release()

    assert await office.rows(PARTICIPANTS) == [("mail-ana", 0)]


@pytest.mark.parametrize("taken", [True, False])
async def test_after_a_release_the_order_takes_no_use_any_more(stage: Stage, *, taken: bool) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon()
    if taken:
        await office.reserve(coupon)
    await office.release()

    with pytest.raises(refusals.OrderState) as refused:
        await office.reserve(coupon)

    assert refused.value.state == "RELEASED"
    assert await office.uses() == 0


async def test_a_use_without_tickets_below_zero_is_refused(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon()
    request = pb.ReserveRedemptionRequest(
        order_id="ord_1", coupon_id=coupon.coupon_id, buyer_id="gst_ana", tickets=-1, discount=brl(1)
    )

    with pytest.raises(refusals.InvalidRequest) as refused:
        await office.mesh.ReserveRedemption(request)

    assert list(refused.value.fields) == ["tickets"]


async def test_the_last_use_of_a_coupon_goes_to_one_of_sixteen(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=1)
    buyers = [office.reserve(coupon, f"ord_{n}", buyer_id=f"gst_{n}") for n in range(16)]

    answers = await asyncio.gather(*buyers, return_exceptions=True)

    assert answers.count(None) == 1
    assert sum(isinstance(answer, refusals.CouponExhausted) for answer in answers) == 15
    assert await office.uses() == 1
    assert len(await office.rows(STATES)) == 1


async def test_a_participant_s_last_use_goes_to_one_of_sixteen_orders(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_per_participant_max=1)
    office.identity.keys["gst_twin"] = ["cpf-ana", "mail-twin"]
    buyers = [office.reserve(coupon, f"ord_{n}", buyer_id=("gst_ana", "gst_twin")[n % 2]) for n in range(16)]

    answers = await asyncio.gather(*buyers, return_exceptions=True)

    assert answers.count(None) == 1
    assert sum(isinstance(answer, refusals.CouponLimitReached) for answer in answers) == 15
    assert await office.uses() == 1
    assert sum(row[1] for row in await office.rows(PARTICIPANTS)) == 2


async def test_one_order_s_use_is_counted_once_by_sixteen_repeats(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_per_participant_max=3)

    await asyncio.gather(*(office.reserve(coupon) for _ in range(16)))

    assert await office.uses() == 1
    assert await office.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_a_use_is_given_back_once_by_sixteen_repeats(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_per_participant_max=3)
    await office.reserve(coupon, "ord_1")
    await office.reserve(coupon, "ord_2")

    await asyncio.gather(*(office.release("ord_1") for _ in range(16)))

    assert await office.uses() == 1
    assert await office.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_only_orders_counts_uses(stage: Stage) -> None:
    office = await open_box_office(stage)
    reporting = pb.ReleaseRedemptionRequest(order_id="ord_1")
    stub = type(office.mesh)(stage.channel("reporting"))

    with pytest.raises(refusals.AccessDenied):
        await stub.ReleaseRedemption(reporting)


def in_state(office: BoxOffice, *states: tuple[str, str]) -> Callable[[], object]:
    async def look() -> bool:
        return await office.rows(STATES) == list(states)

    return look


async def test_a_paid_order_has_spent_its_use(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=1)
    await office.reserve(coupon)
    order = Order(order_id="ord_1", coupon_id=coupon.coupon_id)

    office.orders.tell(OrderPlaced(order=order), "ord_1")
    office.orders.tell(OrderPaymentPending(order=order), "ord_1")
    office.orders.tell(OrderPaid(order=order), "ord_1")

    await until(in_state(office, ("ord_1", "COMMITTED")))
    await office.release()
    await office.reserve(coupon)
    assert await office.rows(STATES) == [("ord_1", "COMMITTED")]
    assert await office.uses() == 1


async def test_an_order_given_up_gives_its_use_back_but_only_its_own(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=2, uses_per_participant_max=2)
    await office.reserve(coupon, "ord_1")
    await office.reserve(coupon, "ord_2")

    office.orders.tell(OrderFailed(order=Order(order_id="ord_none")), "ord_none")
    office.orders.tell(OrderFailed(order=Order(order_id="ord_1")), "ord_1")

    await until(in_state(office, ("ord_1", "RELEASED"), ("ord_2", "RESERVED")))
    assert await office.uses() == 1
    assert await office.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_facts_told_again_change_nothing(stage: Stage) -> None:
    office = await open_box_office(stage)
    coupon = await office.coupon(uses_max=3)
    for order_id in ("ord_1", "ord_2", "ord_3"):
        await office.reserve(coupon, order_id)
    office.orders.tell(OrderPaid(order=Order(order_id="ord_1")), "ord_1")
    office.orders.tell(OrderFailed(order=Order(order_id="ord_2")), "ord_2")
    await until(in_state(office, ("ord_1", "COMMITTED"), ("ord_2", "RELEASED"), ("ord_3", "RESERVED")))

    office.orders.tell(OrderFailed(order=Order(order_id="ord_1")), "ord_1")
    office.orders.tell(OrderFailed(order=Order(order_id="ord_2")), "ord_2")
    office.orders.tell(OrderPaid(order=Order(order_id="ord_2")), "ord_2")
    office.orders.tell(OrderPaid(order=Order(order_id="ord_3")), "ord_3")

    await until(in_state(office, ("ord_1", "COMMITTED"), ("ord_2", "RELEASED"), ("ord_3", "COMMITTED")))
    assert await office.uses() == 2
