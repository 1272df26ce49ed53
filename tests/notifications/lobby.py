"""A lobby: notifications on stage, its neighbours scripted, its mail in hand."""

import asyncio
import email
from email.message import EmailMessage
from email.policy import default
from typing import Any

from google.protobuf.message import Message

from eventhub.catalog.v1.catalog_pb2 import Event, Venue
from eventhub.identity.v1 import identity_service_pb2 as identity_pb
from eventhub.notifications.v1 import notifications_service_pb2 as pb
from eventhub.notifications.v1.notifications_pb2 import Notification
from eventhub.orders.v1.orders_events_pb2 import OrderPlaced
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued
from services.kit.feeds.feed import read_cursor
from services.kit.process.runtime import Context, Runtime
from services.notifications.mailbox import Folder, Outlet
from services.notifications.wiring import build_with
from tests.fakes.catalog import FakeCatalog
from tests.fakes.feed import FakeFeed
from tests.fakes.identity import FakeIdentity
from tests.fakes.orders import FakeOrders
from tests.fakes.ticketing import FakeTicketing
from tests.notifications.bought import ANA, RUI, SHOW, TALK, order
from tests.stage import Stage, until

ZONE = "America/Sao_Paulo"
ROUND_S = 600


def person(name: str, email: str, *, locale: str = "pt-BR", proven: bool = True) -> identity_pb.GetContactResponse:
    """A person as identity knows them."""
    return identity_pb.GetContactResponse(
        name=name, email=email, locale=locale, proven=proven, mailbox_key=f"mailbox:{email}"
    )


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


def program() -> list[Event]:
    """The show in a theatre, and the talk online."""
    venue = Venue(name="Teatro Aurora", address="Rua Um, 1", city="São Paulo", time_zone=ZONE)
    return [
        Event(
            event_id=SHOW,
            organizer_id="org_casa",
            organizer_name="Casa Aurora",
            title="Noite & Dia",
            venue=venue,
            starts_local="2026-12-01T20:00",
            time_zone=ZONE,
        ),
        Event(
            event_id=TALK,
            organizer_id="org_casa",
            organizer_name="Casa Aurora",
            title="Um papo",
            starts_local="2026-12-02T09:30",
            time_zone=ZONE,
        ),
    ]


class Lobby:
    """notifications on stage, and what its neighbours say."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.identity = FakeIdentity(
            people={
                ANA: person("Ana", "ana@example.com", locale="pt-BR"),
                RUI: person("Rui", "rui@example.com", locale="en"),
            }
        )
        self.catalog = FakeCatalog(events={event.event_id: event for event in program()})
        self.orders = FakeOrders()
        self.ticketing = FakeTicketing(online=frozenset({TALK}))
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
        producers: dict[str, FakeFeed] = {
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
