"""Tickets whose event moves to another plan: they name their new seats, and their codes stay the same."""

import asyncio

from eventhub.orders.v1.orders_events_pb2 import OrderPaid, OrderReseated
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsReseated
from eventhub.ticketing.v1.ticketing_pb2 import Ticket
from services.ticketing import transactions
from tests.facts import told
from tests.ticketing.world import CASA, SHOW, World, order, scan


def reseated(order_id: str, *seats: str, version: int = 3, buyer: str = "gst_ana") -> Order:
    """An order of as many tickets as seats, after a move to these."""
    moved = order(order_id, len(seats), buyer=buyer)
    moved.version = version
    for line, seat_id in zip(moved.lines, seats, strict=True):
        line.seat_id, line.seat_label = seat_id, f"Hall, seat {seat_id}"
    return moved


async def move(world: World, *moved: Order) -> None:
    world.orders.tell(*(OrderReseated(order=one) for one in moved))
    await world.caught_up()


async def tickets(world: World, order_id: str) -> list[Ticket]:
    """An order's tickets in the order of its lines."""
    asked = pb.ListTicketsRequest(order_id=order_id)
    found = (await world.stage.buyer().ticketing.ListTickets(asked)).tickets
    return sorted(found, key=lambda ticket: int(ticket.line_id))


async def news(world: World) -> list[TicketsReseated]:
    """What ticketing has told of other seats."""
    facts = [fact for fact in await told(world.ticketing.database) if fact.type.endswith(".TicketsReseated")]
    assert all((fact.aggregate_id, fact.organizer_id) == ("ord_1", CASA) for fact in facts)
    return [TicketsReseated.FromString(fact.payload) for fact in facts]


async def test_tickets_name_their_new_seats_and_keep_their_codes(world: World) -> None:
    before = await world.sell("ord_1", 2)
    others = await world.sell("ord_2", 1)
    codes = [await world.code(ticket) for ticket in before]

    await move(world, reseated("ord_1", "N-7", "N-8"))

    after = await tickets(world, "ord_1")
    assert [(ticket.seat_id, ticket.seat_label) for ticket in after] == [
        ("N-7", "Hall, seat N-7"),
        ("N-8", "Hall, seat N-8"),
    ]
    assert [await world.code(ticket) for ticket in after] == codes
    assert [(ticket.ticket_id, ticket.serial, ticket.issued_at) for ticket in after] == [
        (ticket.ticket_id, ticket.serial, ticket.issued_at) for ticket in before
    ]
    assert await tickets(world, "ord_2") == others


async def test_a_gate_shows_the_new_seat_for_a_code_from_before(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)
    await move(world, reseated("ord_1", "N-7"))

    request = pb.CheckInRequest(scan_id=scan(1), event_id=SHOW, code=code)
    shown = (await world.stage.gate(SHOW).ticketing.CheckIn(request)).ticket

    assert (shown.ticket_id, shown.seat_label) == (ticket.ticket_id, "Hall, seat N-7")


async def test_the_mesh_is_told_of_each_ticket_s_seat_before_and_after(world: World) -> None:
    await world.sell("ord_1", 2)
    moved = reseated("ord_1", "A-01", "N-8", version=7)
    moved.lines[0].seat_label = "Row A, seat 1"

    await move(world, moved)

    (fact,) = await news(world)
    assert (fact.buyer_id, fact.order) == ("gst_ana", moved)
    assert [(one.old_seat_label, one.ticket) for one in fact.tickets] == [
        ("Row A, seat 2", (await tickets(world, "ord_1"))[1])
    ]


async def test_each_move_is_told_once(world: World) -> None:
    await world.sell("ord_1")
    first, second = reseated("ord_1", "N-7"), reseated("ord_1", "S-1", version=4)

    await move(world, first, first, second, second)

    labels = [(one.old_seat_label, one.ticket.seat_label) for fact in await news(world) for one in fact.tickets]
    assert labels == [("Row A, seat 1", "Hall, seat N-7"), ("Hall, seat N-7", "Hall, seat S-1")]


async def test_an_order_that_moves_before_it_is_paid_gets_tickets_of_its_new_seats(world: World) -> None:
    moved = reseated("ord_1", "N-7", version=2)
    world.orders.tell(OrderReseated(order=moved), OrderPaid(order=moved))
    await world.caught_up()

    assert [ticket.seat_id for ticket in await tickets(world, "ord_1")] == ["N-7"]
    assert await news(world) == []


async def test_an_order_that_is_paid_before_it_moves_gets_its_tickets_and_then_their_new_seats(world: World) -> None:
    world.orders.tell(OrderPaid(order=order("ord_1", 1)), OrderReseated(order=reseated("ord_1", "N-7")))
    await world.caught_up()

    assert [ticket.seat_id for ticket in await tickets(world, "ord_1")] == ["N-7"]
    assert [one.old_seat_label for fact in await news(world) for one in fact.tickets] == ["Row A, seat 1"]


async def test_a_used_ticket_of_a_merged_session_moves_too_and_its_person_is_told(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    request = pb.CheckInRequest(scan_id=scan(1), event_id=SHOW, code=await world.code(ticket))
    await world.stage.gate(SHOW).ticketing.CheckIn(request)
    await world.merge("gst_ana", "acc_ana")

    await move(world, reseated("ord_1", "N-7"))

    (fact,) = await news(world)
    assert fact.buyer_id == "acc_ana"
    assert await world.rows("SELECT seat_id, state, buyer_id FROM ticket") == [("N-7", "USED", "acc_ana")]
    again = await world.stage.gate(SHOW).ticketing.CheckIn(request)
    assert again.ticket.seat_id == "N-7", "the repeat of a scan shows the seat as it is now"


async def test_the_same_move_by_many_at_once_is_told_once(world: World) -> None:
    await world.sell("ord_1", 3)
    moved = reseated("ord_1", "N-7", "N-8", "N-9")

    await asyncio.gather(*(world.ticketing.database.write(transactions.reseat, moved, now_us=1) for _ in range(16)))

    assert len(await news(world)) == 1
    assert await world.rows("SELECT seat_id FROM ticket ORDER BY serial") == [("N-7",), ("N-8",), ("N-9",)]
