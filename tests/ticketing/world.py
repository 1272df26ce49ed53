"""ticketing with fake neighbours: a show in a hall and a talk online."""

from typing import TYPE_CHECKING, Any

from eventhub.catalog.v1.catalog_pb2 import ADMISSION_GENERAL, ADMISSION_ONLINE, Event
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.orders.v1.orders_pb2 import Order, OrderLine
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_PNG, Ticket
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from services.kit.feeds.follower import read_cursor
from services.kit.process.runtime import Context
from services.ticketing.wiring import build
from tests.fakes.catalog import FakeCatalog
from tests.fakes.feed import FakeFeed
from tests.fakes.identity import FakeIdentity
from tests.fakes.orders import FakeOrders
from tests.stage import Stage, until

if TYPE_CHECKING:
    from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshAsyncStub

SHOW, TALK, FOREIGN = "evt_show", "evt_talk", "evt_elsewhere"
CASA, OTHERS = "org_casa", "org_others"
ONLINE_URL = "https://meet.example/sala?chave=a%2Bb&nome=São"


class World:
    """ticketing on stage, with fake catalog, orders and identity."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.catalog = FakeCatalog(
            events={
                SHOW: Event(event_id=SHOW, organizer_id=CASA, admission=ADMISSION_GENERAL),
                TALK: Event(event_id=TALK, organizer_id=CASA, admission=ADMISSION_ONLINE),
                FOREIGN: Event(event_id=FOREIGN, organizer_id=OTHERS, admission=ADMISSION_GENERAL),
            },
            online_url=ONLINE_URL,
        )
        self.orders = FakeOrders()
        self.identity = FakeIdentity()
        self.ticketing: Context

    async def open(self) -> "World":
        self.stage.script("catalog", CatalogMesh=self.catalog)
        self.stage.script("orders", OrdersMesh=self.orders)
        self.stage.script("identity", IdentityMesh=self.identity)
        self.ticketing = await self.stage.add(build)
        await self.stage.start()
        return self

    async def caught_up(self) -> None:
        """Waits until ticketing has applied all facts of its neighbours."""
        producers: dict[str, FakeFeed] = {"orders": self.orders, "identity": self.identity}
        for name, producer in producers.items():

            async def has_read(name: str = name, producer: FakeFeed = producer) -> bool:
                cursor = await self.ticketing.database.read(read_cursor, name)
                return cursor.position == len(producer.facts)

            await until(has_read)

    async def sell(
        self, order_id: str, count: int = 1, *, event_id: str = SHOW, buyer: str = "gst_ana", sold_by: str = ""
    ) -> list[Ticket]:
        """Pays an order. Returns its tickets in the order of its lines, as the buyer sees them."""
        paid = order(order_id, count, event_id=event_id, buyer=buyer)
        paid.sold_by = sold_by
        self.orders.tell(OrderPaid(order=paid))
        await self.caught_up()
        asked = pb.ListTicketsRequest(order_id=order_id)
        found = (await self.stage.buyer(buyer).ticketing.ListTickets(asked)).tickets
        return sorted(found, key=lambda ticket: int(ticket.line_id))

    def set_hours(self, event_id: str, starts_s: int, hours: int = 2, doors_s: tuple[int, int] | None = None) -> None:
        """Lets an event begin in starts_s seconds, in São Paulo. doors_s: in how many seconds its doors open and close,
        if its organizer has said so."""
        event = self.catalog.events[event_id]
        event.title, event.time_zone = "Um papo & mais", "America/Sao_Paulo"
        event.starts_at.FromMicroseconds(self.stage.clock.now_us() + starts_s * 1_000_000)
        event.ends_at.FromSeconds(event.starts_at.seconds + hours * 3600)
        if doors_s:
            event.doors_open_at.FromMicroseconds(self.stage.clock.now_us() + doors_s[0] * 1_000_000)
            event.doors_close_at.FromMicroseconds(self.stage.clock.now_us() + doors_s[1] * 1_000_000)

    async def merge(self, guest: str, person: str) -> None:
        """Merges a guest session into an account."""
        self.identity.tell(GuestMerged(from_subject_id=guest, into_subject_id=person))
        await self.caught_up()

    async def code(self, ticket: Ticket) -> str:
        """A ticket's code, as its holder shows it."""
        asked = pb.RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_PNG)
        return (await self.stage.buyer(ticket.buyer_id).ticketing.RenderTicket(asked)).code

    async def link(self, ticket: Ticket) -> str:
        """A ticket's online link, as its holder gets it."""
        asked = pb.GetOnlineLinkRequest(ticket_id=ticket.ticket_id)
        return (await self.stage.buyer(ticket.buyer_id).ticketing.GetOnlineLink(asked)).link

    def mesh(self) -> "TicketingMeshAsyncStub":
        """ticketing as notifications calls it."""
        return TicketingMeshStub(self.stage.channel("notifications"))

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Queries ticketing's database in a transaction of its own."""
        return await self.ticketing.database.read(lambda tx: tx.all(sql, *args))

    async def change(self, sql: str, *args: object) -> None:
        """Changes ticketing's database in a way that no RPC offers. At least one row must change."""

        async def change(tx: Any) -> None:
            assert await tx.run(sql, *args), "something was changed"

        await self.ticketing.database.write(change)


def order(order_id: str, count: int, *, event_id: str = SHOW, buyer: str = "gst_ana") -> Order:
    """A paid order of some tickets."""
    lines = [
        OrderLine(
            line_id=str(number),
            ticket_type_id="tkt_full",
            ticket_type_name="Inteira",
            seat_id=f"A-{number:02d}",
            seat_label=f"Row A, seat {number}",
        )
        for number in range(1, count + 1)
    ]
    organizer_id = OTHERS if event_id == FOREIGN else CASA
    return Order(order_id=order_id, event_id=event_id, organizer_id=organizer_id, buyer_id=buyer, lines=lines)


def scan(number: int) -> str:
    """A valid scan id that ends with the number."""
    return f"scn_{number:026d}"
