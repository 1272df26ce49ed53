"""ticketing's RPCs for buyers, members and gates."""

from collections.abc import AsyncIterator, Callable, Sequence

from eventhub.refusals import CheckInClosed, EventNotFound, JoinClosed, LinkInvalid, NotOnline, TicketOtherEvent
from eventhub.ticketing.v1 import ticketing_pb2 as nouns
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.db import Database
from services.kit.feeds import CaughtUp, feed, resumes, watch_topic
from services.kit.rpc import Call, Caller, pages
from services.kit.values import Clock
from services.ticketing import (
    check,
    convert,
    pictures,
    reprint_store,
    reprint_transactions,
    store,
    tickets,
    transactions,
    watching,
)
from services.ticketing.credentials import Credentials
from services.ticketing.hours import Event, Hours
from services.ticketing.neighbours import Events
from services.ticketing.tickets import ScanAttempt, Ticket
from services.ticketing.watching import WatchUpdate

# How often a watch puts its first counts off because they include changes after their revision. During a rush at the
# gates the feed may never quite catch up. The watch then starts after this many reads, and an admission that its first
# counts include may be told once more.
FIRST_READS_MAX = 50


class TicketingService:
    """Serves TicketingService to buyers, members, gates and holders of online links."""

    def __init__(
        self, database: Database, clock: Clock, events: Events, credentials: Credentials, hours: Hours
    ) -> None:
        """database: ticketing's own. hours: when tickets let their holders in."""
        self.database = database
        self.clock = clock
        self.events = events
        self.credentials = credentials
        self.hours = hours
        self._identity = CaughtUp(database)

    async def ListTickets(self, request: pb.ListTicketsRequest, call: Call) -> pb.ListTicketsResponse:
        await self._identity.wait(call.caller)
        check.list_tickets(request, call.caller)
        page = pages.page_of(request, request.page, caller=call.caller.subject_id, key=(int, int, str))
        found = await self.database.read(
            transactions.list_tickets,
            call.caller,
            event_id=request.event_id,
            order_id=request.order_id,
            after=(int(page.after[0]), int(page.after[1]), str(page.after[2])) if page.after else None,
            size=page.size,
        )
        last = (found[-1].issued_us, found[-1].serial, found[-1].ticket_id) if found else ()
        return pb.ListTicketsResponse(tickets=await self._messages(found), next_page_token=page.token(found, last))

    async def GetTicket(self, request: pb.GetTicketRequest, call: Call) -> pb.GetTicketResponse:
        await self._identity.wait(call.caller)
        ticket = await self.database.read(transactions.visible_ticket, request.ticket_id, call.caller)
        (message,) = await self._messages([ticket])
        return pb.GetTicketResponse(ticket=message)

    async def RenderTicket(self, request: pb.RenderTicketRequest, call: Call) -> pb.RenderTicketResponse:
        await self._identity.wait(call.caller)
        ticket = await self.database.read(transactions.printable_ticket, request.ticket_id, call.caller)
        code = self.credentials.code(ticket)
        picture = pictures.draw(code, request.format)
        return pb.RenderTicketResponse(code=code, picture=picture)

    async def ReprintTickets(self, request: pb.ReprintTicketsRequest, call: Call) -> pb.ReprintTicketsResponse:
        found = await self.database.write(
            reprint_transactions.reprint,
            request.reprint_id,
            request.order_id,
            call.caller,
            now_us=self.clock.now_us(),
        )
        codes = [self.credentials.code(ticket) for ticket in found]
        printed = [
            nouns.PrintedTicket(ticket=message, code=code, picture=pictures.draw(code, nouns.TICKET_FORMAT_PNG))
            for message, code in zip(await self._messages(found), codes, strict=True)
        ]
        return pb.ReprintTicketsResponse(tickets=printed)

    async def ListReprints(self, request: pb.ListReprintsRequest, call: Call) -> pb.ListReprintsResponse:
        page = pages.page_of(request, request.page, caller=call.caller.subject_id, key=(int, str))
        before = (int(page.after[0]), str(page.after[1])) if page.after else reprint_store.BEGINNING
        found = await self.database.read(
            reprint_store.page, request.order_id, call.caller.organizer_id, before, page.size
        )
        last = (found[-1].at_us, found[-1].reprint_id) if found else ()
        reprints = [convert.reprint_pb(reprint) for reprint in found]
        return pb.ListReprintsResponse(reprints=reprints, next_page_token=page.token(found, last))

    async def CheckIn(self, request: pb.CheckInRequest, call: Call) -> pb.CheckInResponse:
        check.check_in(request, call.caller)
        code = self.credentials.read_code(request.code)
        if not code.is_for(request.event_id):
            raise TicketOtherEvent
        attempt = convert.scan_attempt(request, code, call.caller)
        # The gate works without catalog: while the event is not known, its hours are not checked.
        event = await self.events.known(request.event_id)
        if event is not None:
            await self._check_gate_hours(event, attempt)
        scan = await self.database.write(transactions.check_in, attempt, now_us=self.clock.now_us())
        ticket = tickets.let_in(scan, event.time_zone if event else "")
        return pb.CheckInResponse(ticket=convert.ticket_pb(ticket, online=event is not None and event.online))

    async def GetOnlineLink(self, request: pb.GetOnlineLinkRequest, call: Call) -> pb.GetOnlineLinkResponse:
        await self._identity.wait(call.caller)
        ticket = await self.database.read(transactions.printable_ticket, request.ticket_id, call.caller)
        if not await self.events.is_online(ticket.event_id):
            raise NotOnline
        return pb.GetOnlineLinkResponse(link=self.credentials.link(ticket))

    async def JoinOnline(self, request: pb.JoinOnlineRequest, call: Call) -> pb.JoinOnlineResponse:
        ticket_id, generation = self.credentials.read_token(request.token)
        ticket = tickets.open_online(await self.database.read(store.find_ticket, ticket_id), generation)
        event = (await self.events.find([ticket.event_id])).get(ticket.event_id)
        if event is None:
            raise LinkInvalid
        await self._check_hours(ticket.event_id, event, self.hours.join)
        # Ask for the address before using the ticket: if catalog is unreachable, nothing has changed.
        url = await self.events.online_url(ticket.event_id)
        await self.database.write(transactions.join_online, ticket, generation, now_us=self.clock.now_us())
        return pb.JoinOnlineResponse(online_url=url)

    async def GetVerificationKeys(
        self, request: pb.GetVerificationKeysRequest, call: Call
    ) -> pb.GetVerificationKeysResponse:
        keys = [
            nouns.VerificationKey(key_id=key_id, public_key=raw) for key_id, raw in self.credentials.verification_keys()
        ]
        return pb.GetVerificationKeysResponse(keys=keys)

    async def WatchAdmissions(
        self, request: pb.WatchAdmissionsRequest, call: Call
    ) -> AsyncIterator[pb.WatchAdmissionsResponse]:
        await self._check_watcher(request.event_id, call.caller)
        after: int | None = None
        reads_left = FIRST_READS_MAX
        if resumes(request.start_revision, await self.database.read(feed.head)):
            after = request.start_revision.position
        async for news in watch_topic(self.database, request.event_id, call):
            update = await self.database.read(watching.read_update, request.event_id, after)
            if update.ahead and reads_left:
                reads_left -= 1
                continue  # read again at the next beat, when the feed may have caught up
            while update.changed:
                for message in await self._update_messages(update):
                    yield message
                after = update.revision.position
                update = await self.database.read(watching.read_update, request.event_id, after)
            after = update.revision.position
            if not news:
                yield convert.admissions_pb(update.counts, update.revision)

    async def _update_messages(self, update: WatchUpdate) -> list[pb.WatchAdmissionsResponse]:
        """One message for each ticket used; one with the counts alone if no ticket was used."""
        messages = [convert.admissions_pb(update.counts, revision, ticket) for ticket, revision in update.used]
        for message in messages:
            event = await self.events.known(message.ticket.event_id)
            message.ticket.online = event is not None and event.online
        if not messages:
            messages.append(convert.admissions_pb(update.counts, update.revision))
        return messages

    async def _check_watcher(self, event_id: str, caller: Caller) -> None:
        """Checks that the event is the caller's organizer's, and a gate device's own. Raises EventNotFound."""
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

    async def _check_gate_hours(self, event: Event, attempt: ScanAttempt) -> None:
        """Raises CheckInClosed outside the gates' hours, unless the attempt repeats a scan that was made in time."""
        try:
            await self._check_hours(attempt.event_id, event, self.hours.check_in)
        except CheckInClosed:
            if not await self.database.read(store.has_scan, attempt.scan_id):
                raise

    async def _check_hours(self, event_id: str, event: Event, check: Callable[[Event, int], None]) -> None:
        """Runs a check of the hours. If it refuses, asks catalog once more: the event may have been moved a moment ago.
        Raises CheckInClosed or JoinClosed."""
        try:
            check(event, self.clock.now_us())
        except (CheckInClosed, JoinClosed):
            fresh = await self.events.refreshed(event_id)
            if fresh is None or fresh == event:
                raise
            check(fresh, self.clock.now_us())

    async def _messages(self, found: Sequence[Ticket]) -> list[nouns.Ticket]:
        """The tickets as messages; catalog says which of them are online."""
        events = await self.events.find(ticket.event_id for ticket in found)
        online = {event_id for event_id, event in events.items() if event.online}
        return [convert.ticket_pb(ticket, online=ticket.event_id in online) for ticket in found]
