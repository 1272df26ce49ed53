"""The values that reporting takes from the other contexts' facts."""

from dataclasses import dataclass
from enum import StrEnum


class OrderState(StrEnum):
    """The states of an order, named as in the contract."""

    PENDING = "PENDING"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    PAID = "PAID"
    FAILED = "FAILED"
    REFUNDING = "REFUNDING"
    PART_REFUNDED = "PART_REFUNDED"
    REFUNDED = "REFUNDED"
    REFUND_MANUAL = "REFUND_MANUAL"
    DISPUTED = "DISPUTED"


class Sale(StrEnum):
    """The kinds of sale: a sold order costs money, a free one costs nothing, a given one is a gift."""

    SOLD = "SOLD"
    FREE = "FREE"
    GIVEN = "GIVEN"


OPEN = (OrderState.PENDING, OrderState.PAYMENT_PENDING)
# Orders in these states have been paid. Their refunds are counted apart.
PAID = frozenset(OrderState) - {*OPEN, OrderState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One ticket of an order. face_minor: its price without a coupon; price_minor: with it. returned: whether it was
    given back."""

    ticket_type_id: str
    name: str
    face_minor: int
    price_minor: int
    returned: bool


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of an order that was given back, or that is owed to its buyer, or the rest of the price of a disputed
    order. at_us: when it was asked for, or disputed."""

    refund_id: str
    minor: int
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order, as orders published it. gift: whether it is given away. paid_us: None until it is paid. refunds: of
    its money, without those under way."""

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
    refunds: tuple[Refund, ...] = ()

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

    @property
    def returned(self) -> int:
        """The number of tickets that were given back."""
        return sum(line.returned for line in self.lines)

    @property
    def refunded_minor(self) -> int:
        """The money that was given back, or is owed."""
        return sum(refund.minor for refund in self.refunds)


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
