"""Computes quotes. Unit prices add up exactly to the total, and no price falls below zero. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from eventhub.refusals import CouponNotApplicable, OrderLimit, TicketTypeNotFound
from services.kit.language import invalid
from services.kit.values import MINOR_MAX, Money, folded, total
from services.pricing import packages
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
    """A ticket type of an event. price: of one package that comes from no lot, without a coupon. prices: each such
    price so far with the time in microseconds from which it is in force, the newest last; empty if there was only one.
    archived: it sells no more. package_size: how many tickets are sold together; 1: each by itself, and the price is
    that of one ticket; a type with lots has no larger packages."""

    ticket_type_id: str
    name: str
    half_price: bool
    price: Money
    prices: tuple[tuple[int, Money], ...] = ()
    archived: bool = False
    package_size: int = 1


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
    """A number of tickets of one type, in whole packages, from one lot or from none."""

    ticket_type: TicketType
    quantity: int
    lot: Lot | None = None

    @property
    def price(self) -> Money:
        """Of one package, without a coupon."""
        return self.lot.price if self.lot else self.ticket_type.price

    @property
    def packages(self) -> int:
        """How many packages they are; as many as tickets if each is sold by itself."""
        return self.quantity // self.ticket_type.package_size


class LotUnknown(Exception):
    """The event, as it is known here, does not have a lot that inventory sells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """The tickets of one item with their prices. unit_faces: of each ticket without a coupon. unit_prices: with it.
    reasons: for programs. coupon: None if it lowers none of these prices."""

    ticket_type: TicketType
    lot: Lot | None
    unit_faces: tuple[Money, ...]
    unit_prices: tuple[Money, ...]
    total: Money
    reasons: tuple[str, ...]
    coupon: Coupon | None = None

    @property
    def face(self) -> Money:
        """Of one package, without a coupon."""
        return self.lot.price if self.lot else self.ticket_type.price


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
    is archived; PackageIncomplete; OrderLimit for too many tickets that are not held."""
    types = [type_of(event, one.ticket_type_id) for one in asked]
    archived = [ticket_type.ticket_type_id for ticket_type in types if ticket_type.archived]
    if archived and not held:
        raise TicketTypeNotFound(ticket_type_id=archived[0])
    for ticket_type, one in zip(types, asked, strict=True):
        packages.check_whole(one.ticket_type_id, ticket_type.package_size, one.quantity)
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
    face = total([item.price * item.packages for item in items], event.currency)
    if face.minor > MINOR_MAX:
        raise invalid("items", "total", "fewer tickets: they cost too much", "menos ingressos: o total é alto demais")
    nothing = Money(0, event.currency)
    shares = discounts(items, coupon) if coupon else {}
    discount = total(list(shares.values()), event.currency)
    if coupon and discount == nothing:
        raise CouponNotApplicable
    lines = tuple(
        line(item, [shares.get((n, package), nothing) for package in range(item.packages)], coupon)
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
    """The discount of each discounted ticket or package, by the index of its item and its index within the item. If the
    coupon is limited to some tickets per use, it discounts the most expensive ones, and only whole packages; among
    equal ones those asked for first."""
    wanted = [
        (n, package)
        for n, item in enumerate(items)
        if applies(coupon, item.ticket_type)
        for package in range(item.packages)
    ]
    wanted.sort(key=lambda at: -Fraction(items[at[0]].price.minor, items[at[0]].ticket_type.package_size))
    left = coupon.tickets_per_use_max or sum(item.quantity for item in items)
    off: dict[tuple[int, int], Money] = {}
    for at in wanted:
        size = items[at[0]].ticket_type.package_size
        if size <= left:
            left -= size
            off[at] = coupon.off(items[at[0]].price)
    return off


def applies(coupon: Coupon, ticket_type: TicketType) -> bool:
    """True if a coupon applies to a ticket type. No coupon applies to half-price types: by law they cannot be
    combined with promotions."""
    if ticket_type.half_price:
        return False
    if coupon.ticket_type_names:
        return folded(ticket_type.name) in map(folded, coupon.ticket_type_names)
    return not coupon.ticket_type_ids or ticket_type.ticket_type_id in coupon.ticket_type_ids


def line(item: Item, shares: list[Money], coupon: Coupon | None) -> QuoteLine:
    """The priced tickets of one item. shares: the discount of each ticket or package."""
    ticket_type, size = item.ticket_type, item.ticket_type.package_size
    prices = packages.shares([item.price - share for share in shares], size)
    reasons = [HALF_BY_LAW if ticket_type.half_price else FACE_PRICE]
    if item.lot:
        reasons.append(f"lot {item.lot.name}")
    if size > 1:
        reasons.append(f"package of {size}")
    used = coupon if any(share.minor for share in shares) else None
    if used:
        reasons.append(used.reason)
    return QuoteLine(
        ticket_type=ticket_type,
        lot=item.lot,
        unit_faces=packages.shares([item.price] * item.packages, size),
        unit_prices=prices,
        total=total(list(prices), item.price.currency),
        reasons=tuple(reasons),
        coupon=used,
    )
