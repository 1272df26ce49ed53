"""The postman writes each notice and delivers its mail, until that has arrived or is given up. Writing waits for no
mail server: streams tell what is written while mail may still be on its way."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import grpc

from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1.identity_service_pb2 import GetAccessCodeRequest, GetContactRequest, GetContactResponse
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.refusals import CodeExpired, EventNotFound, SubjectNotFound
from eventhub.ticketing.v1.ticketing_service_pb2 import PrepareTicketRequest
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from services.kit import log
from services.kit.clock import Clock, from_timestamp
from services.kit.db import Database
from services.kit.remembered import Remembered
from services.notifications import convert, envelopes, letters, notices, phrases, store, transactions
from services.notifications.envelopes import NoAddress
from services.notifications.letters import OPEN, Private
from services.notifications.mailbox import MailRefused, Outlet
from services.notifications.notices import Notice

# How many mails that nobody waits for are on their way to the mail server at once.
PATIENT_AT_ONCE_MAX = 16

Step = Callable[[Notice], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a notice. address: empty where the person is gone."""

    address: str
    language: str
    private: Private


class Postman:
    """Carries notices."""

    def __init__(
        self, database: Database, clock: Clock, channel: grpc.aio.Channel, outlet: Outlet, sender: str
    ) -> None:
        """database: notifications' own. channel: to the other contexts. sender: who mail is from."""
        self._database = database
        self._clock = clock
        self._identity = IdentityMeshStub(channel)
        self._catalog = CatalogMeshStub(channel)
        self._ticketing = TicketingMeshStub(channel)
        self._outlet = outlet
        self._sender = sender
        self._events = Remembered(clock, self._ask_event)
        self._contacts = Remembered(clock, self._ask_contact)
        self._writing: dict[str, int] = {}
        self._delivering: dict[str, int] = {}
        self._log = log.get("notifications")

    async def due_texts(self, limit: int) -> list[str]:
        """Notices to be written, besides those under way."""
        found = await self._due(notices.PENDING, notices.PATIENT, limit + len(self._writing))
        return [notification_id for notification_id in found if notification_id not in self._writing][:limit]

    async def due_mail(self, limit: int) -> list[str]:
        """Mail to be delivered, besides that under way. Codes, which have no text of their own, find places that no
        other mail takes: a slow mail server is not left to it."""
        codes = await self._due(notices.PENDING, notices.URGENT, limit + len(self._delivering))
        codes |= await self._due(notices.WRITTEN, notices.URGENT, limit + len(self._delivering))
        patient = sum(rank > notices.URGENT[1] for rank in self._delivering.values())
        mails = await self._due(notices.WRITTEN, notices.PATIENT, PATIENT_AT_ONCE_MAX + patient)
        waiting = [notification_id for notification_id in mails if notification_id not in self._delivering]
        first = [notification_id for notification_id in codes if notification_id not in self._delivering]
        return (first + waiting[: PATIENT_AT_ONCE_MAX - patient])[:limit]

    async def write(self, notification_id: str) -> None:
        """Gives a notice its text. Can be done again at any time."""
        await self._carry(notification_id, self._writing, self._write)

    async def deliver(self, notification_id: str) -> None:
        """Sends a notice's mail. Can be done again at any time."""
        await self._carry(notification_id, self._delivering, self._deliver)

    async def _due(self, state: str, ranks: tuple[int, int], limit: int) -> dict[str, int]:
        return await self._database.read(store.due, state, ranks, now_us=self._clock.now_us(), limit=limit)

    async def _carry(self, notification_id: str, under_way: dict[str, int], step: Step) -> None:
        # Under way before anything is waited for: the next look counts it, as mail nobody waits for until it is known.
        under_way[notification_id] = notices.PATIENT[1]
        try:
            notice = await self._database.read(store.find, notification_id)
            if notice is None or notice.mail != notices.PENDING:
                return
            under_way[notification_id] = notice.rank
            await self._take(notice, step)
        finally:
            del under_way[notification_id]

    async def _take(self, notice: Notice, step: Step) -> None:
        try:
            await step(notice)
        except (CodeExpired, MailRefused, NoAddress) as final:
            await self._drop(notice, type(final).__name__)
        except Exception as error:  # noqa: BLE001 - whatever is in the way may be gone by the next try
            at_us = notices.next_try_us(notice, now_us=self._clock.now_us())
            if at_us is None:
                await self._drop(notice, "tried for too long", **log.place(error))
                return
            self._log.info("mail delayed", notification_id=notice.notification_id, **log.place(error))
            await self._database.write(store.try_again, notice.notification_id, at_us=at_us)

    async def _write(self, notice: Notice) -> None:
        if notice.state != notices.PENDING:
            return
        reader, event = await self._reader(notice), await self._event(notice)
        letter = await asyncio.to_thread(letters.open_letter, notice, event, reader.language)
        await self._write_down(notice, letter.subject, letter.text)

    async def _deliver(self, notice: Notice) -> None:
        reader, event = await self._reader(notice), await self._event(notice)
        if not reader.address:
            await self._drop(notice, "nobody to write to")
            return
        private = await self._with_tickets(notice, reader.private)
        letter = await asyncio.to_thread(letters.mail_letter, notice, event, private, reader.language)
        if notice.state == notices.PENDING:  # a code: nothing of it is kept
            await self._write_down(notice, letter.subject, "")
        # Fifty pictures are a tenth of a second's work.
        message = await asyncio.to_thread(
            envelopes.enclose,
            notice,
            letter,
            private,
            to=reader.address,
            sender=self._sender,
            now_us=self._clock.now_us(),
        )
        # By a write: a replica that stood still, or is no longer on duty, finds out here.
        if not await self._database.write(store.is_to_be_sent, notice.notification_id):
            return
        await self._outlet.send(message)
        await self._database.write(store.settle_mail, notice.notification_id, notices.SENT)

    async def _write_down(self, notice: Notice, subject: str, text: str) -> None:
        now_us = self._clock.now_us()
        await self._database.write(transactions.write_down, notice, subject=subject, text=text, now_us=now_us)

    async def _drop(self, notice: Notice, why: str, **more: str) -> None:
        self._log.warning("mail dropped", notification_id=notice.notification_id, kind=notice.kind, why=why, **more)
        await self._database.write(store.settle_mail, notice.notification_id, notices.DROPPED)

    async def _reader(self, notice: Notice) -> Reader:
        cause = json.loads(notice.cause)
        if notice.kind == notices.ACCESS_CODE:
            issued = await self._identity.GetAccessCode(GetAccessCodeRequest(code_id=cause["code_id"]))
            left_us = from_timestamp(issued.expires_at) - self._clock.now_us()
            if left_us <= 0:
                raise CodeExpired
            private = Private(code=issued.code, code_left_us=left_us)
            return Reader(issued.email, phrases.language_of(issued.locale), private)
        wanted = cause.get("locale", "")
        try:
            contact = await self._contacts.get(notice.recipient_id, since_us=notice.at_us)
        except SubjectNotFound:
            return Reader("", phrases.language_of(wanted), OPEN)
        return Reader(contact.email, phrases.language_of(wanted, contact.locale), Private(name=contact.name))

    async def _event(self, notice: Notice) -> Mapping[str, str]:
        """What a text says of an event, not as it was before the notice. One that was moved is told as it was moved
        then."""
        if notice.kind == notices.EVENT_RESCHEDULED:
            event: Mapping[str, str] = json.loads(notice.cause)["event"]
            return event
        if not notice.event_id:
            return {}
        return await self._events.get(notice.event_id, since_us=notice.at_us)

    async def _ask_event(self, event_id: str) -> Mapping[str, str]:
        found = (await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=[event_id]))).events
        if not found:
            raise EventNotFound
        return convert.event_values(found[0])

    async def _ask_contact(self, subject_id: str) -> GetContactResponse:
        return await self._identity.GetContact(GetContactRequest(subject_id=subject_id))

    async def _with_tickets(self, notice: Notice, private: Private) -> Private:
        if notice.kind != notices.TICKETS:
            return private
        links, pictures = {}, {}
        for ticket in json.loads(notice.cause)["tickets"]:
            prepared = await self._ticketing.PrepareTicket(PrepareTicketRequest(ticket_id=ticket["ticket_id"]))
            if prepared.link:
                links[ticket["ticket_id"]] = prepared.link
            else:
                pictures[ticket["ticket_id"]] = prepared.png
        return Private(name=private.name, links=links, pictures=pictures)
