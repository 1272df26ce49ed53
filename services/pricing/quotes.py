"""Computes quotes. Unit prices add up exactly to the total, and no price falls below zero. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from eventhub.refusals import CouponNotApplicable, OrderLimit, TicketTypeNotFound
from services.kit.language import invalid
from services.kit.values import MINOR_MAX, Money, folded, total
from services.pricing.coupons import Coupon

FACE_PRICE = "face price"
HALF_BY_LAW = "half price by law"


@dataclass(frozen=True, slots=True)
class Lot:
    """A part of a ticket type with a price of its own. version: grows each time that its name or price changes."""

    lot_id: str
    version: int
    name: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketType:
    """A ticket type of an event. price: of one ticket that comes from no lot, without a coupon. prices: each such price
    so far with the time in microseconds from which it is in force, the newest last; empty if there was only one.
    archived: it sells no more."""

    ticket_type_id: str
    name: str
    half_price: bool
    price: Money
    prices: tuple[tuple[int, Money], ...] = ()
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The part of an event that pricing needs. time_zone: its IANA name; empty if unknown. series_id: empty if it is no
    night of a series. lots: by ticket type id; a type without lots has none."""

    event_id: str
    organizer_id: str
    currency: str
    tickets_per_order_max: int
    ticket_types: tuple[TicketType, ...]
    time_zone: str = ""
    series_id: str = ""
    lots: Mapping[str, tuple[Lot, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for the price of some tickets of one type. lot_id: the lot they come from, empty if from none; None
    if inventory has not been asked yet."""

    ticket_type_id: str
    quantity: int
    lot_id: str | None = None
    lot_version: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A number of tickets of one type, from one lot or from none."""

    ticket_type: TicketType
    quantity: int
    lot: Lot | None = None

    @property
    def price(self) -> Money:
        """Of one ticket, without a coupon."""
        return self.lot.price if self.lot else self.ticket_type.price


class LotUnknown(Exception):
    """The event, as it is known here, does not have a lot that inventory sells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """The tickets of one item with their prices. unit_face: of one ticket without a coupon. unit_prices: one per
    ticket. reasons: for programs. coupon: None if it lowers none of these prices."""

    ticket_type: TicketType
    lot: Lot | None
    unit_face: Money
    unit_prices: tuple[Money, ...]
    total: Money
    reasons: tuple[str, ...]
    coupon: Coupon | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """An exact price: total = face - discount = sum of all unit prices. coupon_id: empty if there is no coupon."""

    event: Event
    lines: tuple[QuoteLine, ...]
    face: Money
    discount: Money
    total: Money
    coupon_id: str


def check(event: Event, asked: Sequence[Asked], *, held: bool) -> None:
    """Raises TicketTypeNotFound for a type that the event does not have, or, unless its tickets are held, for one that
    is archived; OrderLimit for too many tickets that are not held."""
    types = [type_of(event, one.ticket_type_id) for one in asked]
    archived = [ticket_type.ticket_type_id for ticket_type in types if ticket_type.archived]
    if archived and not held:
        raise TicketTypeNotFound(ticket_type_id=archived[0])
    # What is held was within its limit when it was taken; the counter's is higher than the buyers'.
    if not held and sum(one.quantity for one in asked) > event.tickets_per_order_max:
        raise OrderLimit(limit=event.tickets_per_order_max)


def choose(event: Event, asked: Sequence[Asked], *, held_us: int | None, now_us: int) -> list[Item]:
    """Looks up the ticket types and lots of some tickets, with the prices at the time they were held, or now. held_us:
    None if they are not held. Raises as check, and LotUnknown."""
    check(event, asked, held=held_us is not None)
    at_us = now_us if held_us is None else held_us
    types = [priced(type_of(event, one.ticket_type_id), at_us) for one in asked]
    return [Item(ticket_type, one.quantity, lot_of(event, one)) for ticket_type, one in zip(types, asked, strict=True)]


def lot_of(event: Event, asked: Asked) -> Lot | None:
    """The lot of some tickets, None if they come from none. Raises LotUnknown."""
    for lot in event.lots.get(asked.ticket_type_id, ()):
        if (lot.lot_id, lot.version) == (asked.lot_id, asked.lot_version):
            return lot
    if asked.lot_id:
        raise LotUnknown
    return None


def as_held(asked: Sequence[Asked], places: Sequence[Asked]) -> list[Asked]:
    """Tickets with the lots that gave a hold its places. places: the hold's, by type and lot. Those that the hold does
    not have stay as they are."""
    left = Counter({place: place.quantity for place in places})
    found: list[Asked] = []
    for one in asked:
        rest = one.quantity
        for place in places:
            taken = min(rest, left[place]) if place.ticket_type_id == one.ticket_type_id else 0
            if taken:
                found.append(replace(place, quantity=taken))
                left[place] -= taken
                rest -= taken
        if rest:
            found.append(replace(one, quantity=rest))
    return found


def priced(ticket_type: TicketType, at_us: int) -> TicketType:
    """A ticket type with the price that was in force at a time."""
    in_force = [price for from_us, price in ticket_type.prices if from_us <= at_us]
    oldest = [price for _, price in ticket_type.prices[:1]]
    return replace(ticket_type, price=(in_force or oldest or [ticket_type.price])[-1])


def type_of(event: Event, ticket_type_id: str) -> TicketType:
    """A ticket type of the event. Raises TicketTypeNotFound."""
    for ticket_type in event.ticket_types:
        if ticket_type.ticket_type_id == ticket_type_id:
            return ticket_type
    raise TicketTypeNotFound(ticket_type_id=ticket_type_id)


def price(event: Event, items: list[Item], coupon: Coupon | None) -> Quote:
    """The quote for some items, with or without a coupon. Raises CouponNotApplicable if the coupon would lower no
    price, so that a buyer does not waste a use of it, and InvalidRequest if the total exceeds MINOR_MAX."""
    face = total([item.price * item.quantity for item in items], event.currency)
    if face.minor > MINOR_MAX:
        raise invalid("items", "total", "fewer tickets: they cost too much", "menos ingressos: o total é alto demais")
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
    return Quote(
        event=event,
        lines=lines,
        face=face,
        discount=discount,
        total=paid,
        coupon_id=coupon.coupon_id if coupon else "",
    )


def discounts(items: list[Item], coupon: Coupon) -> dict[tuple[int, int], Money]:
    """The discount of each discounted ticket, by the index of its item and its index within the item. If the coupon is
    limited to some tickets per use, it discounts the most expensive ones; among equal ones those asked for first."""
    tickets = [
        (n, ticket)
        for n, item in enumerate(items)
        if applies(coupon, item.ticket_type)
        for ticket in range(item.quantity)
    ]
    tickets.sort(key=lambda at: -items[at[0]].price.minor)
    most = coupon.tickets_per_use_max or len(tickets)
    return {at: coupon.off(items[at[0]].price) for at in tickets[:most]}


def applies(coupon: Coupon, ticket_type: TicketType) -> bool:
    """True if a coupon applies to a ticket type. No coupon applies to half-price types: by law they cannot be
    combined with promotions."""
    if ticket_type.half_price:
        return False
    if coupon.ticket_type_names:
        return folded(ticket_type.name) in map(folded, coupon.ticket_type_names)
    return not coupon.ticket_type_ids or ticket_type.ticket_type_id in coupon.ticket_type_ids


def line(item: Item, shares: list[Money], coupon: Coupon | None) -> QuoteLine:
    """The priced tickets of one item. shares: the discount of each ticket."""
    ticket_type = item.ticket_type
    prices = tuple(item.price - share for share in shares)
    reasons = [HALF_BY_LAW if ticket_type.half_price else FACE_PRICE]
    if item.lot:
        reasons.append(f"lot {item.lot.name}")
    used = coupon if any(share.minor for share in shares) else None
    if used:
        reasons.append(used.reason)
    return QuoteLine(
        ticket_type=ticket_type,
        lot=item.lot,
        unit_face=item.price,
        unit_prices=prices,
        total=total(list(prices), item.price.currency),
        reasons=tuple(reasons),
        coupon=used,
    )
