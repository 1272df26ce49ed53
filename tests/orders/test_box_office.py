"""Selling at the counter in one call: hold, order and payment into the clerk's till."""

import asyncio
from typing import Any

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_FINANCE
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.payments.v1.payments_pb2 import COUNTER_METHOD_CARD_TERMINAL, COUNTER_METHOD_CASH
from services.kit.db import Tx
from tests.fakes.inventory import LAPSED
from tests.orders.world import CLERK, EVENT, FLOOR, ORGANIZER, STALLS, World, failed, hld, ord_, state
from tests.stage import outcome, until

BoxOffice = pb.CheckoutRequest.BoxOffice
CASH = BoxOffice(cash=BoxOffice.Cash())
TILL = f"til_{CLERK}"
SEATS = ("B-01", "B-02")
RITA = pb.CheckoutRequest.Customer(name="Rita Melo", email="rita@example.com")
TWO_SEATS = [pb.SaleItem(ticket_type_id=STALLS, seat_ids=SEATS)]


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")


def sale(n: int = 1, **more: Any) -> pb.SellAtBoxOfficeRequest:
    """The n-th order: two seats for R$ 100.00 in cash, unless more says otherwise."""
    request = {"order_id": ord_(n), "event_id": EVENT, "items": TWO_SEATS, "payment": CASH, **more}
    return pb.SellAtBoxOfficeRequest(**request)


@pytest.fixture
def clerk(world: World) -> EventHub:
    return world.stage.member(ORGANIZER, ROLE_BOX_OFFICE)


async def sell(clerk: EventHub, n: int = 1, **more: Any) -> nouns.Order:
    return (await clerk.orders.SellAtBoxOffice(sale(n, **more))).order


def hold_states(world: World) -> list[str]:
    """The states of the holds that were taken at the counter, in their order; the first hold of all is Ana's."""
    return [world.inventory.state(hold_id) for hold_id in world.inventory.holds if hold_id != hld(1)]


async def nothing_is_made(world: World) -> None:
    assert await world.rows("SELECT order_id FROM customer_order") == []
    assert set(hold_states(world)) <= {"RELEASED"}
    assert world.payments.payments == {}


async def test_one_call_sells(world: World, clerk: EventHub) -> None:
    order = await sell(clerk)

    assert (state(order), order.buyer_id, order.sold_by, order.total) == ("PAID", ORGANIZER, CLERK, brl(10_000))
    assert [line.seat_id for line in order.lines] == list(SEATS)
    assert (order.counter_payment.method, order.counter_payment.till_id) == (COUNTER_METHOD_CASH, TILL)
    assert hold_states(world) == ["SOLD"]
    assert world.payments.charges == [(ord_(1), 10_000)]
    assert (await clerk.orders.GetOrder(pb.GetOrderRequest(order_id=ord_(1)))).order == order


async def test_the_clerk_gives_change(clerk: EventHub) -> None:
    order = await sell(clerk, payment=BoxOffice(cash=BoxOffice.Cash(received=brl(12_000))))

    assert (order.counter_payment.received, order.counter_payment.change) == (brl(12_000), brl(2_000))


async def test_the_terminals_slip_is_on_the_order(clerk: EventHub) -> None:
    terminal = BoxOffice(card_terminal=BoxOffice.CardTerminal(reference="NSU-004711"))

    order = await sell(clerk, payment=terminal, items=[pb.SaleItem(ticket_type_id=FLOOR, quantity=3)])

    paid = order.counter_payment
    assert (paid.method, paid.reference, len(order.lines)) == (COUNTER_METHOD_CARD_TERMINAL, "NSU-004711", 3)
    assert await outcome(sell(clerk, 2, payment=BoxOffice(voucher=BoxOffice.Voucher()))) == "INVALID_REQUEST"
    card_number = BoxOffice(card_terminal=BoxOffice.CardTerminal(reference="4111111111111111"))
    assert await outcome(sell(clerk, 2, payment=card_number)) == "INVALID_REQUEST"


async def test_a_customer_gets_the_tickets_and_a_coupon_counts_them(world: World, clerk: EventHub) -> None:
    order = await sell(clerk, customer=RITA, coupon_code="TEN", expected_total=brl(9_000), locale="en")

    assert (state(order), order.buyer_id, order.total, order.locale) == ("PAID", f"gst_of_{ord_(1)}", brl(9_000), "en")
    assert world.pricing.participants == ["", f"gst_of_{ord_(1)}"]


async def test_a_repeat_answers_the_same_even_after_the_till_is_closed(world: World, clerk: EventHub) -> None:
    order = await sell(clerk)
    world.payments.close_till(CLERK)

    assert await sell(clerk) == order

    assert hold_states(world) == ["SOLD"]
    assert await outcome(sell(clerk, customer=RITA)) == "ID_IN_USE"
    assert await outcome(sell(world.stage.member(ORGANIZER, subject_id="acc_rui"))) == "ID_IN_USE"


async def test_sixteen_repeats_at_once_sell_once(world: World, clerk: EventHub) -> None:
    orders = await asyncio.gather(*(sell(clerk) for _ in range(16)))

    assert {order.order_id for order in orders} == {ord_(1)}
    assert state((await clerk.orders.GetOrder(pb.GetOrderRequest(order_id=ord_(1)))).order) == "PAID"
    assert world.payments.charges == [(ord_(1), 10_000)]
    assert hold_states(world).count("SOLD") == 1
    assert set(hold_states(world)) <= {"SOLD", "RELEASED"}


async def test_sixteen_sales_of_the_same_seats_sell_them_once(world: World, clerk: EventHub) -> None:
    answers = await asyncio.gather(*(outcome(sell(clerk, n)) for n in range(1, 17)))

    assert sorted(answers) == 15 * ["SEAT_TAKEN"] + ["done"]
    assert len(world.payments.charges) == 1


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        ("CASH_TOO_LITTLE", {"payment": BoxOffice(cash=BoxOffice.Cash(received=brl(9_999)))}),
        ("TOTAL_CHANGED", {"expected_total": brl(9_000)}),
        ("COUPON_UNKNOWN", {"coupon_code": "NONE"}),
        (
            "CURRENCY_MISMATCH",
            {"payment": BoxOffice(cash=BoxOffice.Cash(received=Money(minor=20_000, currency="EUR")))},
        ),
    ],
)
async def test_a_refused_sale_holds_nothing_and_may_be_tried_again(
    world: World, clerk: EventHub, reason: str, more: dict[str, Any]
) -> None:
    for _ in range(2):
        assert await outcome(sell(clerk, **more)) == reason
        await nothing_is_made(world)

    assert state(await sell(clerk)) == "PAID"


async def test_without_an_open_till_nothing_is_held(world: World, clerk: EventHub) -> None:
    world.payments.close_till(CLERK)
    assert await outcome(sell(clerk)) == "TILL_NOT_OPEN"
    world.payments.open_till(CLERK, event_id="evt_other")
    assert await outcome(sell(clerk)) == "TILL_OTHER_EVENT"
    world.payments.open_till(CLERK, currency="EUR")
    assert await outcome(sell(clerk)) == "TILL_CURRENCY"

    await nothing_is_made(world)


async def test_only_those_who_sell_may_and_only_their_own_events(world: World) -> None:
    world.payments.open_till("acc_rival")
    rival = world.stage.member("org_rival", subject_id="acc_rival")

    assert await outcome(sell(rival)) == "EVENT_NOT_FOUND"
    assert await outcome(sell(world.stage.member(ORGANIZER, ROLE_FINANCE))) == "ACCESS_DENIED"
    assert await outcome(sell(world.ana)) == "ACCESS_DENIED"
    await nothing_is_made(world)


async def test_the_first_sale_finds_out_that_a_till_is_for_an_event_of_others(world: World) -> None:
    world.payments.open_till("acc_rival", event_id=EVENT)
    rival = world.stage.member("org_rival", subject_id="acc_rival")

    assert await outcome(sell(rival)) == "EVENT_NOT_FOUND"
    with pytest.raises(refusals.TillOtherEvent) as refused:
        await sell(rival, event_id="evt_rival")

    assert refused.value.facts == {"event_id": EVENT}
    await nothing_is_made(world)


@pytest.mark.parametrize("step", ["LockHold", "Authorize", "ConfirmHold", "Capture"])
async def test_a_till_that_closes_meanwhile_makes_the_sale_fail(world: World, clerk: EventHub, step: str) -> None:
    async def close() -> None:
        world.payments.close_till(CLERK)

    neighbour = world.inventory if step.endswith("Hold") else world.payments
    neighbour.before[step] = close

    order = await sell(clerk)

    assert (state(order), ErrorReason.Name(order.failure)) == ("FAILED", "ERROR_REASON_TILL_NOT_OPEN")
    assert hold_states(world) == ["RELEASED"]
    assert not (await failed(world)).HasField("held_until")
    assert world.payments.charges == []
    assert await sell(clerk) == order
    world.payments.open_till(CLERK)
    assert state(await sell(clerk, 2)) == "PAID"


async def test_a_part_that_is_away_keeps_the_sale_and_the_clerk_repeats_it(world: World, clerk: EventHub) -> None:
    world.pricing.away = True
    with pytest.raises(refusals.Unavailable):
        await sell(clerk)
    assert hold_states(world) == ["HELD"]
    world.pricing.away = False

    assert state(await sell(clerk)) == "PAID"
    assert hold_states(world) == ["SOLD"]


async def test_a_sale_whose_first_hold_has_expired_takes_another(world: World, clerk: EventHub) -> None:
    world.pricing.away = True
    with pytest.raises(refusals.Unavailable):
        await sell(clerk)
    world.pricing.away = False
    first = next(hold_id for hold_id in world.inventory.holds if hold_id != hld(1))
    world.inventory.holds[first].state = LAPSED

    assert state(await sell(clerk)) == "PAID"
    assert hold_states(world) == ["LAPSED", "SOLD"]


async def test_a_sale_that_payments_cannot_take_now_goes_on_by_itself(world: World, clerk: EventHub) -> None:
    world.payments.refuses["Authorize"] = refusals.Unavailable()
    assert state(await sell(clerk)) == "PAYMENT_PENDING"
    world.payments.refuses.clear()

    world.stage.clock.advance(60)
    world.look()

    async def paid() -> bool:
        return state(await world.order(1, clerk)) == "PAID"

    await until(paid)
    assert world.payments.charges == [(ord_(1), 10_000)]


async def test_a_till_that_closes_while_its_sale_waits_makes_the_sale_fail(world: World, clerk: EventHub) -> None:
    world.payments.refuses["Capture"] = refusals.Unavailable()
    assert state(await sell(clerk)) == "PAYMENT_PENDING"
    world.payments.refuses.clear()

    world.payments.close_till(CLERK)
    world.stage.clock.advance(60)
    world.look()

    async def over() -> bool:
        return state(await world.order(1, clerk)) == "FAILED"

    await until(over)
    order = await world.order(1, clerk)
    assert ErrorReason.Name(order.failure) == "ERROR_REASON_TILL_NOT_OPEN"
    assert hold_states(world) == ["RELEASED"]
    assert world.payments.charges == []


@pytest.mark.parametrize("step", ["Authorize", "Capture"])
async def test_a_sale_from_before_there_were_tills_fails(world: World, clerk: EventHub, step: str) -> None:
    world.payments.refuses[step] = refusals.Unavailable()
    assert state(await sell(clerk)) == "PAYMENT_PENDING"
    world.payments.refuses.clear()

    async def forget_till(tx: Tx) -> None:
        await tx.run("UPDATE customer_order SET till_id = '', counter_method = '', one_sale = 0")

    await world.database.write(forget_till)
    world.stage.clock.advance(60)
    world.look()

    async def over() -> bool:
        return state(await world.order(1, clerk)) == "FAILED"

    await until(over)
    order = await world.order(1, clerk)
    assert ErrorReason.Name(order.failure) == "ERROR_REASON_TILL_NOT_OPEN"
    assert hold_states(world) == ["HELD"]
    assert world.payments.charges == []
