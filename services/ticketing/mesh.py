"""ticketing's RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.refusals import TicketNotFound
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_PNG
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call
from services.kit.values import Clock
from services.ticketing import pictures, revoke_transactions, store
from services.ticketing.credentials import Credentials
from services.ticketing.neighbours import Events


class TicketingMesh:
    """Serves TicketingMesh to orders, notifications and reporting."""

    def __init__(self, database: Database, clock: Clock, events: Events, credentials: Credentials) -> None:
        """database: ticketing's own. events: asks catalog."""
        self.database = database
        self.clock = clock
        self.events = events
        self.credentials = credentials

    async def PrepareTicket(self, request: pb.PrepareTicketRequest, call: Call) -> pb.PrepareTicketResponse:
        ticket = await self.database.read(store.find_ticket, request.ticket_id)
        if ticket is None:
            raise TicketNotFound
        if await self.events.is_online(ticket.event_id):
            return pb.PrepareTicketResponse(link=self.credentials.link(ticket))
        code = self.credentials.code(ticket)
        return pb.PrepareTicketResponse(png=pictures.draw(code, TICKET_FORMAT_PNG))

    async def RevokeTickets(self, request: pb.RevokeTicketsRequest, call: Call) -> pb.RevokeTicketsResponse:
        await self.database.write(
            revoke_transactions.revoke_lines,
            request.order_id,
            frozenset(request.line_ids),
            even_if_used=request.even_if_used,
            now_us=self.clock.now_us(),
        )
        return pb.RevokeTicketsResponse()

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)
