"""The ticketing that notifications sees: tickets as pictures and links."""

from dataclasses import dataclass, field

from google.protobuf.message import Message

from eventhub.refusals import TicketNotFound
from eventhub.refusals import TicketUsed as TicketUsedRefusal
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated, TicketsRevoked, TicketUsed
from services.kit.rpc.call import Call
from tests.fakes.feed import FakeFeed

PNG = b"\x89PNG\r\n\x1a\nsquares of "
LINK = "https://eventhub.example/join/"


@dataclass(slots=True, kw_only=True)
class FakeTicketing(FakeFeed):
    """Prepares the tickets that it has announced. organizer_id: of all events. online: the ids of online events.
    events: the event of each ticket. used, revoked: lines whose tickets were used or revoked, by order id."""

    response = pb.FeedResponse
    organizer_id: str = "org_casa"
    online: frozenset[str] = frozenset()
    events: dict[str, str] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)
    revoked: dict[str, set[str]] = field(default_factory=dict)

    def about(self, fact: Message) -> tuple[str, str]:
        if isinstance(fact, TicketsIssued):
            self.events.update((ticket.ticket_id, fact.order.event_id) for ticket in fact.tickets)
            return fact.order.order_id, self.organizer_id
        if isinstance(fact, TicketsReseated):
            return fact.order.order_id, self.organizer_id
        if isinstance(fact, TicketsRevoked):
            return fact.order_id, self.organizer_id
        assert isinstance(fact, TicketUsed)
        return fact.ticket.ticket_id, self.organizer_id

    async def PrepareTicket(self, request: pb.PrepareTicketRequest, call: Call) -> pb.PrepareTicketResponse:
        await self.called("PrepareTicket")
        if request.ticket_id not in self.events:
            raise TicketNotFound
        if self.events[request.ticket_id] in self.online:
            return pb.PrepareTicketResponse(link=LINK + request.ticket_id)
        return pb.PrepareTicketResponse(png=PNG + request.ticket_id.encode())

    async def RevokeTickets(self, request: pb.RevokeTicketsRequest, call: Call) -> pb.RevokeTicketsResponse:
        await self.called("RevokeTickets")
        revoked = self.revoked.setdefault(request.order_id, set())
        new = set(request.line_ids) - revoked
        if new & self.used.get(request.order_id, set()) and not request.even_if_used:
            raise TicketUsedRefusal
        revoked.update(new)
        return pb.RevokeTicketsResponse()
