"""Tickets are shown to their holders and organizers only."""

import base64
import json
from collections.abc import Awaitable, Callable

import pytest

from eventhub import refusals
from eventhub.catalog.v1.catalog_pb2 import ADMISSION_ONLINE, Event
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.client import EventHub
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import (
    TICKET_FORMAT_PNG,
    TICKET_FORMAT_SVG,
    TICKET_FORMAT_TERMINAL,
    TicketFormat,
)
from services.ticketing import neighbours, pictures
from services.ticketing.neighbours import Events
from tests.ticketing.world import CASA, FOREIGN, OTHERS, SHOW, TALK, World


async def serials(hub: EventHub, event_id: str = "", order_id: str = "") -> list[int]:
    found = await hub.ticketing.ListTickets(pb.ListTicketsRequest(event_id=event_id, order_id=order_id))
    return [ticket.serial for ticket in found.tickets]


async def test_a_holder_sees_only_the_own_tickets_newest_first(world: World) -> None:
    await world.sell("ord_1", 2)
    await world.sell("ord_2", 1, buyer="gst_bia")
    world.stage.clock.advance(1)
    await world.sell("ord_3", 1)

    assert await serials(world.stage.buyer("gst_ana")) == [4, 2, 1]
    assert await serials(world.stage.buyer("gst_bia")) == [3]
    assert await serials(world.stage.buyer("gst_nobody")) == []


async def test_a_holder_may_ask_for_one_event_or_one_order(world: World) -> None:
    await world.sell("ord_1", 2)
    await world.sell("ord_2", 1)
    await world.sell("ord_3", 1, event_id=TALK)
    ana = world.stage.buyer("gst_ana")

    assert await serials(ana, event_id=SHOW) == [3, 2, 1]
    assert await serials(ana, order_id="ord_1") == [2, 1]
    assert await serials(ana, event_id=TALK, order_id="ord_1") == []


async def test_members_see_the_tickets_of_their_own_events(world: World) -> None:
    await world.sell("ord_1", 1)
    await world.sell("ord_2", 1, buyer="gst_bia")
    await world.sell("ord_3", 1, event_id=FOREIGN)

    assert await serials(world.stage.member(), event_id=SHOW) == [2, 1]
    assert await serials(world.stage.member(), event_id=SHOW, order_id="ord_2") == [2]
    assert await serials(world.stage.member(), event_id=FOREIGN) == []
    assert await serials(world.stage.member(OTHERS), event_id=FOREIGN) == [1]


async def test_members_name_the_event(world: World) -> None:
    with pytest.raises(refusals.InvalidRequest) as refused:
        await serials(world.stage.member())

    assert list(refused.value.fields) == ["event_id"]


async def test_pages_follow_each_other_without_gap_or_repeat(world: World) -> None:
    await world.sell("ord_1", 5)
    seen, token = [], ""
    while True:
        asked = pb.ListTicketsRequest(page=PageRequest(size=2, token=token))
        page = await world.stage.buyer().ticketing.ListTickets(asked)
        seen.append([ticket.serial for ticket in page.tickets])
        token = page.next_page_token
        if not token:
            break

    assert seen == [[5, 4], [3, 2], [1]]


async def test_a_page_token_is_ours_and_of_the_same_request(world: World) -> None:
    await world.sell("ord_1", 2)
    ana = world.stage.buyer()
    first = await ana.ticketing.ListTickets(pb.ListTicketsRequest(page=PageRequest(size=1)))
    token = first.next_page_token
    binding = json.loads(base64.urlsafe_b64decode(token + "=="))[0]
    forged = [
        base64.urlsafe_b64encode(json.dumps([binding, *key]).encode()).decode()
        for key in (["a", 1, "b"], [2**70, 1, "b"], [1], [1, 1, "\ud800"], [1, 1, 1], [1, 1, "a", 1])
    ]

    for odd in ("nonsense", *forged):
        with pytest.raises(refusals.PageTokenInvalid):
            await ana.ticketing.ListTickets(pb.ListTicketsRequest(page=PageRequest(size=1, token=odd)))
    with pytest.raises(refusals.PageTokenInvalid):
        await ana.ticketing.ListTickets(pb.ListTicketsRequest(event_id=SHOW, page=PageRequest(size=1, token=token)))


async def test_a_ticket_is_shown_to_its_holder_and_its_organizer(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    asked = pb.GetTicketRequest(ticket_id=ticket.ticket_id)

    for hub in (world.stage.buyer("gst_ana"), world.stage.member()):
        assert (await hub.ticketing.GetTicket(asked)).ticket == ticket
    for hub in (world.stage.buyer("gst_bia"), world.stage.member(OTHERS)):
        with pytest.raises(refusals.TicketNotFound):
            await hub.ticketing.GetTicket(asked)
    with pytest.raises(refusals.TicketNotFound):
        await world.stage.buyer().ticketing.GetTicket(pb.GetTicketRequest(ticket_id="tik_none"))


async def test_a_ticket_says_whether_it_opens_an_online_event(world: World) -> None:
    (hall,) = await world.sell("ord_1")
    (online,) = await world.sell("ord_2", event_id=TALK)

    assert (hall.online, online.online) == (False, True)


async def test_catalog_is_asked_once_in_a_while_and_not_needed_in_between(world: World) -> None:
    await world.sell("ord_1", event_id=TALK)
    asked = world.catalog.calls.count("BatchGetEvents")

    await serials(world.stage.buyer())
    assert world.catalog.calls.count("BatchGetEvents") == asked

    world.stage.clock.advance(6)
    world.catalog.away = True
    (ticket,) = (await world.stage.buyer().ticketing.ListTickets(pb.ListTicketsRequest())).tickets
    assert ticket.online, "the older answer serves"
    assert world.catalog.calls.count("BatchGetEvents") == asked + 1


async def test_without_catalog_an_event_never_heard_of_is_not_guessed(world: World) -> None:
    events = Events(CatalogMeshStub(world.stage.channel("ticketing")), world.stage.clock)
    assert await events.is_online(TALK)
    world.catalog.away = True
    world.stage.clock.advance(6)

    assert await events.is_online(TALK)
    assert await events.known(SHOW) is None
    with pytest.raises(refusals.Unavailable):
        await events.find([SHOW, TALK])


async def test_the_cache_of_events_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "CACHED_MAX", 2)
    events = Events(CatalogMeshStub(world.stage.channel("ticketing")), world.stage.clock)
    for event_id in (SHOW, TALK, FOREIGN):
        await events.find([event_id])
    world.catalog.away = True

    assert list(await events.find([TALK, FOREIGN])) == [FOREIGN, TALK]
    with pytest.raises(refusals.Unavailable):
        await events.find([SHOW])


async def test_more_events_than_catalog_answers_at_once_are_asked_in_parts(world: World) -> None:
    many = [f"evt_{number:03d}" for number in range(150)]
    for event_id in many:
        world.catalog.events[event_id] = Event(event_id=event_id, organizer_id=OTHERS, admission=ADMISSION_ONLINE)
    events = Events(CatalogMeshStub(world.stage.channel("ticketing")), world.stage.clock)

    assert list(await events.find(many)) == many
    assert world.catalog.calls.count("BatchGetEvents") == 2


@pytest.mark.parametrize("form", [TICKET_FORMAT_PNG, TICKET_FORMAT_SVG, TICKET_FORMAT_TERMINAL])
async def test_a_holder_gets_the_code_and_its_picture(world: World, form: TicketFormat.ValueType) -> None:
    (ticket,) = await world.sell("ord_1")

    answer = await world.stage.buyer().ticketing.RenderTicket(
        pb.RenderTicketRequest(ticket_id=ticket.ticket_id, format=form)
    )

    assert answer.picture == pictures.draw(answer.code, form)
    assert answer.code == await world.code(ticket)


async def test_only_the_holder_gets_the_code(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    asked = pb.RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_PNG)

    with pytest.raises(refusals.TicketNotFound):
        await world.stage.buyer("gst_bia").ticketing.RenderTicket(asked)
    with pytest.raises(refusals.TicketNotFound):
        await world.stage.member().ticketing.RenderTicket(asked)


@pytest.mark.parametrize("customer", ["gst_rita", CASA])
async def test_a_member_prints_a_ticket_sold_at_the_counter(world: World, customer: str) -> None:
    (ticket,) = await world.sell("ord_1", buyer=customer, sold_by="acc_bia")
    bia = world.stage.member().ticketing
    asked = pb.RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_PNG)

    assert list((await bia.ListTickets(pb.ListTicketsRequest(order_id="ord_1"))).tickets) == [ticket]
    assert (await bia.RenderTicket(asked)).picture
    assert ticket.buyer_id == customer


async def test_only_the_member_that_sold_a_ticket_prints_it(world: World) -> None:
    (ticket,) = await world.sell("ord_1", buyer="gst_rita", sold_by="acc_bia")
    (online,) = await world.sell("ord_2", event_id=TALK, buyer="gst_ana")
    asked = pb.RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_PNG)

    for other in (
        world.stage.member(subject_id="acc_rui"),
        world.stage.member("org_elsewhere"),
        world.stage.buyer("acc_bia"),
    ):
        with pytest.raises(refusals.TicketNotFound):
            await other.ticketing.RenderTicket(asked)
    with pytest.raises(refusals.TicketNotFound):
        await world.stage.member().ticketing.GetOnlineLink(pb.GetOnlineLinkRequest(ticket_id=online.ticket_id))


async def test_a_member_that_bought_elsewhere_has_the_ticket(world: World) -> None:
    (ticket,) = await world.sell("ord_1", buyer="acc_bia")
    bia = world.stage.member("org_elsewhere").ticketing

    assert (await bia.GetTicket(pb.GetTicketRequest(ticket_id=ticket.ticket_id))).ticket == ticket
    assert list((await bia.ListTickets(pb.ListTicketsRequest(order_id="ord_1"))).tickets) == [ticket]
    assert not (await bia.ListTickets(pb.ListTicketsRequest(event_id=SHOW))).tickets


async def test_each_ticket_has_a_code_of_its_own(world: World) -> None:
    first, second = await world.sell("ord_1", 2)

    assert await world.code(first) != await world.code(second)


@pytest.mark.parametrize(
    "call",
    [
        lambda hub: hub.ticketing.ListTickets(pb.ListTicketsRequest(event_id=SHOW)),
        lambda hub: hub.ticketing.GetTicket(pb.GetTicketRequest(ticket_id="tik_x")),
        lambda hub: hub.ticketing.GetOnlineLink(pb.GetOnlineLinkRequest(ticket_id="tik_x")),
    ],
)
async def test_gates_see_no_tickets(world: World, call: Callable[[EventHub], Awaitable[object]]) -> None:
    with pytest.raises(refusals.AccessDenied):
        await call(world.stage.gate(SHOW))
