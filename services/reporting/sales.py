"""What reporting knows and how it adds up: by day, by ticket type, by count of places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

PAID, FAILED = "PAID", "FAILED"
# What an order is: money is paid for it, it costs nothing, or it is a gift.
SOLD, FREE, GIVEN = "SOLD", "FREE", "GIVEN"
# Every time zone's offset today is a multiple of this, so no quarter of an hour belongs to two days.
QUARTER_S = 15 * 60
DAYS_MAX = 400
TYPES_MAX = 50
OCCUPANCY_MAX = 110
# Counts over a whole event come before those of single ticket types.
OF_THE_EVENT = ("seats", "places", "public", "half")


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket of an order. face_minor: without a coupon; price_minor: with it."""

    ticket_type_id: str
    name: str
    face_minor: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order as orders told it. gift: whether it is given away. paid_us: None until it is paid."""

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
        """SOLD, FREE or GIVEN."""
        if self.gift:
            return GIVEN
        return SOLD if self.total_minor else FREE

    @property
    def free(self) -> int:
        """How many of its tickets cost nothing, and are no gifts."""
        return 0 if self.gift else sum(not line.price_minor for line in self.lines)

    @property
    def given(self) -> int:
        """How many of its tickets are gifts."""
        return len(self.lines) if self.gift else 0

    @property
    def discounted(self) -> int:
        """How many of its tickets cost less than their face."""
        return sum(line.price_minor < line.face_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class TicketType:
    """A ticket type as catalog told it."""

    ticket_type_id: str
    name: str
    price_minor: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event as catalog told it."""

    event_id: str
    organizer_id: str
    title: str
    time_zone: str
    currency: str
    version: int
    types: tuple[TicketType, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an event, whoever told it. currency: empty until a fact has named one."""

    event_id: str
    time_zone: str
    currency: str
    revision: int


@dataclass(frozen=True, slots=True)
class Stock:
    """A count of places."""

    pool_id: str
    name: str
    capacity: int
    held: int
    sold: int


@dataclass(frozen=True, slots=True)
class Sum:
    """Some orders, added up. tickets: those sold at a price; free, given: those that are not."""

    orders: int = 0
    tickets: int = 0
    free: int = 0
    given: int = 0
    face_minor: int = 0
    discount_minor: int = 0
    total_minor: int = 0


@dataclass(frozen=True, slots=True)
class Quarter:
    """What was paid in a quarter of an hour. number: quarters since 1970. tickets: those sold at a price."""

    number: int
    tickets: int
    total_minor: int
    free: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """What was paid on a day, "2026-12-01". tickets: those sold at a price."""

    day: str
    tickets: int
    total_minor: int
    free: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True)
class Sales:
    """An event's orders: those sold, free and given away, all of them paid. pending: neither paid nor given up."""

    currency: str
    sold: Sum
    free: Sum
    given: Sum
    pending: int
    failed: int
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class TypeSales:
    """A ticket type's paid tickets: those sold at a price, free and given away. dearest_minor: the highest face of one
    of them; face_minor: of all but gifts."""

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
    """A coupon's paid orders. tickets: those it took something off."""

    coupon_id: str
    code: str
    orders: int
    tickets: int
    discount_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How full an event is."""

    counts: tuple[Stock, ...]
    admitted: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything at once. revision: the event's, to know when to look again; no part of what is shown."""

    sales: Sales
    occupancy: Occupancy
    revision: int = field(compare=False)


def sales_of(known: Known, sums: dict[tuple[str, str], Sum], quarters: Iterable[Quarter]) -> Sales:
    """An event's orders, and its days. sums: by state and by what the orders are."""
    pending = sum(orders.orders for (state, _), orders in sums.items() if state not in (PAID, FAILED))
    failed = sum(orders.orders for (state, _), orders in sums.items() if state == FAILED)
    sold, free, given = (sums.get((PAID, sale), Sum()) for sale in (SOLD, FREE, GIVEN))
    return Sales(known.currency, sold, free, given, pending, failed, by_day(quarters, known.time_zone))


def by_day(quarters: Iterable[Quarter], time_zone: str) -> tuple[Day, ...]:
    """Days on which something was paid, as the clocks there showed them, oldest first; the last DAYS_MAX of them."""
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
    """Every ticket type under its present name, unsold ones too, dearest ticket first."""
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
    """Counts under names for people, those over the whole event first, then ticket types as catalog orders them."""
    names = {kind.ticket_type_id: kind.name for kind in types}
    ranks = {name: rank for rank, name in enumerate([*OF_THE_EVENT, *names])}
    ordered = sorted(stocks, key=lambda stock: (ranks.get(stock.name, len(ranks)), stock.name, stock.pool_id))
    return tuple(
        Stock(stock.pool_id, names.get(stock.name, stock.name), stock.capacity, stock.held, stock.sold)
        for stock in ordered[:OCCUPANCY_MAX]
    )
