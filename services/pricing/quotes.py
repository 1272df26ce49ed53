"""What tickets cost, and why. Prices sum up exactly; a coupon never brings one below zero."""

from dataclasses import dataclass

from eventhub.refusals import CouponNotApplicable, OrderLimit, TicketTypeNotFound
from services.kit.language import invalid
from services.kit.values import MINOR_MAX, Money, total
from services.pricing.coupons import Coupon

FACE_PRICE = "face price"
HALF_BY_LAW = "half price by law"


@dataclass(frozen=True, slots=True)
class TicketType:
    """What can be bought. price: of one ticket, without a coupon."""

    ticket_type_id: str
    name: str
    half_price: bool
    price: Money


@dataclass(frozen=True, slots=True)
class Event:
    """What pricing knows of an event. time_zone: of its clocks; empty: not known."""

    event_id: str
    organizer_id: str
    currency: str
    tickets_per_order_max: int
    ticket_types: tuple[TicketType, ...]
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """So many tickets of one type."""

    kind: TicketType
    quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    """The tickets of one type, priced. unit_prices: one a ticket. reasons: for programs. coupon: what takes something
    off."""

    kind: TicketType
    unit_prices: tuple[Money, ...]
    total: Money
    reasons: tuple[str, ...]
    coupon: Coupon | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """An exact price: total = face - discount = the sum of all unit prices."""

    event: Event
    lines: tuple[Line, ...]
    face: Money
    discount: Money
    total: Money
    coupon_id: str


def choose(event: Event, wanted: list[tuple[str, int]]) -> list[Item]:
    """The items wanted, as ticket type id and quantity. Raises TicketTypeNotFound and OrderLimit."""
    items = [Item(type_of(event, ticket_type_id), quantity) for ticket_type_id, quantity in wanted]
    if sum(item.quantity for item in items) > event.tickets_per_order_max:
        raise OrderLimit(limit=event.tickets_per_order_max)
    return items


def type_of(event: Event, ticket_type_id: str) -> TicketType:
    """A ticket type of the event. Raises TicketTypeNotFound."""
    for kind in event.ticket_types:
        if kind.ticket_type_id == ticket_type_id:
            return kind
    raise TicketTypeNotFound(ticket_type_id=ticket_type_id)


def price(event: Event, items: list[Item], coupon: Coupon | None) -> Quote:
    """What items cost, with a coupon or without. Raises CouponNotApplicable where the coupon would take nothing off:
    nobody shall spend a use on that; InvalidRequest where they cost more than can be said."""
    face = total([item.kind.price * item.quantity for item in items], event.currency)
    if face.minor > MINOR_MAX:
        raise invalid("items", "total", "fewer: so many cost too much", "menos: assim o total é alto demais")
    nothing = Money(0, event.currency)
    shares = discounts(items, coupon) if coupon else {}
    discount = total(list(shares.values()), event.currency)
    if coupon and discount == nothing:
        raise CouponNotApplicable
    lines = tuple(
        line(item, [shares.get((n, ticket), nothing) for ticket in range(item.quantity)], coupon)
        for n, item in enumerate(items)
    )
    paid = total([one.total for one in lines], event.currency)
    return Quote(event, lines, face, discount, paid, coupon.coupon_id if coupon else "")


def discounts(items: list[Item], coupon: Coupon) -> dict[tuple[int, int], Money]:
    """What a coupon takes off each ticket it applies to, by line and ticket: the dearest first, of equal ones the first
    asked for."""
    tickets = [
        (n, ticket) for n, item in enumerate(items) if applies(coupon, item.kind) for ticket in range(item.quantity)
    ]
    tickets.sort(key=lambda place: -items[place[0]].kind.price.minor)
    most = coupon.tickets_per_use_max or len(tickets)
    return {place: coupon.off(items[place[0]].kind.price) for place in tickets[:most]}


def applies(coupon: Coupon, kind: TicketType) -> bool:
    """Whether a coupon may take something off a ticket type. What is half-price by law takes part in no promotion."""
    if kind.half_price:
        return False
    return not coupon.ticket_type_ids or kind.ticket_type_id in coupon.ticket_type_ids


def line(item: Item, shares: list[Money], coupon: Coupon | None) -> Line:
    """One type's tickets, each less its share of the discount."""
    prices = tuple(item.kind.price - share for share in shares)
    reasons = [HALF_BY_LAW if item.kind.half_price else FACE_PRICE]
    used = coupon if any(share.minor for share in shares) else None
    if used:
        reasons.append(used.reason)
    return Line(item.kind, prices, total(list(prices), item.kind.price.currency), tuple(reasons), used)
