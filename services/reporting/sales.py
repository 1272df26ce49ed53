"""reporting's sums: by day, by ticket type, by count of places."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from services.reporting.known import OPEN, PAID, KnownEvent, OrderState, Sale, Stock, TicketType

# Every time zone's present offset is a multiple of this, so no quarter of an hour spans two days.
QUARTER_S = 15 * 60
DAYS_MAX = 400
TYPES_MAX = 50
OCCUPANCY_MAX = 110
# The counts of a whole event come before those of single ticket types.
OF_THE_EVENT = ("seats", "places", "public", "half")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSum:
    """Sums over orders. tickets: sold at a price; free, given: the other tickets. returned: tickets of any kind that
    were given back."""

    orders: int = 0
    tickets: int = 0
    free: int = 0
    given: int = 0
    face_minor: int = 0
    discount_minor: int = 0
    total_minor: int = 0
    returned: int = 0
    refunded_minor: int = 0

    def __add__(self, other: Self) -> Self:
        """The sums over the orders of both."""
        return replace(self, **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Sums over the orders paid, and the money refunded, in a quarter of an hour. number: quarters since 1970. tickets:
    sold at a price."""

    number: int
    tickets: int = 0
    total_minor: int = 0
    free: int = 0
    given: int = 0
    refunded_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Sums over the orders paid, and the money refunded, on a day, "2026-12-01". tickets: sold at a price."""

    day: str
    tickets: int = 0
    total_minor: int = 0
    free: int = 0
    given: int = 0
    refunded_minor: int = 0


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

    @property
    def returned(self) -> int:
        """The number of tickets that were given back."""
        return self.sold.returned + self.free.returned + self.given.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSales:
    """A ticket type's paid tickets: sold at a price, free, and given away. dearest_minor: their highest face price.
    face_minor: their face prices without gifts. returned: how many were given back."""

    ticket_type_id: str
    name: str
    tickets: int = 0
    face_minor: int = 0
    total_minor: int = 0
    dearest_minor: int
    free: int = 0
    given: int = 0
    returned: int = 0

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
    sold, free, given = (
        sum((orders for (state, kind), orders in sums.items() if state in PAID and kind is sale), OrderSum())
        for sale in Sale
    )
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
    """Sums up by local day, oldest first. Only the last DAYS_MAX days with payments or
    refunds are returned."""
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
            refunded_minor=so_far.refunded_minor + quarter.refunded_minor,
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
