"""Tickets sold at the counter are printed again: counted, recorded, with the same codes."""

import asyncio

import pytest

from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_MANAGER, ROLE_VIEWER
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import PrintedTicket, Reprint, Ticket
from services.kit.values.clock import from_timestamp
from tests.stage import outcome
from tests.ticketing.world import CASA, World, scan

BIA, RUI = "acc_bia", "acc_rui"


def rpr(n: int) -> str:
    return f"rpr_{n:026d}"


@pytest.fixture
def rui(world: World) -> EventHub:
    """Another clerk than the one who has sold."""
    return world.stage.member(CASA, ROLE_BOX_OFFICE, RUI)


async def reprint(clerk: EventHub, n: int = 1, order_id: str = "ord_1") -> list[PrintedTicket]:
    request = pb.ReprintTicketsRequest(reprint_id=rpr(n), order_id=order_id)
    return list((await clerk.ticketing.ReprintTickets(request)).tickets)


async def records(clerk: EventHub, size: int = 0) -> list[Reprint]:
    found: list[Reprint] = []
    page = PageRequest(size=size)
    while True:
        answer = await clerk.ticketing.ListReprints(pb.ListReprintsRequest(order_id="ord_1", page=page))
        found += answer.reprints
        if not answer.next_page_token:
            return found
        page = PageRequest(size=size, token=answer.next_page_token)


async def ticket_now(clerk: EventHub, ticket: Ticket) -> Ticket:
    return (await clerk.ticketing.GetTicket(pb.GetTicketRequest(ticket_id=ticket.ticket_id))).ticket


async def test_any_clerk_prints_an_order_of_the_counter_again_with_the_same_codes(world: World, rui: EventHub) -> None:
    sold = await world.sell("ord_1", 3, buyer="gst_rita", sold_by=BIA)
    codes = [await world.code(ticket) for ticket in sold]

    printed = await reprint(rui)

    assert [one.code for one in printed] == codes
    assert all(one.picture.startswith(b"\x89PNG") for one in printed)
    assert [one.ticket.reprints for one in printed] == [1, 1, 1]
    assert [await ticket_now(rui, ticket) for ticket in sold] == [one.ticket for one in printed]


async def test_it_is_recorded_who_printed_and_when(world: World, rui: EventHub) -> None:
    await world.sell("ord_1", 2, sold_by=BIA)
    await reprint(rui)
    world.stage.clock.advance(60)
    await reprint(world.stage.member(CASA, ROLE_MANAGER, BIA), 2)

    for size in (0, 1):
        last, first = await records(rui, size)
        assert [(one.member_id, one.tickets, one.order_id) for one in (first, last)] == [
            (RUI, 2, "ord_1"),
            (BIA, 2, "ord_1"),
        ]
        assert from_timestamp(last.printed_at) - from_timestamp(first.printed_at) == 60_000_000


async def test_sixteen_repeats_are_counted_once(world: World, rui: EventHub) -> None:
    (ticket,) = await world.sell("ord_1", sold_by=BIA)

    answers = await asyncio.gather(*(reprint(rui) for _ in range(16)))

    assert {printed.ticket.reprints for (printed,) in answers} == {1}
    assert len({printed.code for (printed,) in answers}) == 1
    assert (await ticket_now(rui, ticket)).reprints == 1
    assert len(await records(rui)) == 1


async def test_sixteen_reprints_at_once_are_all_counted(world: World, rui: EventHub) -> None:
    (ticket,) = await world.sell("ord_1", sold_by=BIA)

    await asyncio.gather(*(reprint(rui, n) for n in range(16)))

    assert (await ticket_now(rui, ticket)).reprints == 16
    assert len(await records(rui)) == 16


async def test_a_used_ticket_is_printed_too_and_stays_used(world: World, rui: EventHub) -> None:
    (ticket,) = await world.sell("ord_1", sold_by=BIA)
    code = await world.code(ticket)
    await rui.ticketing.CheckIn(pb.CheckInRequest(scan_id=scan(1), event_id=ticket.event_id, code=code, gate="North"))

    (printed,) = await reprint(rui)

    again = pb.CheckInRequest(scan_id=scan(2), event_id=ticket.event_id, code=printed.code, gate="North")
    assert await outcome(rui.ticketing.CheckIn(again)) == "TICKET_USED"


async def test_what_was_not_sold_at_the_own_counter_is_not_printed(world: World, rui: EventHub) -> None:
    (online,) = await world.sell("ord_1")
    (counter,) = await world.sell("ord_2", sold_by=BIA)

    assert await outcome(reprint(rui)) == "TICKET_NOT_FOUND"
    assert await outcome(reprint(rui, order_id="ord_none")) == "TICKET_NOT_FOUND"
    assert await outcome(reprint(world.stage.member("org_rival"), order_id="ord_2")) == "TICKET_NOT_FOUND"
    assert await outcome(reprint(world.stage.member(CASA, ROLE_VIEWER), order_id="ord_2")) == "ACCESS_DENIED"
    assert await outcome(reprint(world.stage.buyer(), order_id="ord_2")) == "ACCESS_DENIED"

    assert [(await ticket_now(rui, ticket)).reprints for ticket in (online, counter)] == [0, 0]
    assert await world.rows("SELECT reprint_id FROM reprint") == []


async def test_a_reprints_id_is_for_one_order_and_one_member(world: World, rui: EventHub) -> None:
    for order_id in ("ord_1", "ord_2"):
        await world.sell(order_id, sold_by=BIA)
    await reprint(rui)

    assert await outcome(reprint(rui, order_id="ord_2")) == "ID_IN_USE"
    assert await outcome(reprint(world.stage.member(CASA, ROLE_BOX_OFFICE, BIA))) == "ID_IN_USE"

    assert len(await records(rui)) == 1
