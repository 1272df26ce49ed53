"""A lobby: notifications on stage, its neighbours scripted, its mail in hand."""

import asyncio
import email
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any

from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_service_pb2 as catalog_pb
from eventhub.catalog.v1.catalog_events_pb2 import EventRescheduled
from eventhub.catalog.v1.catalog_pb2 import Event, Venue
from eventhub.common.v1.feed_pb2 import Fact, FactBatch
from eventhub.identity.v1 import identity_service_pb2 as identity_pb
from eventhub.notifications.v1 import notifications_service_pb2 as pb
from eventhub.notifications.v1.notifications_pb2 import Notification
from eventhub.orders.v1 import orders_service_pb2 as orders_pb
from eventhub.orders.v1.orders_events_pb2 import OrderPlaced
from eventhub.refusals import CodeExpired, SubjectNotFound, TicketNotFound, Unavailable
from eventhub.ticketing.v1 import ticketing_service_pb2 as ticketing_pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued
from services.kit.feeds.feed import read_cursor
from services.kit.process.runtime import Context, Runtime
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from services.notifications.mailbox import Folder, Outlet
from services.notifications.wiring import build_with
from tests.fakes.clock import START_US
from tests.notifications.bought import ANA, RUI, SHOW, TALK, order
from tests.stage import Stage, until

PNG = b"\x89PNG\r\n\x1a\nsquares of "
LINK = "https://eventhub.example/join/"
ZONE = "America/Sao_Paulo"
ROUND_S = 600


class Producer:
    """A neighbour's feed: what it has told stays told, what is added is told at once."""

    def __init__(self, answer: Callable[..., Message]) -> None:
        self.answer = answer
        self.facts: list[Fact] = []
        self.news = asyncio.Event()

    def tell(self, *told: Message) -> None:
        for message in told:
            position = len(self.facts) + 1
            self.facts.append(
                Fact(
                    position=position,
                    type=message.DESCRIPTOR.full_name,
                    aggregate_id=f"agg_{position}",
                    payload=message.SerializeToString(),
                )
            )
        self.news.set()

    async def Feed(self, request: Any, call: Call) -> AsyncIterator[Message]:
        position = request.after.position
        while True:
            self.news.clear()
            fresh = self.facts[position : position + 500]
            yield self.answer(batch=FactBatch(epoch="epo_neighbour", facts=fresh))
            position += len(fresh)
            if position == len(self.facts):
                await self.news.wait()


def person(name: str, email: str, *, locale: str = "pt-BR", proven: bool = True) -> identity_pb.GetContactResponse:
    """A person as identity knows them."""
    return identity_pb.GetContactResponse(
        name=name, email=email, locale=locale, proven=proven, mailbox_key=f"mailbox:{email}"
    )


class ScriptedIdentity(Producer):
    """Knows people and codes. away: it cannot be reached."""

    def __init__(self) -> None:
        super().__init__(identity_pb.FeedResponse)
        self.away = False
        self.people = {
            ANA: person("Ana", "ana@example.com", locale="pt-BR"),
            RUI: person("Rui", "rui@example.com", locale="en"),
        }
        self.codes: dict[str, identity_pb.GetAccessCodeResponse] = {}

    async def GetContact(self, request: identity_pb.GetContactRequest, call: Call) -> identity_pb.GetContactResponse:
        if self.away:
            raise Unavailable
        if request.subject_id not in self.people:
            raise SubjectNotFound
        return self.people[request.subject_id]

    async def GetAccessCode(
        self, request: identity_pb.GetAccessCodeRequest, call: Call
    ) -> identity_pb.GetAccessCodeResponse:
        if self.away:
            raise Unavailable
        if request.code_id not in self.codes:
            raise CodeExpired
        return self.codes[request.code_id]

    def issue_code(self, code_id: str, code: str, *, locale: str = "pt-BR") -> None:
        """A code good for ten minutes."""
        self.codes[code_id] = identity_pb.GetAccessCodeResponse(
            email="ana@example.com", code=code, locale=locale, expires_at=to_timestamp(START_US + 600_000_000)
        )


class ScriptedCatalog(Producer):
    """Knows the events."""

    def __init__(self) -> None:
        super().__init__(catalog_pb.FeedResponse)
        venue = Venue(name="Teatro Aurora", address="Rua Um, 1", city="São Paulo", time_zone=ZONE)
        self.events = {
            SHOW: Event(
                event_id=SHOW,
                organizer_id="org_casa",
                organizer_name="Casa Aurora",
                title="Noite & Dia",
                venue=venue,
                starts_local="2026-12-01T20:00",
                time_zone=ZONE,
            ),
            TALK: Event(
                event_id=TALK,
                organizer_id="org_casa",
                organizer_name="Casa Aurora",
                title="Um papo",
                starts_local="2026-12-02T09:30",
                time_zone=ZONE,
            ),
        }

    async def BatchGetEvents(
        self, request: catalog_pb.BatchGetEventsRequest, call: Call
    ) -> catalog_pb.BatchGetEventsResponse:
        found = [self.events[event_id] for event_id in request.event_ids if event_id in self.events]
        return catalog_pb.BatchGetEventsResponse(events=found)

    def move(self, event_id: str, starts_local: str, *, version: int) -> EventRescheduled:
        """Moves an event; the fact about it."""
        event = self.events[event_id]
        before = event.starts_local
        event.starts_local, event.version = starts_local, version
        return EventRescheduled(event=event, previous_starts_local=before, previous_time_zone=ZONE)


async def at_once() -> None:
    """Waits for nothing."""


class ScriptedTicketing(Producer):
    """Shows tickets: with a link where they are for the talk. asked: what it waits for before it does."""

    def __init__(self) -> None:
        super().__init__(ticketing_pb.FeedResponse)
        self.asked: Callable[[], Awaitable[object]] = at_once

    async def PrepareTicket(
        self, request: ticketing_pb.PrepareTicketRequest, call: Call
    ) -> ticketing_pb.PrepareTicketResponse:
        await self.asked()
        if not request.ticket_id.startswith("tik_"):
            raise TicketNotFound
        if TALK in request.ticket_id:
            return ticketing_pb.PrepareTicketResponse(link=LINK + request.ticket_id)
        return ticketing_pb.PrepareTicketResponse(png=PNG + request.ticket_id.encode())


class Postbox:
    """An outlet that counts tries. refuses: how it refuses each mail. stuck: it never answers."""

    def __init__(self, leads_to: Outlet) -> None:
        self.leads_to = leads_to
        self.refuses: Exception | None = None
        self.stuck = False
        self.tries = 0
        self.taken: list[EmailMessage] = []

    async def send(self, message: EmailMessage) -> None:
        self.tries += 1
        if self.stuck:
            await asyncio.Event().wait()
        if self.refuses is not None:
            raise self.refuses
        await self.leads_to.send(message)
        self.taken.append(message)


class Lobby:
    """notifications on stage, and what its neighbours say."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.identity = ScriptedIdentity()
        self.catalog = ScriptedCatalog()
        self.orders = Producer(orders_pb.FeedResponse)
        self.ticketing = ScriptedTicketing()
        self.mail = stage.folder / "mail"
        self.postbox = Postbox(Folder(self.mail))
        self.notifications: Context

    async def open(self) -> "Lobby":
        self.stage.script("identity", IdentityMesh=self.identity)
        self.stage.script("catalog", CatalogMesh=self.catalog)
        self.stage.script("orders", OrdersMesh=self.orders)
        self.stage.script("ticketing", TicketingMesh=self.ticketing)

        async def build(host: Runtime) -> Context:
            return await build_with(host, self.postbox)

        self.notifications = await self.stage.add(build)
        await self.stage.start()
        return self

    def defer(self, seconds: float) -> None:
        """Time passes; a fact of no concern makes notifications look at its work."""
        self.stage.clock.pass_unseen(seconds)
        self.orders.tell(OrderPlaced(order=order("ord_elsewhere")))

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """What notifications' database says."""
        return await self.notifications.database.read(lambda tx: tx.all(sql, *args))

    async def quiet(self) -> None:
        """Waits until everything told has been taken in and nothing is left to be done now."""
        producers = {
            "identity": self.identity,
            "catalog": self.catalog,
            "orders": self.orders,
            "ticketing": self.ticketing,
        }

        async def done() -> bool:
            for name, producer in producers.items():
                cursor = await self.notifications.database.read(read_cursor, name)
                if cursor.position != len(producer.facts):
                    return False
            left = """
                SELECT 1 FROM notification WHERE mail = 'PENDING' AND next_try_us <= $1
                UNION ALL SELECT 1 FROM announcement WHERE done = 0 LIMIT 1
            """
            return not await self.rows(left, self.stage.clock.now_us())

        await until(done, 20)

    async def told(self, *messages: Message) -> list[EmailMessage]:
        """Facts of orders and ticketing are told; the mails there are then."""
        for message in messages:
            (self.ticketing if isinstance(message, TicketsIssued) else self.orders).tell(message)
        await self.quiet()
        return self.mails()

    def mails(self) -> list[EmailMessage]:
        """The mail in the folder, as its readers get it."""
        found = []
        for path in sorted(self.mail.glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found

    async def listed(self, reader: str) -> list[Notification]:
        """What somebody can read again."""
        answer = await self.stage.buyer(reader).notifications.ListNotifications(pb.ListNotificationsRequest())
        return list(answer.notifications)


def part(message: EmailMessage, kind: str) -> str:
    """A mail's text: "plain" or "html"."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\N{NO-BREAK SPACE}", " ")
