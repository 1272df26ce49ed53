"""One suite for ticketing and for its fake, as notifications and reporting use them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.orders.v1.orders_events_pb2 import OrderReseated
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated, TicketUsed
from eventhub.ticketing.v1.ticketing_pb2 import ReseatedTicket, Ticket
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from tests.fakes.reading import facts, heads
from tests.fakes.ticketing import FakeTicketing
from tests.stage import Stage, outcome
from tests.ticketing.world import CASA, SHOW, TALK, World, order, scan

if TYPE_CHECKING:
    from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshAsyncStub


@dataclass(frozen=True, slots=True)
class Gate:
    """The order ord_1 has a ticket for the show, which was used, and ord_2 one for the talk online. Then the seat of
    ord_1 is another one."""

    stage: Stage
    show: str
    talk: str

    def mesh(self, caller: str = "notifications") -> "TicketingMeshAsyncStub":
        return TicketingMeshStub(self.stage.channel(caller))

    async def prepare(self, ticket_id: str) -> pb.PrepareTicketResponse:
        return await self.mesh().PrepareTicket(pb.PrepareTicketRequest(ticket_id=ticket_id))


async def real(stage: Stage) -> Gate:
    world = await World(stage).open()
    (show,) = await world.sell("ord_1")
    code = await world.code(show)
    await stage.gate(SHOW).ticketing.CheckIn(pb.CheckInRequest(scan_id=scan(1), event_id=SHOW, code=code))
    (talk,) = await world.sell("ord_2", event_id=TALK)
    moved = order("ord_1", 1)
    moved.lines[0].seat_label = "Hall, seat 7"
    world.orders.tell(OrderReseated(order=moved))
    return Gate(stage, show.ticket_id, talk.ticket_id)


async def fake(stage: Stage) -> Gate:
    ticketing = FakeTicketing(organizer_id=CASA, online=frozenset({TALK}), used={"ord_1": {"1"}})
    show, talk = Ticket(ticket_id="tik_1", event_id=SHOW), Ticket(ticket_id="tik_2", event_id=TALK)
    ticketing.tell(TicketsIssued(order=Order(order_id="ord_1", event_id=SHOW), tickets=[show]), TicketUsed(ticket=show))
    ticketing.tell(TicketsIssued(order=Order(order_id="ord_2", event_id=TALK), tickets=[talk]))
    reseated = ReseatedTicket(ticket=show, old_seat_label="Row A, seat 1")
    ticketing.tell(TicketsReseated(order=Order(order_id="ord_1", event_id=SHOW), tickets=[reseated]))
    stage.script("ticketing", TicketingMesh=ticketing)
    return Gate(stage, "tik_1", "tik_2")


@pytest_asyncio.fixture(params=[real, fake])
async def gate(request: pytest.FixtureRequest, stage: Stage) -> Gate:
    opened: Gate = await request.param(stage)
    return opened


async def test_a_ticket_for_a_hall_is_a_picture(gate: Gate) -> None:
    prepared = await gate.prepare(gate.show)

    assert (prepared.png[:8], prepared.link) == (b"\x89PNG\r\n\x1a\n", "")
    assert await gate.prepare(gate.show) == prepared


async def test_a_ticket_for_an_online_event_is_a_link(gate: Gate) -> None:
    prepared = await gate.prepare(gate.talk)

    assert prepared.png == b""
    assert "/join/" in prepared.link
    assert await gate.prepare(gate.talk) == prepared


async def test_an_unknown_ticket_is_refused(gate: Gate) -> None:
    with pytest.raises(refusals.TicketNotFound):
        await gate.prepare("tik_none")


async def test_facts_are_about_the_order_or_the_ticket(gate: Gate) -> None:
    found = await facts(gate.mesh("reporting").Feed(pb.FeedRequest(consumer="reporting")), 4)

    assert heads(found) == [
        ("TicketsIssued", "ord_1", CASA),
        ("TicketUsed", gate.show, CASA),
        ("TicketsIssued", "ord_2", CASA),
        ("TicketsReseated", "ord_1", CASA),
    ]
    issued, used = TicketsIssued.FromString(found[0].payload), TicketUsed.FromString(found[1].payload)
    assert (issued.order.event_id, [ticket.ticket_id for ticket in issued.tickets]) == (SHOW, [gate.show])
    reseated = TicketsReseated.FromString(found[3].payload)
    assert (reseated.order.order_id, [one.ticket.ticket_id for one in reseated.tickets]) == ("ord_1", [gate.show])
    assert [one.old_seat_label for one in reseated.tickets] == ["Row A, seat 1"]
    assert (used.ticket.ticket_id, used.ticket.event_id) == (gate.show, SHOW)


async def test_tickets_of_orders_that_are_given_back_are_revoked(gate: Gate) -> None:
    orders = gate.mesh("orders")

    async def revoke(order_id: str, *, even_if_used: bool = False) -> None:
        wanted = pb.RevokeTicketsRequest(order_id=order_id, line_ids=["1"], even_if_used=even_if_used)
        await orders.RevokeTickets(wanted)

    assert await outcome(revoke("ord_1")) == "TICKET_USED"
    for _ in range(2):
        await revoke("ord_2")
        await revoke("ord_1", even_if_used=True)
    await revoke("ord_1")
