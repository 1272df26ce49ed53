"""A paid order becomes tickets, once, for the account that the buyer belongs to by now."""

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
from services.ticketing import transactions
from services.ticketing.tickets import derive_id
from tests.ticketing.world import CASA, SHOW, TALK, World, order


async def test_each_line_of_a_paid_order_becomes_a_ticket(world: World) -> None:
    first, second = await world.sell("ord_1", 2)

    assert (first.line_id, first.seat_id, first.seat_label) == ("1", "A-01", "Row A, seat 1")
    assert (second.line_id, second.seat_id) == ("2", "A-02")
    assert (first.order_id, first.event_id, first.buyer_id) == ("ord_1", SHOW, "gst_ana")
    assert (first.ticket_type_id, first.ticket_type_name) == ("tkt_full", "Inteira")
    assert first.state == TICKET_STATE_VALID
    assert from_timestamp(first.issued_at) == world.stage.clock.now_us()
    assert not first.HasField("used_at")
    assert first.ticket_id == derive_id("ord_1", "1")


async def test_an_order_told_twice_has_its_tickets_once(world: World) -> None:
    before = await world.sell("ord_1", 2)

    after = await world.sell("ord_1", 2)

    assert after == before
    assert await world.rows("SELECT issued, last_serial FROM event_admission") == [(2, 2)]
    assert await world.rows("SELECT count(*) FROM outbox") == [(1,)]


async def test_tickets_are_numbered_within_their_event(world: World) -> None:
    first = await world.sell("ord_1", 2)
    other = await world.sell("ord_2", 1, event_id=TALK)
    second = await world.sell("ord_3", 2)

    assert [ticket.serial for ticket in first + second] == [1, 2, 3, 4]
    assert [ticket.serial for ticket in other] == [1]


async def test_other_facts_of_the_neighbours_make_no_ticket(world: World) -> None:
    for kind in (OrderPlaced, OrderPaymentPending, OrderFailed):
        world.orders.tell(kind(order=order("ord_1", 1)))
    world.identity.tell(AccessCodeIssued(code_id="cod_1"))

    assert await world.sell("ord_2", 1)

    assert await world.rows("SELECT order_id FROM ticket") == [("ord_2",)]
    assert await world.rows("SELECT type FROM parked_fact") == []


async def test_an_orders_tickets_are_told_to_the_mesh(world: World) -> None:
    issued = await world.sell("ord_1", 2)

    answers = world.mesh().Feed(pb.FeedRequest(consumer="notifications"))
    fact = (await anext(aiter(answers))).batch.facts[0]

    told = TicketsIssued.FromString(fact.payload)
    assert (fact.aggregate_id, fact.organizer_id) == ("ord_1", CASA)
    assert (told.order.order_id, told.order.event_id, told.buyer_id) == ("ord_1", SHOW, "gst_ana")
    assert list(told.tickets) == issued


@pytest.mark.parametrize(
    ("method", "face", "discount"),
    [
        (PAYMENT_METHOD_CARD, 5_000, 1_000),
        (PAYMENT_METHOD_FREE, 0, 0),
        (PAYMENT_METHOD_BOX_OFFICE, 5_000, 0),
        (PAYMENT_METHOD_COMPLIMENTARY, 5_000, 5_000),
    ],
)
async def test_tickets_are_told_with_the_whole_order(
    world: World, method: PaymentMethod.ValueType, face: int, discount: int
) -> None:
    bought = order("ord_1", 2)
    bought.method, bought.locale, bought.number, bought.coupon_code = method, "en", "K7Q4-93MD", "AMIGOS"
    bought.face.minor, bought.discount.minor, bought.total.minor = face, discount, face - discount
    for line in bought.lines:
        line.face.minor, line.price.minor = face // 2, (face - discount) // 2
    world.orders.tell(OrderPaid(order=bought))
    await world.caught_up()
    answers = world.mesh().Feed(pb.FeedRequest(consumer="notifications"))
    told = TicketsIssued.FromString((await anext(aiter(answers))).batch.facts[0].payload)

    assert told.order == bought


async def test_a_guests_tickets_move_to_the_person_and_keep_their_codes(world: World) -> None:
    (before,) = await world.sell("ord_1")
    code = await world.code(before)

    await world.merge("gst_ana", "sub_ana")

    (after,) = (await world.stage.buyer("sub_ana").ticketing.ListTickets(pb.ListTicketsRequest())).tickets
    assert (after.ticket_id, after.buyer_id) == (before.ticket_id, "sub_ana")
    assert await world.code(after) == code


async def test_a_merged_session_sees_the_tickets_it_bought_and_no_others_of_the_person(world: World) -> None:
    (before,) = await world.sell("ord_1")
    await world.merge("gst_ana", "sub_ana")
    (later,) = await world.sell("ord_2", buyer="gst_ana")
    (other,) = await world.sell("ord_3", buyer="sub_ana")
    phone, laptop = world.stage.buyer("gst_ana"), world.stage.buyer("sub_ana")

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


async def test_an_order_told_after_its_guest_was_merged_is_the_persons(world: World) -> None:
    await world.merge("gst_ana", "sub_ana")

    await world.sell("ord_1")

    (ticket,) = (await world.stage.buyer("sub_ana").ticketing.ListTickets(pb.ListTicketsRequest())).tickets
    assert ticket.order_id == "ord_1"
    answers = world.mesh().Feed(pb.FeedRequest(consumer="notifications"))
    told = TicketsIssued.FromString((await anext(aiter(answers))).batch.facts[0].payload)
    assert (told.buyer_id, told.order.buyer_id) == ("sub_ana", "gst_ana")


async def test_a_merge_takes_along_earlier_merges(world: World) -> None:
    await world.merge("gst_ana", "sub_ana")
    await world.merge("sub_ana", "sub_bia")

    await world.sell("ord_1")

    assert await world.rows("SELECT buyer_id FROM ticket") == [("sub_bia",)]


async def test_merges_may_chain_and_repeat_in_any_order(world: World) -> None:
    await world.merge("sub_ana", "sub_bia")
    await world.merge("gst_ana", "sub_ana")
    await world.merge("gst_ana", "sub_ana")
    await world.merge("sub_bia", "gst_ana")

    await world.sell("ord_1")

    assert await world.rows("SELECT buyer_id FROM ticket") == [("sub_bia",)]


async def test_an_order_issued_by_many_at_once_has_its_tickets_once(world: World) -> None:
    paid = order("ord_1", 3)

    await asyncio.gather(*(world.ticketing.database.write(transactions.issue, paid, now_us=1) for _ in range(16)))

    assert await world.rows("SELECT serial FROM ticket ORDER BY serial") == [(1,), (2,), (3,)]
    assert await world.rows("SELECT count(*) FROM outbox") == [(1,)]


async def test_an_order_of_fifty_tickets_is_issued_whole(world: World) -> None:
    world.orders.tell(OrderPaid(order=order("ord_big", 50)))
    await world.caught_up()

    assert await world.rows("SELECT count(*), max(serial) FROM ticket") == [(50, 50)]
