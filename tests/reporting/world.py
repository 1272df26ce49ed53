"""The world of reporting's tests: facts of the four contexts that reporting follows."""

from datetime import UTC, datetime
from typing import Any

from eventhub.catalog.v1 import catalog_pb2
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_pb2
from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved, StockChanged, StockOpened
from eventhub.orders.v1 import orders_pb2
from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderRefundChanged,
    OrderReseated,
)
from eventhub.reporting.v1 import reporting_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated, TicketUsed
from eventhub.ticketing.v1.ticketing_pb2 import Ticket
from services.reporting.wiring import build
from tests.fakes.catalog import FakeCatalog
from tests.fakes.feed import FakeFeed
from tests.fakes.inventory import FakeInventory
from tests.fakes.orders import FakeOrders
from tests.fakes.ticketing import FakeTicketing
from tests.stage import Stage, until

EVENT, ORGANIZER = "evt_show", "org_casa"
FULL, HALF, VIP = "tkt_full", "tkt_half", "tkt_vip"
FACES = {FULL: 8_000, HALF: 4_000, VIP: 20_000}
NAMES = {FULL: "Full", HALF: "Half", VIP: "VIP"}


def at(text: str) -> int:
    """Converts a UTC time, "2026-12-01T20:00", to microseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


class Season:
    """The facts of each context, in its own order."""

    def __init__(self) -> None:
        self.catalog = FakeCatalog()
        self.inventory = FakeInventory(organizer_id=ORGANIZER)
        self.orders = FakeOrders()
        self.ticketing = FakeTicketing(organizer_id=ORGANIZER)
        self.producers: dict[str, FakeFeed] = {
            "catalog": self.catalog,
            "inventory": self.inventory,
            "orders": self.orders,
            "ticketing": self.ticketing,
        }
        self.versions = 0

    def event(self, event_id: str, organizer_id: str, time_zone: str) -> catalog_pb2.Event:
        self.versions += 1
        types = [
            catalog_pb2.TicketType(
                ticket_type_id=ticket_type, name=NAMES[ticket_type], price=Money(minor=face, currency="BRL")
            )
            for ticket_type, face in FACES.items()
        ]
        return catalog_pb2.Event(
            event_id=event_id,
            organizer_id=organizer_id,
            title="A show",
            time_zone=time_zone,
            currency="BRL",
            ticket_types=types,
            version=self.versions,
        )

    def publish(
        self, event_id: str = EVENT, organizer_id: str = ORGANIZER, time_zone: str = "America/Sao_Paulo"
    ) -> None:
        event = self.event(event_id, organizer_id, time_zone)
        self.catalog.tell(EventPublished(event=event))

    def relocate(self, time_zone: str) -> None:
        event = self.event(EVENT, ORGANIZER, time_zone)
        self.catalog.tell(EventChanged(event=event))

    def open(self, **capacities: int) -> None:
        self.inventory.tell(StockOpened(event_id=EVENT, stocks=stocks(**capacities)))

    def change(self, name: str, capacity: int, held: int, sold: int) -> None:
        self.inventory.tell(StockChanged(event_id=EVENT, stocks=stocks(held, sold, **{name: capacity})))

    def admit(self, ticket_id: str) -> None:
        ticket = Ticket(ticket_id=ticket_id, event_id=EVENT)
        self.ticketing.tell(TicketsIssued(order=orders_pb2.Order(order_id="ord_1", event_id=EVENT), tickets=[ticket]))
        self.ticketing.tell(TicketUsed(ticket=ticket))

    def place(self, order: orders_pb2.Order) -> None:
        self.orders.tell(OrderPlaced(order=order))

    def wait(self, order: orders_pb2.Order) -> None:
        order = moved(order, orders_pb2.ORDER_STATE_PAYMENT_PENDING, 2)
        self.orders.tell(OrderPaymentPending(order=order))

    def pay(self, order: orders_pb2.Order, when: str = "2026-12-01T20:00", *, version: int = 3) -> None:
        order = moved(order, orders_pb2.ORDER_STATE_PAID, version)
        order.paid_at.FromMicroseconds(at(when))
        self.orders.tell(OrderPaid(order=order))

    def reseat(self, order: orders_pb2.Order, *, version: int = 4, paid_at: str = "2026-12-01T20:00") -> None:
        """Moves a paid order's seats: each context tells it."""
        order = moved(order, orders_pb2.ORDER_STATE_PAID, version)
        order.paid_at.FromMicroseconds(at(paid_at))
        for line in order.lines:
            line.seat_label = f"Hall {version}"
        self.inventory.tell(PlacesMoved(event_id=order.event_id, hold_id="hld_1", places_revision=1))
        self.orders.tell(OrderReseated(order=order))
        self.ticketing.tell(TicketsReseated(order=order))

    def fail(self, order: orders_pb2.Order) -> None:
        order = moved(order, orders_pb2.ORDER_STATE_FAILED, 3)
        self.orders.tell(OrderFailed(order=order))

    def sell(self, order: orders_pb2.Order, when: str = "2026-12-01T20:00") -> None:
        self.place(order)
        self.pay(order, when)

    def give_back(
        self,
        order: orders_pb2.Order,
        *line_ids: str,
        minor: int,
        refund_id: str = "rfd_1",
        when: str = "2026-12-03T20:00",
        refund: orders_pb2.OrderRefundState.ValueType = orders_pb2.ORDER_REFUND_STATE_DONE,
        state: orders_pb2.OrderState.ValueType = orders_pb2.ORDER_STATE_PART_REFUNDED,
    ) -> orders_pb2.Order:
        """Tells that a paid order is given back, or how that goes on. Returns the order after it."""
        order = moved(order, state, max(order.version, 3) + 1)
        order.paid_at.FromMicroseconds(order.paid_at.ToMicroseconds() or at("2026-12-01T20:00"))
        earlier = [one for one in order.refunds if one.refund_id != refund_id]
        changed = orders_pb2.OrderRefund(
            refund_id=refund_id, state=refund, line_ids=line_ids, amount=Money(minor=minor, currency="BRL")
        )
        changed.created_at.FromMicroseconds(at(when))
        del order.refunds[:]
        order.refunds.extend([*earlier, changed])
        for line in order.lines:
            if line.line_id in line_ids:
                failed = refund == orders_pb2.ORDER_REFUND_STATE_FAILED
                line.refund_id = "" if failed else refund_id
        self.orders.tell(OrderRefundChanged(order=order, refund=changed))
        return order

    def dispute(self, order: orders_pb2.Order, when: str = "2026-12-05T20:00") -> orders_pb2.Order:
        """Tells that the payment of a paid order is disputed. Returns the order after it."""
        order = moved(order, orders_pb2.ORDER_STATE_DISPUTED, max(order.version, 3) + 1)
        order.paid_at.FromMicroseconds(order.paid_at.ToMicroseconds() or at("2026-12-01T20:00"))
        order.disputed_at.FromMicroseconds(at(when))
        self.orders.tell(OrderDisputed(order=order))
        return order


def stocks(held: int = 0, sold: int = 0, **capacities: int) -> list[inventory_pb2.Stock]:
    return [
        inventory_pb2.Stock(pool_id=f"{EVENT}.{name}", name=name, capacity=capacity, held=held, sold=sold)
        for name, capacity in capacities.items()
    ]


def order(
    n: int, *ticket_types: str, off: int = 0, coupon: str = "", event_id: str = EVENT, organizer_id: str = ORGANIZER
) -> orders_pb2.Order:
    """Returns a new order. off: basis points that its coupon takes off each ticket except half-price ones."""
    lines = []
    for line, ticket_type in enumerate(ticket_types, start=1):
        face = FACES[ticket_type]
        price = face if ticket_type == HALF else face - face * off // 10_000
        lines.append(
            orders_pb2.OrderLine(
                line_id=str(line),
                ticket_type_id=ticket_type,
                ticket_type_name=NAMES[ticket_type],
                face=Money(minor=face, currency="BRL"),
                price=Money(minor=price, currency="BRL"),
            )
        )
    face, total = (sum(getattr(line, field).minor for line in lines) for field in ("face", "price"))
    return orders_pb2.Order(
        order_id=f"ord_{n}",
        event_id=event_id,
        organizer_id=organizer_id,
        state=orders_pb2.ORDER_STATE_PENDING,
        lines=lines,
        face=Money(minor=face, currency="BRL"),
        discount=Money(minor=face - total, currency="BRL"),
        total=Money(minor=total, currency="BRL"),
        coupon_id=coupon and f"cpn_{coupon}",
        coupon_code=coupon,
        version=1,
    )


def gift(n: int, *ticket_types: str) -> orders_pb2.Order:
    """Returns a new order that is given away."""
    given = order(n, *ticket_types)
    given.method = orders_pb2.PAYMENT_METHOD_COMPLIMENTARY
    for line in given.lines:
        line.price.minor = 0
    given.discount.minor, given.total.minor = given.face.minor, 0
    return given


def moved(order: orders_pb2.Order, state: orders_pb2.OrderState.ValueType, version: int) -> orders_pb2.Order:
    later = orders_pb2.Order()
    later.CopyFrom(order)
    later.state = state
    later.version = version
    return later


async def open_books(stage: Stage, season: Season) -> None:
    """Starts reporting on a season's feeds, and waits until it has read all facts so far."""
    await stage.add(build)
    for name, producer in season.producers.items():
        stage.script(name, **{f"{name.capitalize()}Mesh": producer})
    await stage.start()
    await caught_up(stage, season)


async def caught_up(stage: Stage, season: Season) -> None:
    """Waits until reporting has applied every fact."""
    database = stage.platform.contexts[0].database

    async def done() -> bool:
        rows = await database.read(lambda tx: tx.all("SELECT producer, pos FROM feed_cursor ORDER BY producer"))
        return dict(rows) == {name: len(fed.facts) for name, fed in season.producers.items() if fed.facts}

    await until(done)


async def sales_of(stage: Stage, event_id: str = EVENT, organizer_id: str = ORGANIZER) -> Any:
    """Returns an event's sales report, requested by its owner."""
    owner = stage.member(organizer_id)
    return (await owner.reporting.GetSalesReport(pb.GetSalesReportRequest(event_id=event_id))).report
