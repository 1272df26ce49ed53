"""The values that reporting knows, and its sums: by day, by ticket type, by count of places."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

# Every time zone's present offset is a multiple of this, so no quarter of an hour spans two days.
QUARTER_S = 15 * 60
DAYS_MAX = 400
TYPES_MAX = 50
OCCUPANCY_MAX = 110
# The counts of a whole event come before those of single ticket types.
OF_THE_EVENT = ("seats", "places", "public", "half")


class OrderState(StrEnum):
    """The states of an order, named as in the contract."""

    PENDING = "PENDING"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    PAID = "PAID"
    FAILED = "FAILED"


class Sale(StrEnum):
    """The kinds of sale: a sold order costs money, a free one costs nothing, a given one is a gift."""

    SOLD = "SOLD"
    FREE = "FREE"
    GIVEN = "GIVEN"


OPEN = (OrderState.PENDING, OrderState.PAYMENT_PENDING)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One ticket of an order. face_minor: its price without a coupon; price_minor: with it."""

    ticket_type_id: str
    name: str
    face_minor: int
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order, as orders published it. gift: whether it is given away. paid_us: None until it is paid."""

    order_id: str
    event_id: str
    organizer_id: str
    state: OrderState
    gift: bool
    lines: tuple[OrderLine, ...]
    face_minor: int
    discount_minor: int
    total_minor: int
    currency: str
    coupon_id: str
    coupon_code: str
    paid_us: int | None
    version: int

    @property
    def sale(self) -> Sale:
        """The order's kind of sale."""
        if self.gift:
            return Sale.GIVEN
        return Sale.SOLD if self.total_minor else Sale.FREE

    @property
    def free(self) -> int:
        """The number of tickets that cost nothing, without gifts."""
        return 0 if self.gift else sum(not line.price_minor for line in self.lines)

    @property
    def given(self) -> int:
        """The number of tickets that are gifts."""
        return len(self.lines) if self.gift else 0

    @property
    def discounted(self) -> int:
        """The number of tickets that cost less than their face price."""
        return sum(line.price_minor < line.face_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class TicketType:
    """A ticket type, as catalog published it."""

    ticket_type_id: str
    name: str
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event, as catalog published it. areas: the name for people of the count of each area."""

    event_id: str
    organizer_id: str
    title: str
    time_zone: str
    currency: str
    version: int
    types: tuple[TicketType, ...]
    areas: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """The present state of an event, from all contexts' facts. currency: empty until a fact names one. revision: grows
    with each fact. areas: as in Event."""

    event_id: str
    time_zone: str
    currency: str
    revision: int
    areas: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A count of places: all, held and sold."""

    pool_id: str
    name: str
    capacity: int
    held: int
    sold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSum:
    """Sums over orders. tickets: sold at a price; free, given: the other tickets."""

    orders: int = 0
    tickets: int = 0
    free: int = 0
    given: int = 0
    face_minor: int = 0
    discount_minor: int = 0
    total_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Sums over the orders paid in a quarter of an hour. number: quarters since 1970. tickets: sold at a price."""

    number: int
    tickets: int
    total_minor: int
    free: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Sums over the orders paid on a day, "2026-12-01". tickets: sold at a price."""

    day: str
    tickets: int = 0
    total_minor: int = 0
    free: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """An event's orders. sold, free, given: sums over paid orders, by kind of sale. pending: orders that are neither
    paid nor failed."""

    currency: str
    sold: OrderSum
    free: OrderSum
    given: OrderSum
    pending: int
    failed: int
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSales:
    """A ticket type's paid tickets: sold at a price, free, and given away. dearest_minor: their highest face price.
    face_minor: their face prices without gifts."""

    ticket_type_id: str
    name: str
    tickets: int = 0
    face_minor: int = 0
    total_minor: int = 0
    dearest_minor: int
    free: int = 0
    given: int = 0

    @classmethod
    def unsold(cls, ticket_type: TicketType) -> Self:
        """No sales yet; its dearest price is the listed one."""
        return cls(
            ticket_type_id=ticket_type.ticket_type_id, name=ticket_type.name, dearest_minor=ticket_type.price_minor
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponSales:
    """A coupon's paid orders. tickets: tickets that it made cheaper."""

    coupon_id: str
    code: str
    orders: int
    tickets: int
    discount_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Occupancy:
    """An event's counts of places. admitted: tickets that have admitted their holder."""

    counts: tuple[Stock, ...]
    admitted: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """An event's sales and occupancy. revision: the event's; it tells when to sum up again, and comparisons ignore
    it."""

    sales: Sales
    occupancy: Occupancy
    revision: int = field(compare=False)


def sales_of(event: KnownEvent, sums: dict[tuple[OrderState, Sale], OrderSum], quarters: Iterable[Quarter]) -> Sales:
    """Builds an event's sales. sums: by state and kind of sale."""
    sold, free, given = (sums.get((OrderState.PAID, sale), OrderSum()) for sale in Sale)
    return Sales(
        currency=event.currency,
        sold=sold,
        free=free,
        given=given,
        pending=sum(orders.orders for (state, _), orders in sums.items() if state in OPEN),
        failed=sum(orders.orders for (state, _), orders in sums.items() if state is OrderState.FAILED),
        days=by_day(quarters, event.time_zone),
    )


def by_day(quarters: Iterable[Quarter], time_zone: str) -> tuple[Day, ...]:
    """Sums up by local day, oldest first. Only the last DAYS_MAX days with payments are returned."""
    zone = ZoneInfo(time_zone)
    days: dict[str, Day] = {}
    for quarter in quarters:
        day = datetime.fromtimestamp(quarter.number * QUARTER_S, zone).date().isoformat()
        so_far = days.get(day, Day(day=day))
        days[day] = Day(
            day=day,
            tickets=so_far.tickets + quarter.tickets,
            total_minor=so_far.total_minor + quarter.total_minor,
            free=so_far.free + quarter.free,
            given=so_far.given + quarter.given,
        )
    return tuple(days[day] for day in sorted(days)[-DAYS_MAX:])


def by_type(types: Sequence[TicketType], sold: Sequence[TypeSales]) -> list[TypeSales]:
    """Merges all ticket types, unsold ones too, with their sales. The dearest type comes first; names are catalog's
    latest."""
    merged = {one.ticket_type_id: TypeSales.unsold(one) for one in types}
    for one in sold:
        listed = merged.get(one.ticket_type_id, one)
        merged[one.ticket_type_id] = replace(one, name=listed.name)
    ordered = sorted(
        merged.values(), key=lambda one: (-one.dearest_minor, -one.total_minor, one.name, one.ticket_type_id)
    )
    return ordered[:TYPES_MAX]


def named(stocks: Sequence[Stock], types: Sequence[TicketType], areas: Mapping[str, str]) -> tuple[Stock, ...]:
    """Names counts for people. Counts of the whole event come first, then those of its areas and of its ticket types in
    catalog's order. areas: as in Event."""
    names = {**areas, **{ticket_type.ticket_type_id: ticket_type.name for ticket_type in types}}
    ranks = {name: rank for rank, name in enumerate([*OF_THE_EVENT, *names])}
    ordered = sorted(stocks, key=lambda stock: (ranks.get(stock.name, len(ranks)), stock.name, stock.pool_id))
    return tuple(replace(stock, name=names.get(stock.name, stock.name)) for stock in ordered[:OCCUPANCY_MAX])
