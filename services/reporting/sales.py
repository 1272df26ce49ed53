"""The values that reporting knows, and its sums: by day, by ticket type, by count of places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

PAID, FAILED = "PAID", "FAILED"
# The kinds of sale: SOLD costs money, FREE costs nothing, GIVEN is a gift.
SOLD, FREE, GIVEN = "SOLD", "FREE", "GIVEN"
# Every time zone's present offset is a multiple of this, so no quarter of an hour spans two days.
QUARTER_S = 15 * 60
DAYS_MAX = 400
TYPES_MAX = 50
OCCUPANCY_MAX = 110
# The counts of a whole event come before those of single ticket types.
OF_THE_EVENT = ("seats", "places", "public", "half")


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket of an order. face_minor: its price without a coupon; price_minor: with it."""

    ticket_type_id: str
    name: str
    face_minor: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order, as orders published it. gift: whether it is given away. paid_us: None until it is paid."""

    order_id: str
    event_id: str
    organizer_id: str
    state: str
    gift: bool
    lines: tuple[Line, ...]
    face_minor: int
    discount_minor: int
    total_minor: int
    currency: str
    coupon_id: str
    coupon_code: str
    paid_us: int | None
    version: int

    @property
    def sale(self) -> str:
        """The order's kind of sale."""
        if self.gift:
            return GIVEN
        return SOLD if self.total_minor else FREE

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


@dataclass(frozen=True, slots=True)
class Event:
    """An event, as catalog published it."""

    event_id: str
    organizer_id: str
    title: str
    time_zone: str
    currency: str
    version: int
    types: tuple[TicketType, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """The present state of an event, from all contexts' facts. currency: empty until a fact names one. revision: grows
    with each fact."""

    event_id: str
    time_zone: str
    currency: str
    revision: int


@dataclass(frozen=True, slots=True)
class Stock:
    """A count of places: all, held and sold."""

    pool_id: str
    name: str
    capacity: int
    held: int
    sold: int


@dataclass(frozen=True, slots=True)
class Sum:
    """Sums over orders. tickets: sold at a price; free, given: the other tickets."""

    orders: int = 0
    tickets: int = 0
    free: int = 0
    given: int = 0
    face_minor: int = 0
    discount_minor: int = 0
    total_minor: int = 0


@dataclass(frozen=True, slots=True)
class Quarter:
    """Sums over the orders paid in a quarter of an hour. number: quarters since 1970. tickets: sold at a price."""

    number: int
    tickets: int
    total_minor: int
    free: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """Sums over the orders paid on a day, "2026-12-01". tickets: sold at a price."""

    day: str
    tickets: int
    total_minor: int
    free: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True)
class Sales:
    """An event's orders. sold, free, given: sums over paid orders, by kind of sale. pending: orders that are neither
    paid nor failed."""

    currency: str
    sold: Sum
    free: Sum
    given: Sum
    pending: int
    failed: int
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class TypeSales:
    """A ticket type's paid tickets: sold at a price, free, and given away. dearest_minor: their highest face price.
    face_minor: their face prices without gifts."""

    ticket_type_id: str
    name: str
    tickets: int
    face_minor: int
    total_minor: int
    dearest_minor: int
    free: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True)
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


def sales_of(known: Known, sums: dict[tuple[str, str], Sum], quarters: Iterable[Quarter]) -> Sales:
    """Builds an event's sales. sums: by state and kind of sale."""
    pending = sum(orders.orders for (state, _), orders in sums.items() if state not in (PAID, FAILED))
    failed = sum(orders.orders for (state, _), orders in sums.items() if state == FAILED)
    sold, free, given = (sums.get((PAID, sale), Sum()) for sale in (SOLD, FREE, GIVEN))
    return Sales(known.currency, sold, free, given, pending, failed, by_day(quarters, known.time_zone))


def by_day(quarters: Iterable[Quarter], time_zone: str) -> tuple[Day, ...]:
    """Sums up by local day, oldest first. Only the last DAYS_MAX days with payments are returned."""
    zone = ZoneInfo(time_zone)
    days: dict[str, Day] = {}
    for quarter in quarters:
        day = datetime.fromtimestamp(quarter.number * QUARTER_S, zone).date().isoformat()
        so_far = days.get(day, Day(day, 0, 0))
        days[day] = Day(
            day,
            so_far.tickets + quarter.tickets,
            so_far.total_minor + quarter.total_minor,
            so_far.free + quarter.free,
            so_far.given + quarter.given,
        )
    return tuple(days[day] for day in sorted(days)[-DAYS_MAX:])


def by_type(types: Sequence[TicketType], sold: Sequence[TypeSales]) -> list[TypeSales]:
    """Merges all ticket types, unsold ones too, with their sales. The dearest type comes first; names are catalog's
    latest."""
    all_types = {
        kind.ticket_type_id: TypeSales(kind.ticket_type_id, kind.name, 0, 0, 0, kind.price_minor) for kind in types
    }
    for kind in sold:
        now = all_types.get(kind.ticket_type_id, kind)
        all_types[kind.ticket_type_id] = replace(kind, name=now.name)
    ordered = sorted(
        all_types.values(), key=lambda kind: (-kind.dearest_minor, -kind.total_minor, kind.name, kind.ticket_type_id)
    )
    return ordered[:TYPES_MAX]


def named(stocks: Sequence[Stock], types: Sequence[TicketType]) -> tuple[Stock, ...]:
    """Names counts for people. Counts of the whole event come first, then those of ticket types in catalog's order."""
    names = {kind.ticket_type_id: kind.name for kind in types}
    ranks = {name: rank for rank, name in enumerate([*OF_THE_EVENT, *names])}
    ordered = sorted(stocks, key=lambda stock: (ranks.get(stock.name, len(ranks)), stock.name, stock.pool_id))
    return tuple(
        Stock(stock.pool_id, names.get(stock.name, stock.name), stock.capacity, stock.held, stock.sold)
        for stock in ordered[:OCCUPANCY_MAX]
    )
