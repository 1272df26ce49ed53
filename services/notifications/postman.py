"""The postman writes the text of each notice, then tries its mail until the outlet takes it or it is given up. Writing
does not wait for the mail server: streams deliver a written notice while its mail is still on its way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from email.message import EmailMessage

from eventhub.refusals import CodeExpired
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import SECOND_US, Clock
from services.notifications import (
    envelopes,
    figures,
    letters,
    mail_store,
    mail_transactions,
    notices,
    store,
    transactions,
    unproven,
)
from services.notifications.envelopes import NoAddress, Sender
from services.notifications.figures import Figures
from services.notifications.letters import Event, Private
from services.notifications.mail_transactions import Admission, Stranger
from services.notifications.mailbox import MailBlocked, MailDelayed, MailRefused, Outlet
from services.notifications.neighbours import Neighbours, Reader
from services.notifications.notices import Notice
from services.notifications.unproven import Course

# How many mails other than access codes are on their way to the mail server at once.
PATIENT_AT_ONCE_MAX = 16
# After this time the log repeats that no mail can leave.
SAY_AGAIN_US = 60 * SECOND_US

FINAL: dict[type[Exception], str] = {
    CodeExpired: figures.CODE_EXPIRED,
    MailRefused: figures.REFUSED,
    NoAddress: figures.NO_ADDRESS,
}

Step = Callable[[Notice], Awaitable[None]]


class LeftOut(Exception):
    """A mail is left out on purpose, which is no failure. why: one of figures.CAUSES."""

    def __init__(self, why: str) -> None:
        """why: one of figures.CAUSES."""
        super().__init__(why)
        self.why = why


class Postman:
    """Writes notices and delivers their mail."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        neighbours: Neighbours,
        outlet: Outlet,
        sender: Sender,
        counted: Figures,
    ) -> None:
        """database: notifications' own. sender: named in the From header. counted: the figures that it adds to."""
        self._database = database
        self._clock = clock
        self._neighbours = neighbours
        self._outlet = outlet
        self._sender = sender
        self._figures = counted
        self._writing: dict[str, int] = {}
        self._delivering: dict[str, int] = {}
        self._said = ("", 0)
        self._log = log.get("notifications")

    async def due_texts(self, limit: int) -> list[str]:
        """Notices whose text is to be written, without those under way."""
        found = await self._due(notices.PENDING, notices.PATIENT, limit + len(self._writing))
        return [notification_id for notification_id in found if notification_id not in self._writing][:limit]

    async def due_mail(self, limit: int) -> list[str]:
        """Notices whose mail is to be delivered, without those under way. Other mail takes at most PATIENT_AT_ONCE_MAX
        places, so access codes find a free place even if the mail server is slow. Access codes are due while they are
        still PENDING, because their text is never written apart."""
        codes = await self._due(notices.PENDING, notices.URGENT, limit + len(self._delivering))
        codes |= await self._due(notices.WRITTEN, notices.URGENT, limit + len(self._delivering))
        patient = sum(rank > notices.URGENT[1] for rank in self._delivering.values())
        mails = await self._due(notices.WRITTEN, notices.PATIENT, PATIENT_AT_ONCE_MAX + patient)
        waiting = [notification_id for notification_id in mails if notification_id not in self._delivering]
        first = [notification_id for notification_id in codes if notification_id not in self._delivering]
        return (first + waiting[: PATIENT_AT_ONCE_MAX - patient])[:limit]

    async def write(self, notification_id: str) -> None:
        """Writes a notice's text. A repeat does no harm."""
        await self._carry(notification_id, self._writing, self._write)

    async def deliver(self, notification_id: str) -> None:
        """Sends a notice's mail, unless it has been sent or dropped. A repeat has the same message id."""
        await self._carry(notification_id, self._delivering, self._deliver)

    async def _due(self, state: str, ranks: tuple[int, int], limit: int) -> dict[str, int]:
        return await self._database.read(store.due, state, ranks, now_us=self._clock.now_us(), limit=limit)

    async def _carry(self, notification_id: str, under_way: dict[str, int], step: Step) -> None:
        # Before the first await, so that the next look for due mail counts it. Until its rank is read it counts as
        # patient mail.
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
        except LeftOut as left:
            await self._settle(notice, left.why)
        except (CodeExpired, MailRefused, NoAddress) as final:
            await self._drop(notice, FINAL[type(final)], said=str(final) if type(final) is MailRefused else "")
        except Exception as error:  # noqa: BLE001 - any other error may be gone by the next try
            await self._put_off(notice, error)

    async def _put_off(self, notice: Notice, error: Exception) -> None:
        said = str(error) if isinstance(error, MailDelayed) else ""
        if isinstance(error, MailBlocked):
            self._complain(said)
        self._figures.delayed += 1
        at_us = notices.next_try_us(notice, now_us=self._clock.now_us())
        if at_us is None:
            await self._drop(notice, figures.TRIED_FOR_TOO_LONG, said=said, **log.error_location(error))
            return
        self._log.info("mail delayed", notification_id=notice.notification_id, said=said, **log.error_location(error))
        await self._database.write(mail_store.try_again, notice.notification_id, at_us=at_us)

    def _complain(self, said: str) -> None:
        """Logs that no mail can leave, with the outlet's words: once for all waiting mail, and again after a minute."""
        now_us = self._clock.now_us()
        if said != self._said[0] or now_us >= self._said[1] + SAY_AGAIN_US:
            self._said = said, now_us
            self._log.error("mail cannot leave", said=said)

    async def _write(self, notice: Notice) -> None:
        if notice.state != notices.PENDING:
            return
        reader, event = await self._neighbours.reader(notice), await self._neighbours.event(notice)
        letter = await asyncio.to_thread(letters.open_letter, notice, event, reader.language)
        await self._write_down(notice, letter.subject, letter.text)

    async def _deliver(self, notice: Notice) -> None:
        reader, event = await self._neighbours.reader(notice), await self._neighbours.event(notice)
        if not reader.address:
            await self._drop(notice, figures.NO_RECIPIENT)
            return
        if notice.kind == notices.EVENT_RESCHEDULED:
            told = await self._database.write(transactions.gather, notice)
            if told is None:
                raise LeftOut(figures.NOTHING_TO_SAY)
            notice = told
        stranger = await self._stranger(notice, reader, event) if reader.mailbox else None
        private, paid = reader.private, stranger is not None and stranger.paid
        if stranger is not None:
            course = unproven.course(notice, paid=paid)
            if course is Course.LEFT_OUT:
                raise LeftOut(figures.UNPROVEN)
            if course is Course.WITHHELD:
                await self._withhold(notice, figures.UNPROVEN)
                return
            private, event = unproven.guarded(private, event, paid=paid)
        message = await self._composed(notice, reader, private, event)
        # This is a write. If this replica was paused and has lost its lease, the write fails and no mail is sent.
        now_us = self._clock.now_us()
        admission = await self._database.write(mail_transactions.admit, notice, stranger, now_us=now_us)
        if admission is Admission.OVER:
            await self._over(notice, paid=paid)
        elif admission is Admission.GRANTED:
            await self._outlet.send(message)
            await self._database.write(mail_store.settle_mail, notice.notification_id, notices.SENT)
            self._figures.sent += 1

    async def _composed(self, notice: Notice, reader: Reader, private: Private, event: Event) -> EmailMessage:
        private = await self._neighbours.with_tickets(notice, private, self._sender)
        letter = await asyncio.to_thread(letters.mail_letter, notice, event, private, reader.language)
        if notice.state == notices.PENDING:  # an access code: its text is not stored
            await self._write_down(notice, letter.subject, "")
        # In a thread, because fifty pictures take a tenth of a second.
        return await asyncio.to_thread(
            envelopes.enclose,
            notice,
            letter,
            private,
            to=reader.address,
            sender=self._sender,
            organizer=event.get("organizer", ""),
            now_us=self._clock.now_us(),
        )

    async def _stranger(self, notice: Notice, reader: Reader, event: Event) -> Stranger:
        holds_paid = False
        if notice.kind == notices.EVENT_RESCHEDULED:
            holds_paid = await self._database.read(mail_store.holds_paid, notice.event_id, notice.buyer_id)
        paid = unproven.is_paid(notice, holds_paid=holds_paid)
        organizer_id = event.get("organizer_id") or json.loads(notice.payload).get("organizer_id", "")
        return Stranger(reader.mailbox, organizer_id, paid)

    async def _over(self, notice: Notice, *, paid: bool) -> None:
        if unproven.waits_for_proof(notice, paid=paid):
            await self._withhold(notice, figures.OVER_BOUND)
        else:
            await self._drop(notice, figures.OVER_BOUND)

    async def _withhold(self, notice: Notice, why: str) -> None:
        now_us = self._clock.now_us()
        if await self._database.write(mail_transactions.withhold, notice, now_us=now_us):
            self._figures.withheld[why] += 1

    async def _write_down(self, notice: Notice, subject: str, text: str) -> None:
        now_us = self._clock.now_us()
        await self._database.write(transactions.write_down, notice, subject=subject, text=text, now_us=now_us)

    async def _drop(self, notice: Notice, why: str, **more: str) -> None:
        self._log.warning("mail dropped", notification_id=notice.notification_id, kind=notice.kind, why=why, **more)
        await self._settle(notice, why)

    async def _settle(self, notice: Notice, why: str) -> None:
        await self._database.write(mail_store.settle_mail, notice.notification_id, notices.DROPPED)
        self._figures.dropped[why] += 1
