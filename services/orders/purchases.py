"""Purchases: what an order is made of, and whether it may be made. Decisions only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eventhub.refusals import CurrencyMismatch, MethodNotAllowed, TotalChanged

PENDING, PAYMENT_PENDING, PAID, FAILED = "PENDING", "PAYMENT_PENDING", "PAID", "FAILED"
CARD, FREE, BOX_OFFICE, COMPLIMENTARY = "CARD", "FREE", "BOX_OFFICE", "COMPLIMENTARY"
# What members do at the counter.
COUNTER = (BOX_OFFICE, COMPLIMENTARY)
# How long an order waits for a provider that does not answer before it is given up.
PAY_WITHIN_US = 15 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket of an order; prices in minor units."""

    ticket_type_id: str
    ticket_type_name: str
    seat_id: str
    seat_label: str
    face_minor: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order as it is stored. number: for people, empty until it is written down. session_id: who held the places.
    sold_by: the member at the counter, empty elsewhere. giving_up: the reason it is being given up for, empty while it
    goes forward."""

    order_id: str
    number: str
    event_id: str
    organizer_id: str
    buyer_id: str
    session_id: str
    sold_by: str
    hold_id: str
    content_hash: str
    state: str
    method: str
    card_token: str
    face_minor: int
    discount_minor: int
    total_minor: int
    currency: str
    coupon_id: str
    coupon_code: str
    gift_reason: str
    giving_up: str
    created_us: int
    paid_us: int | None
    pay_until_us: int
    locale: str
    version: int
    tries: int
    lines: tuple[Line, ...]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done."""
        return self.state in (PAID, FAILED)

    @property
    def tickets_discounted(self) -> int:
        """How many tickets a coupon took something off."""
        return sum(line.price_minor < line.face_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """A place of the hold an order is made of."""

    ticket_type_id: str
    seat_id: str
    seat_label: str


@dataclass(frozen=True, slots=True)
class TypePrice:
    """What pricing says about one ticket type: its name, what one costs at face value, what each ticket costs."""

    name: str
    face_minor: int
    unit_minor: tuple[int, ...]


def turned(order: Purchase, state: str, *, now_us: int) -> Purchase | None:
    """An unsettled order moved to a state; None if it is settled, or in that state, already. The card's token is
    forgotten once nothing is left to be paid with it."""
    if order.settled or order.state == state:
        return None
    return replace(
        order,
        state=state,
        paid_us=now_us if state == PAID else None,
        giving_up="" if state == PAID else order.giving_up,
        card_token=order.card_token if state == PAYMENT_PENDING else "",
        version=order.version + 1,
    )


def lines_of(places: Sequence[HeldPlace], prices: Mapping[str, TypePrice], *, gift: bool) -> tuple[Line, ...]:
    """The lines of an order: each held place with its price; nothing costs anything as a gift."""
    units = {kind: iter(price.unit_minor) for kind, price in prices.items()}
    return tuple(
        Line(
            place.ticket_type_id,
            prices[place.ticket_type_id].name,
            place.seat_id,
            place.seat_label,
            prices[place.ticket_type_id].face_minor,
            0 if gift else next(units[place.ticket_type_id]),
        )
        for place in places
    )


def check_method(method: str, *, total_minor: int, is_member: bool, may_give: bool, own_event: bool) -> None:
    """Raises MethodNotAllowed where a method does not fit the order or the caller. may_give: whether the caller's role
    lets them give tickets away."""
    if method in COUNTER and not (is_member and own_event):
        raise MethodNotAllowed(method=method)
    if method == COMPLIMENTARY and not may_give:
        raise MethodNotAllowed(method=method)
    if method == FREE and total_minor:
        raise MethodNotAllowed(method=method)


def check_total(total_minor: int, currency: str, *, expected_minor: int, expected_currency: str) -> None:
    """Raises CurrencyMismatch or TotalChanged where an order does not cost what its buyer expects."""
    if expected_currency != currency:
        raise CurrencyMismatch(expected=currency)
    if expected_minor != total_minor:
        raise TotalChanged(expected_minor=expected_minor, total_minor=total_minor, currency=currency)
