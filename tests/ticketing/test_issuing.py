"""Paid orders become tickets, once, for whoever the buyer is by now."""

import asyncio

import pytest

from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_pb2 import (
    PAYMENT_METHOD_BOX_OFFICE,
    PAYMENT_METHOD_CARD,
    PAYMENT_METHOD_COMPLIMENTARY,
    PAYMENT_METHOD_FREE,
    PaymentMethod,
)
from eventhub.refusals import TicketNotFound
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_SVG, TICKET_STATE_VALID
from services.kit.values.clock import from_timestamp
from services.ticketing import convert, transactions
from services.ticketing.tickets import derive_id
from tests.ticketing.house import CASA, SHOW, TALK, House, order


async def test_each_line_of_a_paid_order_becomes_a_ticket(house: House) -> None:
    first, second = await house.sell("ord_1", 2)

    assert (first.line_id, first.seat_id, first.seat_label) == ("1", "A-01", "Row A, seat 1")
    assert (second.line_id, second.seat_id) == ("2", "A-02")
    assert (first.order_id, first.event_id, first.buyer_id) == ("ord_1", SHOW, "gst_ana")
    assert (first.ticket_type_id, first.ticket_type_name) == ("tkt_full", "Inteira")
    assert first.state == TICKET_STATE_VALID
    assert from_timestamp(first.issued_at) == house.stage.clock.now_us()
    assert not first.HasField("used_at")
    assert first.ticket_id == derive_id("ord_1", "1")


async def test_an_order_told_twice_has_its_tickets_once(house: House) -> None:
    before = await house.sell("ord_1", 2)

    after = await house.sell("ord_1", 2)

    assert after == before
    assert await house.rows("SELECT issued, last_serial FROM event_admission") == [(2, 2)]
    assert await house.rows("SELECT count(*) FROM outbox") == [(1,)]


async def test_tickets_are_numbered_within_their_event(house: House) -> None:
    first = await house.sell("ord_1", 2)
    other = await house.sell("ord_2", 1, event_id=TALK)
    second = await house.sell("ord_3", 2)

    assert [ticket.serial for ticket in first + second] == [1, 2, 3, 4]
    assert [ticket.serial for ticket in other] == [1]


async def test_other_facts_of_the_neighbours_make_no_ticket(house: House) -> None:
    for kind in (OrderPlaced, OrderPaymentPending, OrderFailed):
        house.orders.tell("ord_1", kind(order=order("ord_1", 1)))
    house.identity.tell("cod_1", AccessCodeIssued(code_id="cod_1"))

    assert await house.sell("ord_2", 1)

    assert await house.rows("SELECT order_id FROM ticket") == [("ord_2",)]
    assert await house.rows("SELECT type FROM parked_fact") == []


async def test_an_orders_tickets_are_told_to_the_mesh(house: House) -> None:
    issued = await house.sell("ord_1", 2)

    answers = house.mesh().Feed(pb.FeedRequest(consumer="notifications"))
    fact = (await anext(aiter(answers))).batch.facts[0]

    told = TicketsIssued.FromString(fact.payload)
    assert (fact.aggregate_id, fact.organizer_id) == ("ord_1", CASA)
    assert (told.order_id, told.event_id, told.buyer_id) == ("ord_1", SHOW, "gst_ana")
    assert list(told.tickets) == issued


@pytest.mark.parametrize(
    ("method", "total", "paid"),
    [
        (PAYMENT_METHOD_CARD, 5_000, True),
        (PAYMENT_METHOD_CARD, 0, False),
        (PAYMENT_METHOD_FREE, 0, False),
        (PAYMENT_METHOD_BOX_OFFICE, 5_000, False),
        (PAYMENT_METHOD_COMPLIMENTARY, 5_000, False),
    ],
)
async def test_tickets_say_whether_a_provider_took_money_and_how_much(
    house: House, method: PaymentMethod.ValueType, total: int, *, paid: bool
) -> None:
    bought = order("ord_1", 1)
    bought.method, bought.total.minor, bought.locale, bought.number = method, total, "en", "K7Q4-93MD"
    house.orders.tell("ord_1", OrderPaid(order=bought))
    await house.taken_in()
    answers = house.mesh().Feed(pb.FeedRequest(consumer="notifications"))
    told = TicketsIssued.FromString((await anext(aiter(answers))).batch.facts[0].payload)

    assert (told.paid, told.total.minor, told.locale, told.order_number) == (paid, total, "en", "K7Q4-93MD")


async def test_a_guests_tickets_move_to_the_person_and_keep_their_codes(house: House) -> None:
    (before,) = await house.sell("ord_1")
    code = await house.code(before)

    await house.merge("gst_ana", "sub_ana")

    (after,) = (await house.stage.buyer("sub_ana").ticketing.ListTickets(pb.ListTicketsRequest())).tickets
    assert (after.ticket_id, after.buyer_id) == (before.ticket_id, "sub_ana")
    assert await house.code(after) == code


async def test_a_merged_session_keeps_what_it_bought_and_sees_nothing_else_of_the_person(house: House) -> None:
    (before,) = await house.sell("ord_1")
    await house.merge("gst_ana", "sub_ana")
    (later,) = await house.sell("ord_2", buyer="gst_ana")
    (other,) = await house.sell("ord_3", buyer="sub_ana")
    phone, laptop = house.stage.buyer("gst_ana"), house.stage.buyer("sub_ana")

    listed = [
        {ticket.ticket_id for ticket in (await hub.ticketing.ListTickets(pb.ListTicketsRequest())).tickets}
        for hub in (phone, laptop)
    ]

    mine = {before.ticket_id, later.ticket_id}
    assert listed == [mine, mine | {other.ticket_id}]
    for ticket_id in mine:
        render = pb.RenderTicketRequest(ticket_id=ticket_id, format=TICKET_FORMAT_SVG)
        assert (await phone.ticketing.RenderTicket(render)).code == (await laptop.ticketing.RenderTicket(render)).code
        assert (await phone.ticketing.GetTicket(pb.GetTicketRequest(ticket_id=ticket_id))).ticket.buyer_id == "sub_ana"
    with pytest.raises(TicketNotFound):
        await phone.ticketing.RenderTicket(pb.RenderTicketRequest(ticket_id=other.ticket_id, format=TICKET_FORMAT_SVG))


async def test_an_order_told_after_its_guest_was_merged_is_the_persons(house: House) -> None:
    await house.merge("gst_ana", "sub_ana")

    await house.sell("ord_1")

    (ticket,) = (await house.stage.buyer("sub_ana").ticketing.ListTickets(pb.ListTicketsRequest())).tickets
    assert ticket.order_id == "ord_1"


async def test_a_merge_takes_along_what_was_merged_before(house: House) -> None:
    await house.merge("gst_ana", "sub_ana")
    await house.merge("sub_ana", "sub_bia")

    await house.sell("ord_1")

    assert await house.rows("SELECT buyer_id FROM ticket") == [("sub_bia",)]


async def test_merges_may_chain_and_repeat_in_any_order(house: House) -> None:
    await house.merge("sub_ana", "sub_bia")
    await house.merge("gst_ana", "sub_ana")
    await house.merge("gst_ana", "sub_ana")
    await house.merge("sub_bia", "gst_ana")

    await house.sell("ord_1")

    assert await house.rows("SELECT buyer_id FROM ticket") == [("sub_bia",)]


async def test_an_order_issued_by_many_at_once_has_its_tickets_once(house: House) -> None:
    purchase = convert.purchase(order("ord_1", 3))

    await asyncio.gather(*(house.ticketing.database.write(transactions.issue, purchase, now_us=1) for _ in range(16)))

    assert await house.rows("SELECT serial FROM ticket ORDER BY serial") == [(1,), (2,), (3,)]
    assert await house.rows("SELECT count(*) FROM outbox") == [(1,)]


async def test_an_order_of_fifty_tickets_is_issued_whole(house: House) -> None:
    house.orders.tell("ord_big", OrderPaid(order=order("ord_big", 50)))
    await house.taken_in()

    assert await house.rows("SELECT count(*), max(serial) FROM ticket") == [(50, 50)]
