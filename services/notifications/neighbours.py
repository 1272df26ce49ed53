"""What notifications asks of the other contexts when something is written or mailed."""

import json
from dataclasses import dataclass, replace

import grpc

from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1.identity_service_pb2 import GetAccessCodeRequest, GetContactRequest, GetContactResponse
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.refusals import CodeExpired, EventNotFound, SubjectNotFound
from eventhub.ticketing.v1.ticketing_service_pb2 import PrepareTicketRequest
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from services.kit.language import language_of
from services.kit.values import Clock, from_timestamp
from services.kit.work import TtlCache
from services.notifications import convert, notices
from services.notifications.envelopes import Sender, picture
from services.notifications.letters import OPEN, Event, Private
from services.notifications.notices import Notice


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a notice. address: empty where the person is gone. mailbox: by what mail to an address is counted that
    is not proven; empty where it is, or where the mail is to prove it."""

    address: str
    language: str
    private: Private
    mailbox: str = ""


class Neighbours:
    """Knows whom to ask. Answers about people and events are remembered for some seconds."""

    def __init__(self, clock: Clock, channel: grpc.aio.Channel) -> None:
        """channel: to the other contexts."""
        self._clock = clock
        self._identity = IdentityMeshStub(channel)
        self._catalog = CatalogMeshStub(channel)
        self._ticketing = TicketingMeshStub(channel)
        self._events = TtlCache(clock, self._ask_event)
        self._contacts = TtlCache(clock, self._ask_contact)

    async def reader(self, notice: Notice) -> Reader:
        """Who reads a notice. Raises CodeExpired."""
        cause = json.loads(notice.cause)
        if notice.kind == notices.ACCESS_CODE:
            issued = await self._identity.GetAccessCode(GetAccessCodeRequest(code_id=cause["code_id"]))
            left_us = from_timestamp(issued.expires_at) - self._clock.now_us()
            if left_us <= 0:
                raise CodeExpired
            private = Private(code=issued.code, code_left_us=left_us)
            return Reader(issued.email, language_of(issued.locale), private)
        wanted = cause.get("locale", "")
        try:
            contact = await self._contacts.get(notice.buyer_id, since_us=notice.at_us)
        except SubjectNotFound:
            return Reader("", language_of(wanted), OPEN)
        mailbox = "" if contact.proven else contact.mailbox_key
        return Reader(contact.email, language_of(wanted, contact.locale), Private(name=contact.name), mailbox)

    async def event(self, notice: Notice) -> Event:
        """What a text says of an event, not as it was before the notice. One that was moved is told as it was moved
        then; only its organizer's name, which that fact leaves out, is asked for. Raises EventNotFound."""
        if not notice.event_id:
            return {}
        if notice.kind == notices.EVENT_RESCHEDULED:
            known = await self._events.get(notice.event_id)
            return {**json.loads(notice.cause)["event"], "organizer": known["organizer"]}
        return await self._events.get(notice.event_id, since_us=notice.at_us)

    async def with_tickets(self, notice: Notice, private: Private, sender: Sender) -> Private:
        """What only mail says, with the links and pictures of a notice's tickets."""
        if notice.kind != notices.TICKETS:
            return private
        links, pictures = {}, {}
        for ticket in json.loads(notice.cause)["tickets"]:
            prepared = await self._ticketing.PrepareTicket(PrepareTicketRequest(ticket_id=ticket["ticket_id"]))
            if prepared.link:
                links[ticket["ticket_id"]] = prepared.link
            else:
                pictures[ticket["ticket_id"]] = picture(notice, ticket["serial"], prepared.png, sender)
        return replace(private, links=links, pictures=pictures)

    async def _ask_event(self, event_id: str) -> Event:
        found = (await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=[event_id]))).events
        if not found:
            raise EventNotFound
        return convert.event_values(found[0])

    async def _ask_contact(self, subject_id: str) -> GetContactResponse:
        return await self._identity.GetContact(GetContactRequest(subject_id=subject_id))
