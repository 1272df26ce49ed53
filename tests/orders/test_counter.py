"""The counter: an order that a clerk sells belongs to the customer, not to the clerk."""

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_MANAGER
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.payments.v1.payments_pb2 import COUNTER_METHOD_VOUCHER
from tests.orders.world import CLERK, ORGANIZER, World, buy, hld, ord_, state
from tests.stage import outcome, until

COUNTER = pb.CheckoutRequest.BoxOffice(cash=pb.CheckoutRequest.BoxOffice.Cash())
GIFT = pb.CheckoutRequest.Complimentary(reason="press")
RITA = pb.CheckoutRequest.Customer(name="Rita Melo", email="rita@example.com", phone="+5511912345678", locale="en")
RITAS = f"gst_of_{ord_(1)}"


@pytest.fixture
def clerk(world: World) -> EventHub:
    world.hold(1, CLERK)
    return world.stage.member(ORGANIZER, ROLE_BOX_OFFICE)


async def test_an_order_sold_at_the_counter_belongs_to_the_customer(world: World, clerk: EventHub) -> None:
    order = (await clerk.orders.Checkout(buy(box_office=COUNTER, customer=RITA))).order

    assert (state(order), order.buyer_id, order.sold_by, order.locale) == ("PAID", RITAS, CLERK, "en")
    (kept,) = world.identity.customers
    assert (kept.order_id, kept.name, kept.email, kept.phone, kept.locale) == (
        ord_(1),
        "Rita Melo",
        "rita@example.com",
        "+5511912345678",
        "en",
    )
    assert world.inventory.state(hld(1)) == "SOLD"
    assert await world.order(1, world.stage.buyer(RITAS)) == order


async def test_an_order_at_the_counter_is_paid_into_the_clerks_till(world: World, clerk: EventHub) -> None:
    voucher = pb.CheckoutRequest.BoxOffice(voucher=pb.CheckoutRequest.BoxOffice.Voucher(reference="VALE-17"))

    order = (await clerk.orders.Checkout(buy(box_office=voucher))).order

    paid = order.counter_payment
    assert (paid.method, paid.till_id, paid.reference) == (COUNTER_METHOD_VOUCHER, f"til_{CLERK}", "VALE-17")
    assert not paid.HasField("change")
    sale = world.payments.requests[ord_(1)].counter
    assert (sale.till_id, sale.method) == (f"til_{CLERK}", COUNTER_METHOD_VOUCHER)
    assert world.payments.payments[ord_(1)].till_id == f"til_{CLERK}"


async def test_without_a_till_nothing_is_sold_and_the_hold_stays(world: World, clerk: EventHub) -> None:
    world.payments.close_till(CLERK)

    assert await outcome(clerk.orders.Checkout(buy(box_office=COUNTER))) == "TILL_NOT_OPEN"

    assert await world.rows("SELECT order_id FROM customer_order") == []
    assert world.inventory.state(hld(1)) == "HELD"


async def test_a_gift_belongs_to_the_guest(world: World) -> None:
    world.hold(1, CLERK)
    manager = world.stage.member(ORGANIZER, ROLE_MANAGER)

    order = (await manager.orders.Checkout(buy(complimentary=GIFT, customer=RITA))).order

    assert (state(order), order.buyer_id, order.sold_by) == ("PAID", RITAS, CLERK)


async def test_without_a_customer_the_organizer_keeps_it(world: World, clerk: EventHub) -> None:
    order = (await clerk.orders.Checkout(buy(box_office=COUNTER))).order

    assert (state(order), order.buyer_id, order.sold_by) == ("PAID", ORGANIZER, CLERK)
    assert world.identity.customers == []


async def test_a_repeat_answers_the_same_and_another_customer_is_another_order(world: World, clerk: EventHub) -> None:
    request = buy(box_office=COUNTER, customer=RITA)
    first = await clerk.orders.Checkout(request)

    assert await clerk.orders.Checkout(request) == first
    with pytest.raises(refusals.IdInUse):
        await clerk.orders.Checkout(buy(box_office=COUNTER, customer=pb.CheckoutRequest.Customer(name="Leo")))


async def test_a_member_with_a_card_buys_for_themselves(world: World, clerk: EventHub) -> None:
    order = (await clerk.orders.Checkout(buy())).order

    assert (order.buyer_id, order.sold_by) == (CLERK, "")


async def test_a_customer_stands_at_the_counter(world: World, clerk: EventHub) -> None:
    with pytest.raises(refusals.InvalidRequest) as refused:
        await clerk.orders.Checkout(buy(customer=RITA))

    assert list(refused.value.fields) == ["customer"]


async def test_only_the_events_members_name_a_customer(world: World) -> None:
    world.hold(1, CLERK)
    world.hold(2)

    with pytest.raises(refusals.MethodNotAllowed):
        await world.ana.orders.Checkout(buy(2, box_office=COUNTER, customer=RITA))
    with pytest.raises(refusals.MethodNotAllowed):
        await world.stage.member("org_rival").orders.Checkout(buy(box_office=COUNTER, customer=RITA))
    assert world.identity.customers == []


async def test_an_e_mail_is_one_or_none(world: World, clerk: EventHub) -> None:
    wrong = pb.CheckoutRequest.Customer(name="Rita", email="rita")

    with pytest.raises(refusals.InvalidRequest) as refused:
        await clerk.orders.Checkout(buy(box_office=COUNTER, customer=wrong))

    assert list(refused.value.fields) == ["customer.email"]


async def test_the_customer_is_counted_and_not_the_clerk(world: World, clerk: EventHub) -> None:
    world.pricing.counted = {CLERK}

    order = (await clerk.orders.Checkout(buy(box_office=COUNTER, customer=RITA, coupon_code="TEN"))).order

    assert state(order) == "PAID"
    assert world.pricing.participants == ["", RITAS]
    assert [request.buyer_id for request in world.pricing.reserved.values()] == [RITAS]


async def test_a_customer_beyond_the_coupons_limit_is_refused_before_any_order(world: World, clerk: EventHub) -> None:
    world.pricing.counted = {RITAS}

    with pytest.raises(refusals.CouponLimitReached):
        await clerk.orders.Checkout(buy(box_office=COUNTER, customer=RITA, coupon_code="TEN"))

    assert await world.rows("SELECT order_id FROM customer_order") == []


async def test_without_a_customer_there_is_nothing_to_count_by(world: World, clerk: EventHub) -> None:
    await clerk.orders.Checkout(buy(box_office=COUNTER, coupon_code="TEN"))

    assert world.pricing.participants == [ORGANIZER]


async def test_the_clerk_cancels_an_order_they_sell(world: World, clerk: EventHub) -> None:
    world.payments.refuses["Authorize"] = refusals.Unavailable()
    assert state((await clerk.orders.Checkout(buy(box_office=COUNTER, customer=RITA))).order) == "PAYMENT_PENDING"
    world.payments.refuses.clear()
    cancel = pb.CancelOrderRequest(order_id=ord_(1))

    with pytest.raises(refusals.OrderNotFound):
        await world.stage.member(ORGANIZER, subject_id="acc_rui").orders.CancelOrder(cancel)

    assert state((await clerk.orders.CancelOrder(cancel)).order) == "FAILED"


async def test_a_customer_sees_the_order_after_proving_the_e_mail(world: World, clerk: EventHub) -> None:
    await clerk.orders.Checkout(buy(box_office=COUNTER, customer=RITA))

    world.identity.tell(GuestMerged(from_subject_id=RITAS, into_subject_id="gst_rita"))

    async def hers() -> bool:
        return await world.rows("SELECT buyer_id FROM customer_order") == [("gst_rita",)]

    await until(hers)
    assert (await world.order(1, world.stage.buyer("gst_rita"))).sold_by == CLERK


async def test_identity_that_is_away_makes_no_order(world: World, clerk: EventHub) -> None:
    world.identity.away = True

    with pytest.raises(refusals.Unavailable):
        await clerk.orders.Checkout(buy(box_office=COUNTER, customer=RITA))

    assert await world.rows("SELECT order_id FROM customer_order") == []
    assert world.inventory.state(hld(1)) == "HELD"
