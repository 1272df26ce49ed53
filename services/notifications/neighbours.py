"""Asks the other contexts about people, events and tickets when a notice is written or delivered."""

import json
from collections.abc import Mapping
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
from services.kit.rpc import Answers
from services.kit.values import Clock, from_timestamp
from services.notifications import convert
from services.notifications.deliveries import ChannelName
from services.notifications.notices import Notice, NoticeKind
from services.notifications.texts import NOTHING_PRIVATE, Event, Picture, Private


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a notice. addresses: by channel; none if identity does not know the person. mailbox: the key by
    which mail to an unproven address is counted; empty if the address is proven, or if the mail is there to prove
    it."""

    addresses: Mapping[ChannelName, str]
    language: str
    private: Private
    mailbox: str = ""


class Neighbours:
    """Asks identity, catalog and ticketing. Answers about people and events are cached for some seconds."""

    def __init__(self, clock: Clock, channel: grpc.aio.Channel) -> None:
        """channel: to the other contexts."""
        self._clock = clock
        self._identity = IdentityMeshStub(channel)
        self._catalog = CatalogMeshStub(channel)
        self._ticketing = TicketingMeshStub(channel)
        self._events = Answers(clock, self._ask_events)
        self._contacts = Answers(clock, self._ask_contacts)

    async def reader(self, notice: Notice, *, since_us: int) -> Reader:
        """The reader of a notice, as identity knows them, never from before since_us. Raises CodeExpired."""
        payload = json.loads(notice.payload)
        if notice.kind == NoticeKind.ACCESS_CODE:
            issued = await self._identity.GetAccessCode(GetAccessCodeRequest(code_id=payload["code_id"]))
            left_us = from_timestamp(issued.expires_at) - self._clock.now_us()
            if left_us <= 0:
                raise CodeExpired
            private = Private(code=issued.code, code_left_us=left_us)
            return Reader({ChannelName.EMAIL: issued.email}, language_of(issued.locale), private)
        wanted = payload.get("locale", "")
        contact = await self._contacts.get(notice.buyer_id, since_us=since_us)
        if contact is None:
            return Reader({}, language_of(wanted), NOTHING_PRIVATE)
        addresses = {ChannelName.EMAIL: contact.email}
        mailbox = "" if contact.proven else contact.mailbox_key
        return Reader(addresses, language_of(wanted, contact.locale), Private(name=contact.name), mailbox)

    async def event(self, notice: Notice, *, since_us: int) -> Event:
        """The event as texts use it, never from before since_us; empty if the notice is not about one. A notice of a
        changed event shows the event as that change left it; only the organizer's name, which the fact leaves out, is
        asked for. Raises EventNotFound."""
        if not notice.event_id:
            return {}
        if notice.kind == NoticeKind.EVENT_CHANGED:
            known = await self._known_event(notice.event_id)
            return {**json.loads(notice.payload)["event"], "organizer": known["organizer"]}
        return await self._known_event(notice.event_id, since_us=since_us)

    async def with_tickets(self, notice: Notice, private: Private) -> Private:
        """Adds the links and pictures of a notice's tickets to the private values."""
        if notice.kind != NoticeKind.TICKETS:
            return private
        links, pictures = {}, {}
        for ticket in json.loads(notice.payload)["tickets"]:
            prepared = await self._ticketing.PrepareTicket(PrepareTicketRequest(ticket_id=ticket["ticket_id"]))
            if prepared.link:
                links[ticket["ticket_id"]] = prepared.link
            else:
                pictures[ticket["ticket_id"]] = Picture(ticket["serial"], prepared.png)
        return replace(private, links=links, pictures=pictures)

    async def _known_event(self, event_id: str, *, since_us: int = 0) -> Event:
        event = await self._events.get(event_id, since_us=since_us)
        if event is None:
            raise EventNotFound
        return event

    async def _ask_events(self, event_ids: list[str]) -> dict[str, Event]:
        found = (await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=event_ids))).events
        return {message.event_id: convert.event_values(message) for message in found}

    async def _ask_contacts(self, subject_ids: list[str]) -> dict[str, GetContactResponse]:
        try:
            return {one: await self._identity.GetContact(GetContactRequest(subject_id=one)) for one in subject_ids}
        except SubjectNotFound:
            return {}
