"""notifications on stage with its fake neighbours, and the mail that it sends."""

import asyncio
import email
from email.message import EmailMessage
from email.policy import default
from typing import Any

from google.protobuf.message import Message

from eventhub.catalog.v1.catalog_events_pb2 import EventPublished
from eventhub.catalog.v1.catalog_pb2 import Event, FieldChange, Venue
from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1 import identity_service_pb2 as identity_pb
from eventhub.identity.v1.identity_pb2 import OrganizerProfile
from eventhub.notifications.v1 import notifications_service_pb2 as pb
from eventhub.notifications.v1.notifications_pb2 import Notification
from eventhub.orders.v1.orders_events_pb2 import OrderPlaced
from eventhub.orders.v1.orders_pb2 import (
    PAYMENT_METHOD_CARD,
    PAYMENT_METHOD_COMPLIMENTARY,
    Order,
    OrderLine,
    PaymentMethod,
)
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsRevoked
from eventhub.ticketing.v1.ticketing_pb2 import Ticket
from services.kit.feeds.follower import read_cursor
from services.kit.process.runtime import Context, Runtime
from services.kit.values import SECOND_US
from services.notifications.deliveries import TICKETS_WAIT_US, ChannelName
from services.notifications.email_channel import EmailChannel, Outlet
from services.notifications.emails import Mail, sender_of
from services.notifications.mail_folder import MailFolder
from services.notifications.wiring import build_with
from tests.fakes.catalog import FakeCatalog
from tests.fakes.feed import FakeFeed
from tests.fakes.identity import FakeIdentity
from tests.fakes.inventory import FakeInventory
from tests.fakes.orders import FakeOrders
from tests.fakes.ticketing import FakeTicketing
from tests.stage import Stage, until

SHOW, TALK = "evt_show", "evt_talk"
AURORA = OrganizerProfile(organizer_id="org_casa", name="Casa Aurora")
ANA, RUI = "gst_ana", "gst_rui"
ZONE = "America/Sao_Paulo"
NUMBER = "K7Q4-93MD"
ROUND_S = 600


def person(name: str, email: str, *, locale: str = "pt-BR", proven: bool = True) -> identity_pb.GetContactResponse:
    """Identity's record of a person."""
    return identity_pb.GetContactResponse(
        name=name, email=email, locale=locale, proven=proven, mailbox_key=f"mailbox:{email}"
    )


def program() -> dict[str, Event]:
    """Two events by id: a show in a theatre, and a talk online."""
    venue = Venue(name="Teatro Aurora", address="Rua Um, 1", city="São Paulo", time_zone=ZONE)
    return {
        SHOW: Event(
            event_id=SHOW,
            organizer_id="org_casa",
            organizer=AURORA,
            title="Noite & Dia",
            venue=venue,
            starts_local="2026-12-01T20:00",
            time_zone=ZONE,
        ),
        TALK: Event(
            event_id=TALK,
            organizer_id="org_casa",
            organizer=AURORA,
            title="Um papo",
            starts_local="2026-12-02T09:30",
            time_zone=ZONE,
        ),
    }


def changed(field: str, old: str, new: str) -> FieldChange:
    """The change of a field of an event."""
    return FieldChange(field=field, old_value=old, new_value=new)


def order(
    order_id: str = "ord_1",
    *,
    buyer: str = ANA,
    locale: str = "",
    discount: int = 0,
    failure: ErrorReason.ValueType = ErrorReason.ERROR_REASON_UNSPECIFIED,
    method: PaymentMethod.ValueType = PAYMENT_METHOD_CARD,
    face: int = 10_000,
) -> Order:
    """An order of two seats of the show. face, discount: in centavos."""
    lines = [
        OrderLine(
            line_id=str(n),
            ticket_type_name="Inteira <VIP>",
            seat_label=f"A-{n}",
            face=Money(minor=face // 2, currency="BRL"),
            price=Money(minor=(face - discount) // 2, currency="BRL"),
        )
        for n in (1, 2)
    ]
    return Order(
        order_id=order_id,
        number=NUMBER,
        event_id=SHOW,
        buyer_id=buyer,
        lines=lines,
        face=Money(minor=face, currency="BRL"),
        discount=Money(minor=discount, currency="BRL"),
        total=Money(minor=face - discount, currency="BRL"),
        coupon_code="AMIGOS" if discount else "",
        method=method,
        failure=failure,
        locale=locale,
    )


def issued(
    order_id: str = "ord_1",
    *,
    holder: str = ANA,
    event_id: str = SHOW,
    count: int = 1,
    paid: bool = True,
    bought: Order | None = None,
) -> TicketsIssued:
    """The fact that an order's tickets are issued. bought: the order; by default one of its own, which was paid by card
    or, if paid is False, was given away."""
    tickets = [
        Ticket(ticket_id=f"tik_{event_id}_{order_id}_{n}", ticket_type_name="Inteira", seat_label=f"A-{n}", serial=n)
        for n in range(1, count + 1)
    ]
    method = PAYMENT_METHOD_CARD if paid else PAYMENT_METHOD_COMPLIMENTARY
    whole = Order()
    whole.CopyFrom(bought or order(order_id, buyer=holder, method=method))
    whole.order_id = order_id
    if bought is None:
        whole.event_id = event_id
    return TicketsIssued(buyer_id=holder, tickets=tickets, order=whole)


class ScriptedOutlet:
    """Passes mail on to another outlet. error: raised instead. stuck: whether it never answers. tries: how often it was
    given a mail. taken: the mails that it passed on."""

    def __init__(self, target: Outlet) -> None:
        self.target = target
        self.error: Exception | None = None
        self.stuck = False
        self.tries = 0
        self.taken: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.tries += 1
        if self.stuck:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        await self.target.send(mail)
        self.taken.append(mail)


class World:
    """notifications, its neighbours and its outlet for mail."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        people = {
            ANA: person("Ana", "ana@example.com", locale="pt-BR"),
            RUI: person("Rui", "rui@example.com", locale="en"),
        }
        self.identity = FakeIdentity(people=people)
        self.catalog = FakeCatalog(events=program())
        self.orders = FakeOrders()
        self.inventory = FakeInventory()
        self.ticketing = FakeTicketing(online=frozenset({TALK}))
        self.folder = stage.folder / "mail"
        self.outlet = ScriptedOutlet(MailFolder(self.folder))
        self.notifications: Context

    async def open(self) -> "World":
        self.stage.script("identity", IdentityMesh=self.identity)
        self.stage.script("catalog", CatalogMesh=self.catalog)
        self.stage.script("orders", OrdersMesh=self.orders)
        self.stage.script("inventory", InventoryMesh=self.inventory)
        self.stage.script("ticketing", TicketingMesh=self.ticketing)

        async def build(host: Runtime) -> Context:
            channel = EmailChannel(self.outlet, sender_of(host.settings))
            return await build_with(host, {ChannelName.EMAIL: channel})

        self.notifications = await self.stage.add(build)
        await self.stage.start()
        return self

    def advance(self, seconds: float) -> None:
        """Advances the clock and wakes notifications, with facts that it ignores."""
        self.stage.clock.pass_unseen(seconds)
        self.orders.tell(OrderPlaced(order=order("ord_elsewhere")))
        self.catalog.tell(EventPublished(event=self.catalog.events[SHOW]))

    async def change(self, *changes: FieldChange, version: int) -> None:
        """Changes the show, and waits until notifications knows. version: the show's after the change."""
        self.catalog.tell(self.catalog.change(SHOW, *changes, version=version))
        await self.idle()

    async def move(self, starts_local: str, *, version: int = 2) -> None:
        """Moves the show to another time."""
        await self.change(
            changed("starts_local", self.catalog.events[SHOW].starts_local, starts_local), version=version
        )

    async def pass_round(self) -> None:
        """Waits until the changes of ten minutes are told."""
        self.advance(ROUND_S)
        await self.idle()

    async def rested(self) -> None:
        """Waits until nothing is due, also after confirmations have waited for their orders' tickets in vain."""
        await self.idle()
        self.advance(TICKETS_WAIT_US / SECOND_US)
        await self.idle()

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Runs a query on notifications' tables."""
        return await self.notifications.database.read(lambda tx: tx.all(sql, *args))

    async def idle(self) -> None:
        """Waits until all facts have been taken in and nothing is due now."""
        producers: dict[str, FakeFeed] = {
            "identity": self.identity,
            "catalog": self.catalog,
            "orders": self.orders,
            "inventory": self.inventory,
            "ticketing": self.ticketing,
        }

        async def done() -> bool:
            for name, producer in producers.items():
                cursor = await self.notifications.database.read(read_cursor, name)
                if cursor.position != len(producer.facts):
                    return False
            due = """
                SELECT 1 FROM notification WHERE state = 'PENDING' AND next_try_us <= $1
                UNION ALL SELECT 1 FROM delivery WHERE state = 'PENDING' AND next_try_us <= $1
                UNION ALL SELECT 1 FROM announcement WHERE done = 0 AND due_us <= $1 LIMIT 1
            """
            return not await self.rows(due, self.stage.clock.now_us())

        await until(done, 20)

    async def mails_after(self, *facts: Message) -> list[EmailMessage]:
        """Tells facts of orders and ticketing. Returns all mails there are afterwards, also after confirmations have
        waited for tickets."""
        for fact in facts:
            (self.ticketing if isinstance(fact, TicketsIssued | TicketsRevoked) else self.orders).tell(fact)
        await self.rested()
        return self.mails()

    def mails(self) -> list[EmailMessage]:
        """The mails in the folder, as a mail program reads them."""
        found = []
        for path in sorted(self.folder.glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found

    async def listed(self, reader: str) -> list[Notification]:
        """A reader's notifications, newest first."""
        answer = await self.stage.buyer(reader).notifications.ListNotifications(pb.ListNotificationsRequest())
        return list(answer.notifications)


def part(message: EmailMessage, kind: str) -> str:
    """A mail's text. kind: "plain" or "html"."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\N{NO-BREAK SPACE}", " ")
