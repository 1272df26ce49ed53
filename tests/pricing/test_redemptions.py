"""Redemptions are counted once, given back once, and never exceed a limit."""

import asyncio
from collections.abc import Callable

import pytest

from eventhub import refusals
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from tests.pricing.world import World, brl, open_world, quoted, wish
from tests.stage import Stage, until

PARTICIPANTS = "SELECT participant_key, uses FROM coupon_participant ORDER BY participant_key"
STATES = "SELECT order_id, state FROM redemption ORDER BY order_id"


async def test_a_use_counts_against_the_coupon_and_every_key_of_the_participant(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=5, uses_per_participant_max=2)

    await world.reserve(coupon)

    assert await world.uses() == 1
    assert await world.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]
    assert await world.rows("SELECT organizer_id, event_id, tickets, discount_minor, state FROM redemption") == [
        ("org_casa", "evt_show", 1, 500, "RESERVED")
    ]


async def test_a_repeat_counts_nothing_more(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=1, uses_per_participant_max=1, life_s=60)
    await world.reserve(coupon)
    stage.clock.advance(61)

    await world.reserve(coupon)

    assert await world.uses() == 1


async def test_an_order_has_one_use(stage: Stage) -> None:
    world = await open_world(stage)
    coupon, other = await world.coupon("TEN"), await world.coupon("OTHER")
    await world.reserve(coupon)

    with pytest.raises(refusals.IdInUse):
        await world.reserve(other)
    assert await world.uses("OTHER") == 0


async def test_a_coupon_that_cannot_be_used_says_why_and_counts_nothing(stage: Stage) -> None:
    world = await open_world(stage)
    once, each = await world.coupon("ONCE", uses_max=1), await world.coupon("EACH", uses_per_participant_max=1)
    short = await world.coupon("SHORT", life_s=60)
    await world.reserve(once, "ord_1")
    await world.reserve(each, "ord_2")
    before = await world.rows(STATES), await world.rows(PARTICIPANTS)
    stage.clock.advance(60)

    with pytest.raises(refusals.CouponExpired) as expired:
        await world.reserve(short, "ord_3")
    assert expired.value.expired_at == "2026-11-24T12:01:00Z"
    with pytest.raises(refusals.CouponExhausted):
        await world.reserve(once, "ord_3")
    with pytest.raises(refusals.CouponLimitReached) as limited:
        await world.reserve(each, "ord_3")
    assert limited.value.limit == "1"
    with pytest.raises(refusals.ContactUnverified):
        await world.reserve(each, "ord_3", buyer_id="gst_rui")
    once.coupon_id = "cpn_none"
    with pytest.raises(refusals.CouponUnknown):
        await world.reserve(once, "ord_3")

    assert (await world.rows(STATES), await world.rows(PARTICIPANTS)) == before
    assert [await world.uses(code) for code in ("ONCE", "EACH", "SHORT")] == [1, 1, 0]


async def test_a_key_at_its_limit_suffices_to_refuse(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_per_participant_max=1)
    world.identity.keys["gst_twin"] = ["mail-twin", "cpf-ana"]
    await world.reserve(coupon, "ord_1", buyer_id="gst_ana")

    with pytest.raises(refusals.CouponLimitReached):
        await quoted(stage.buyer("gst_twin"), wish("TEN", stalls=1))
    with pytest.raises(refusals.CouponLimitReached):
        await world.reserve(coupon, "ord_2", buyer_id="gst_twin")
    assert await world.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_identity_is_not_asked_about_a_coupon_without_a_limit_per_participant(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=1)

    await world.reserve(coupon, buyer_id="gst_rui")

    assert world.identity.calls == []
    assert await world.uses() == 1


async def test_a_use_is_given_back_once(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=2, uses_per_participant_max=2)
    await world.reserve(coupon, "ord_1")
    await world.reserve(coupon, "ord_2")

    await world.release("ord_1")
    await world.release("ord_1")

    assert await world.uses() == 1
    assert await world.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]
    assert await world.rows(STATES) == [("ord_1", "RELEASED"), ("ord_2", "RESERVED")]
    await world.reserve(coupon, "ord_3")


async def test_a_key_that_the_buyer_proves_later_gets_no_use_back(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_per_participant_max=5)
    world.identity.keys["gst_ana"] = ["mail-ana"]
    await world.reserve(coupon)
    world.identity.keys["gst_ana"] = ["cpf-ana"]

    await world.release()

    assert await world.rows(PARTICIPANTS) == [("mail-ana", 0)]


@pytest.mark.parametrize("taken", [True, False])
async def test_after_a_release_the_order_takes_no_use_any_more(stage: Stage, *, taken: bool) -> None:
    world = await open_world(stage)
    coupon = await world.coupon()
    if taken:
        await world.reserve(coupon)
    await world.release()

    with pytest.raises(refusals.OrderState) as refused:
        await world.reserve(coupon)

    assert refused.value.state == "RELEASED"
    assert await world.uses() == 0


async def test_a_use_without_tickets_below_zero_is_refused(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon()
    request = pb.ReserveRedemptionRequest(
        order_id="ord_1", coupon_id=coupon.coupon_id, buyer_id="gst_ana", tickets=-1, discount=brl(1)
    )

    with pytest.raises(refusals.InvalidRequest) as refused:
        await world.mesh.ReserveRedemption(request)

    assert list(refused.value.fields) == ["tickets"]


async def test_the_last_use_of_a_coupon_goes_to_one_of_sixteen(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=1)
    buyers = [world.reserve(coupon, f"ord_{n}", buyer_id=f"gst_{n}") for n in range(16)]

    answers = await asyncio.gather(*buyers, return_exceptions=True)

    assert answers.count(None) == 1
    assert sum(isinstance(answer, refusals.CouponExhausted) for answer in answers) == 15
    assert await world.uses() == 1
    assert len(await world.rows(STATES)) == 1


async def test_a_participant_s_last_use_goes_to_one_of_sixteen_orders(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_per_participant_max=1)
    world.identity.keys["gst_twin"] = ["cpf-ana", "mail-twin"]
    buyers = [world.reserve(coupon, f"ord_{n}", buyer_id=("gst_ana", "gst_twin")[n % 2]) for n in range(16)]

    answers = await asyncio.gather(*buyers, return_exceptions=True)

    assert answers.count(None) == 1
    assert sum(isinstance(answer, refusals.CouponLimitReached) for answer in answers) == 15
    assert await world.uses() == 1
    assert sum(row[1] for row in await world.rows(PARTICIPANTS)) == 2


async def test_one_order_s_use_is_counted_once_by_sixteen_repeats(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_per_participant_max=3)

    await asyncio.gather(*(world.reserve(coupon) for _ in range(16)))

    assert await world.uses() == 1
    assert await world.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_a_use_is_given_back_once_by_sixteen_repeats(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_per_participant_max=3)
    await world.reserve(coupon, "ord_1")
    await world.reserve(coupon, "ord_2")

    await asyncio.gather(*(world.release("ord_1") for _ in range(16)))

    assert await world.uses() == 1
    assert await world.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_only_orders_counts_uses(stage: Stage) -> None:
    world = await open_world(stage)
    reporting = pb.ReleaseRedemptionRequest(order_id="ord_1")
    stub = type(world.mesh)(stage.channel("reporting"))

    with pytest.raises(refusals.AccessDenied):
        await stub.ReleaseRedemption(reporting)


def in_state(world: World, *states: tuple[str, str]) -> Callable[[], object]:
    async def look() -> bool:
        return await world.rows(STATES) == list(states)

    return look


async def test_a_paid_order_has_spent_its_use(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=1)
    await world.reserve(coupon)
    order = Order(order_id="ord_1", coupon_id=coupon.coupon_id)

    world.orders.tell(OrderPlaced(order=order))
    world.orders.tell(OrderPaymentPending(order=order))
    world.orders.tell(OrderPaid(order=order))

    await until(in_state(world, ("ord_1", "COMMITTED")))
    await world.release()
    await world.reserve(coupon)
    assert await world.rows(STATES) == [("ord_1", "COMMITTED")]
    assert await world.uses() == 1


async def test_an_order_that_is_given_back_gives_its_use_back_once(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=2, uses_per_participant_max=2)
    for order_id in ("ord_1", "ord_2"):
        await world.reserve(coupon, order_id)
        world.orders.tell(OrderPaid(order=Order(order_id=order_id)))
    await until(in_state(world, ("ord_1", "COMMITTED"), ("ord_2", "COMMITTED")))

    for _ in range(2):
        await asyncio.gather(*(world.take_back() for _ in range(16)))
        world.orders.tell(OrderPaid(order=Order(order_id="ord_1")))
    await world.take_back("ord_none")

    assert await world.rows(STATES) == [("ord_1", "RELEASED"), ("ord_2", "COMMITTED")]
    assert await world.uses() == 1
    assert await world.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_a_use_that_is_given_back_before_the_fact_of_the_payment_stays_so(stage: Stage) -> None:
    world = await open_world(stage)
    coupon, other = await world.coupon(uses_max=1), await world.coupon("OTHER", uses_max=1)
    await world.reserve(coupon)
    await world.take_back()
    await world.reserve(other, "ord_2")
    for order_id in ("ord_1", "ord_2"):
        world.orders.tell(OrderPaid(order=Order(order_id=order_id)))

    await until(in_state(world, ("ord_1", "RELEASED"), ("ord_2", "COMMITTED")))
    assert await world.uses() == 0


async def test_a_failed_order_gives_back_its_own_use_only(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=2, uses_per_participant_max=2)
    await world.reserve(coupon, "ord_1")
    await world.reserve(coupon, "ord_2")

    world.orders.tell(OrderFailed(order=Order(order_id="ord_none")))
    world.orders.tell(OrderFailed(order=Order(order_id="ord_1")))

    await until(in_state(world, ("ord_1", "RELEASED"), ("ord_2", "RESERVED")))
    assert await world.uses() == 1
    assert await world.rows(PARTICIPANTS) == [("cpf-ana", 1), ("mail-ana", 1)]


async def test_repeated_facts_change_nothing(stage: Stage) -> None:
    world = await open_world(stage)
    coupon = await world.coupon(uses_max=3)
    for order_id in ("ord_1", "ord_2", "ord_3"):
        await world.reserve(coupon, order_id)
    world.orders.tell(OrderPaid(order=Order(order_id="ord_1")))
    world.orders.tell(OrderFailed(order=Order(order_id="ord_2")))
    await until(in_state(world, ("ord_1", "COMMITTED"), ("ord_2", "RELEASED"), ("ord_3", "RESERVED")))

    world.orders.tell(OrderFailed(order=Order(order_id="ord_1")))
    world.orders.tell(OrderFailed(order=Order(order_id="ord_2")))
    world.orders.tell(OrderPaid(order=Order(order_id="ord_2")))
    world.orders.tell(OrderPaid(order=Order(order_id="ord_3")))

    await until(in_state(world, ("ord_1", "COMMITTED"), ("ord_2", "RELEASED"), ("ord_3", "COMMITTED")))
    assert await world.uses() == 2
