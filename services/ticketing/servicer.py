"""ticketing's public RPCs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.refusals import (
    CheckInClosed,
    EventNotFound,
    JoinClosed,
    LinkInvalid,
    NotOnline,
    TicketNotFound,
    TicketOtherEvent,
)
from eventhub.ticketing.v1 import ticketing_pb2 as nouns
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.db import Database, Tx
from services.kit.feeds import CaughtUp, feed, resumes, watch_topic
from services.kit.rpc import Call, Caller, pages
from services.kit.values import Clock
from services.ticketing import check, convert, pictures, store, tickets, transactions
from services.ticketing.credentials import Credentials
from services.ticketing.events import EventNow, Events
from services.ticketing.hours import Hours
from services.ticketing.store import SortKey
from services.ticketing.tickets import Attempt, Ticket
from services.ticketing.transactions import Look

# How often a watch's first counts are put off because its revision does not tell all of them yet. Under a rush at the
# gates it may never quite; then an admission that is counted already is told once more.
FIRST_LOOKS_MAX = 50


class Ticketing:
    """Serves TicketingService."""

    def __init__(
        self, database: Database, clock: Clock, events: Events, credentials: Credentials, hours: Hours
    ) -> None:
        """database: ticketing's own. hours: when tickets let their holders in."""
        self.database = database
        self.clock = clock
        self.events = events
        self.credentials = credentials
        self._identity = CaughtUp(database)
        self.hours = hours

    async def ListTickets(self, request: pb.ListTicketsRequest, call: Call) -> pb.ListTicketsResponse:
        """The caller's tickets."""
        await self._identity.wait(call.caller)
        check.list_tickets(request, call.caller)
        page = pages.page_of(request, request.page, caller=call.caller.subject_id, key=(int, int, str))
        after = (int(page.after[0]), int(page.after[1]), str(page.after[2])) if page.after else None
        found = await self.database.read(listed, request, call.caller, after=after, size=page.size)
        last = (found[-1].issued_us, found[-1].serial, found[-1].ticket_id) if found else ()
        return pb.ListTicketsResponse(tickets=await self._shown(found), next_page_token=page.token(found, last))

    async def GetTicket(self, request: pb.GetTicketRequest, call: Call) -> pb.GetTicketResponse:
        """One ticket."""
        await self._identity.wait(call.caller)
        ticket = None
        if call.caller.is_member:
            ticket = await self.database.read(
                store.find_ticket_of_organizer, request.ticket_id, call.caller.organizer_id
            )
        if ticket is None:
            ticket = await self.database.read(store.find_ticket_of_holder, request.ticket_id, call.caller.subject_id)
        if ticket is None:
            raise TicketNotFound
        (shown,) = await self._shown([ticket])
        return pb.GetTicketResponse(ticket=shown)

    async def RenderTicket(self, request: pb.RenderTicketRequest, call: Call) -> pb.RenderTicketResponse:
        """A ticket's code and picture."""
        code = self.credentials.code(await self._held(request.ticket_id, call.caller))
        picture = await asyncio.to_thread(pictures.draw, code, request.format)
        return pb.RenderTicketResponse(code=code, picture=picture)

    async def CheckIn(self, request: pb.CheckInRequest, call: Call) -> pb.CheckInResponse:
        """Lets a ticket's holder in."""
        if call.caller.event_id and call.caller.event_id != request.event_id:
            raise TicketOtherEvent
        code = self.credentials.read_code(request.code)
        if not code.is_for(request.event_id):
            raise TicketOtherEvent
        attempt = convert.attempt(request, code, call.caller)
        # The door does not fail for want of catalog: without it an event's hours are not looked at.
        event = await self.events.known(request.event_id)
        if event is not None:
            await self._check_door(event, attempt)
        scan = await self.database.write(transactions.check_in, attempt, now_us=self.clock.now_us())
        ticket = tickets.let_in(scan, event.time_zone if event else "")
        return pb.CheckInResponse(ticket=convert.ticket_pb(ticket, online=event is not None and event.online))

    async def GetOnlineLink(self, request: pb.GetOnlineLinkRequest, call: Call) -> pb.GetOnlineLinkResponse:
        """A ticket's online link."""
        ticket = await self._held(request.ticket_id, call.caller)
        if not await self.events.online(ticket.event_id):
            raise NotOnline
        return pb.GetOnlineLinkResponse(link=self.credentials.link(ticket))

    async def JoinOnline(self, request: pb.JoinOnlineRequest, call: Call) -> pb.JoinOnlineResponse:
        """Opens an online event."""
        ticket_id, generation = self.credentials.read_token(request.token)
        ticket = tickets.open_online(await self.database.read(store.find_ticket, ticket_id), generation)
        event = (await self.events.find([ticket.event_id])).get(ticket.event_id)
        if event is None:
            raise LinkInvalid
        await self._check_hours(ticket.event_id, event, self.hours.join)
        # Asked before the ticket is used: where catalog is away, nothing was changed.
        url = await self.events.url(ticket.event_id)
        await self.database.write(transactions.join_online, ticket, generation, now_us=self.clock.now_us())
        return pb.JoinOnlineResponse(online_url=url)

    async def GetVerificationKeys(
        self, request: pb.GetVerificationKeysRequest, call: Call
    ) -> pb.GetVerificationKeysResponse:
        """The public keys of codes."""
        shown = [
            nouns.VerificationKey(key_id=key_id, public_key=raw) for key_id, raw in self.credentials.verification_keys()
        ]
        return pb.GetVerificationKeysResponse(keys=shown)

    async def WatchAdmissions(
        self, request: pb.WatchAdmissionsRequest, call: Call
    ) -> AsyncIterator[pb.WatchAdmissionsResponse]:
        """Admissions, now and after each."""
        await self._check_event(request.event_id, call.caller)
        after: int | None = None
        looks_left = FIRST_LOOKS_MAX
        if resumes(request.start_revision, await self.database.read(feed.head)):
            after = request.start_revision.position
        async for news in watch_topic(self.database, request.event_id, call):
            look = await self.database.read(transactions.look, request.event_id, after)
            if look.ahead and looks_left:
                looks_left -= 1
                continue  # the next beat comes once the history has caught up
            while look.changed:
                for message in await self._told(look):
                    yield message
                after = look.revision.position
                look = await self.database.read(transactions.look, request.event_id, after)
            after = look.revision.position
            if not news:
                yield counted(look, look.revision)

    async def _told(self, look: Look) -> list[pb.WatchAdmissionsResponse]:
        """What a watcher is told: each ticket used; only the counts where something else happened."""
        messages = [counted(look, revision, ticket) for ticket, revision in look.used]
        for message in messages:
            event = await self.events.known(message.ticket.event_id)
            message.ticket.online = event is not None and event.online
        if not messages:
            messages.append(counted(look, look.revision))
        return messages

    async def _check_event(self, event_id: str, caller: Caller) -> None:
        """Raises EventNotFound unless it is the caller's event, and a gate's own."""
        if caller.event_id and caller.event_id != event_id:
            raise EventNotFound
        owner: str | None = None
        counts = await self.database.read(store.find_admissions, event_id)
        if counts is not None:
            owner = counts.organizer_id
        else:
            event = (await self.events.find([event_id])).get(event_id)
            owner = event.organizer_id if event else None
        if owner != caller.organizer_id:
            raise EventNotFound

    async def _check_door(self, event: EventNow, attempt: Attempt) -> None:
        """Raises CheckInClosed, but to the repeat of a scan that was made in time."""
        try:
            await self._check_hours(attempt.event_id, event, self.hours.check_in)
        except CheckInClosed:
            if not await self.database.read(store.has_scan, attempt.scan_id):
                raise

    async def _check_hours(self, event_id: str, event: EventNow, check: Callable[[EventNow, int], None]) -> None:
        """Raises what the check raises, but not by what was true before the event was moved a moment ago."""
        try:
            check(event, self.clock.now_us())
        except (CheckInClosed, JoinClosed):
            fresh = await self.events.again(event_id)
            if fresh is None or fresh == event:
                raise
            check(fresh, self.clock.now_us())

    async def _held(self, ticket_id: str, caller: Caller) -> Ticket:
        """A ticket that the caller holds, or sold and prints. Raises TicketNotFound."""
        await self._identity.wait(caller)
        ticket = await self.database.read(store.find_ticket_of_holder, ticket_id, caller.subject_id)
        if ticket is None and caller.is_member:
            ticket = await self.database.read(
                store.find_ticket_sold_by, ticket_id, caller.subject_id, caller.organizer_id
            )
        if ticket is None:
            raise TicketNotFound
        return ticket

    async def _shown(self, found: Sequence[Ticket]) -> list[nouns.Ticket]:
        """Tickets with what catalog knows of their events."""
        events = await self.events.find(ticket.event_id for ticket in found)
        online = {event_id for event_id, event in events.items() if event.online}
        return [convert.ticket_pb(ticket, online=ticket.event_id in online) for ticket in found]


async def listed(
    tx: Tx, request: pb.ListTicketsRequest, caller: Caller, *, after: SortKey | None, size: int
) -> list[Ticket]:
    """The tickets that a request asks for: a holder's, or a member's by event or order."""
    event_id, order_id = request.event_id, request.order_id
    if not caller.is_member:
        return await store.list_of_holder(
            tx, caller.subject_id, event_id=event_id, order_id=order_id, after=after, size=size
        )
    if event_id:
        return await store.list_of_event(
            tx, caller.organizer_id, event_id=event_id, order_id=order_id, after=after, size=size
        )
    return await store.list_of_order(
        tx, caller.subject_id, caller.organizer_id, order_id=order_id, after=after, size=size
    )


def counted(look: Look, revision: Revision, ticket: nouns.Ticket | None = None) -> pb.WatchAdmissionsResponse:
    """An event's counts, with the ticket that changed them if one did."""
    return pb.WatchAdmissionsResponse(
        issued=look.counts.issued, used=look.counts.used, ticket=ticket, revision=revision
    )
