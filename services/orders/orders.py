"""Orders: which lines an order has, whether it may be made, and how it changes its state. Decisions only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eventhub.refusals import CurrencyMismatch, MethodNotAllowed, TotalChanged
from services.kit.values import SECOND_US
from services.orders.refunds.refund import Refund


class OrderState(StrEnum):
    """The contract's OrderState, as the database spells it."""

    PENDING = "PENDING"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    PAID = "PAID"
    FAILED = "FAILED"
    REFUNDING = "REFUNDING"
    PART_REFUNDED = "PART_REFUNDED"
    REFUNDED = "REFUNDED"
    REFUND_MANUAL = "REFUND_MANUAL"
    DISPUTED = "DISPUTED"


class PaymentMethod(StrEnum):
    """The contract's PaymentMethod, as the database spells it."""

    CARD = "CARD"
    FREE = "FREE"
    BOX_OFFICE = "BOX_OFFICE"
    COMPLIMENTARY = "COMPLIMENTARY"


# The checkout saga still has work with orders in these states.
AWAITING_PROVIDER = frozenset({OrderState.PENDING, OrderState.PAYMENT_PENDING})
# The states of paid orders of which something is or was given back.
GIVEN_BACK = frozenset(
    {
        OrderState.REFUNDING,
        OrderState.PART_REFUNDED,
        OrderState.REFUNDED,
        OrderState.REFUND_MANUAL,
        OrderState.DISPUTED,
    }
)
# The methods of the organizer's members at the counter.
COUNTER = frozenset({PaymentMethod.BOX_OFFICE, PaymentMethod.COMPLIMENTARY})
# The methods that need a payment, unless the total is zero.
PAYING = frozenset({PaymentMethod.CARD, PaymentMethod.BOX_OFFICE})
# How long an order waits for a silent provider before it is given up.
PAY_WITHIN_US = 15 * 60 * SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One ticket of an order. Prices are in minor units of the order's currency."""

    ticket_type_id: str
    ticket_type_name: str
    seat_id: str
    seat_label: str
    face_minor: int
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it is stored.

    number: short, for people; empty until the order is written.
    buyer_id: the account the order belongs to.
    session_id: the session that took the hold.
    sold_by: the member who sold at the counter; empty elsewhere.
    gift_reason: why an owner or manager gave the tickets away, for the organizer's books; no code reads it.
    giving_up: why the order is being given up; empty while it goes forward.
    tries: how often the saga has been put off.
    counter_method, counter_reference, till_id: how the customer paid at the counter, and into which till; empty
    elsewhere.
    received_minor: the cash that the customer gave at the counter; None if nobody said.
    one_sale: whether the hold was taken for this order alone; its places are free as soon as the order has failed.
    places_revision: how often the hold's places had moved to another plan when the order took its seats.
    refunded_minor: the money that was given back, or is owed. refund_count: how many refunds it has, also failed ones.
    disputed_us: when the owner of the card has disputed its payment; None if nobody has.
    """

    order_id: str
    number: str
    event_id: str
    organizer_id: str
    buyer_id: str
    session_id: str
    sold_by: str
    hold_id: str
    content_hash: str
    state: OrderState
    method: PaymentMethod
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
    counter_method: str = ""
    counter_reference: str = ""
    till_id: str = ""
    received_minor: int | None = None
    one_sale: bool = False
    places_revision: int = 0
    refunded_minor: int = 0
    refund_count: int = 0
    disputed_us: int | None = None
    lines: tuple[OrderLine, ...]
    refunds: tuple[Refund, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether the order stays as it is unless somebody asks for a change."""
        return not self.awaits_provider and self.state != OrderState.REFUNDING

    @property
    def awaits_provider(self) -> bool:
        """Whether the saga has more to do with the order, or waits for the payment provider."""
        return self.state in AWAITING_PROVIDER

    @property
    def unnamed(self) -> bool:
        """Whether it is for a customer at the counter whose name is not known. It belongs to the organizer."""
        return self.buyer_id == self.organizer_id

    @property
    def needs_payment(self) -> bool:
        """Whether payments has to take money for the order."""
        return self.total_minor > 0 and self.method in PAYING

    @property
    def tickets_discounted(self) -> int:
        """How many tickets cost less than their face value because of a coupon."""
        return sum(line.price_minor < line.face_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """A place of the hold that an order is made of. Its seat is empty for general places, its lot if it has none."""

    ticket_type_id: str
    seat_id: str
    seat_label: str
    lot_id: str = ""


@dataclass(frozen=True, slots=True)
class MovedPlaces:
    """All places of a hold after its event has moved to another plan, in the order of the lines. revision: how often
    they have moved by now."""

    revision: int
    places: tuple[HeldPlace, ...]


@dataclass(frozen=True, slots=True)
class TypePrice:
    """The prices of the tickets of one type, or of one lot of it, in minor units, one per ticket: at face value, and
    with the coupon. name: for people, with the lot's."""

    name: str
    face_minor: tuple[int, ...]
    unit_minor: tuple[int, ...]


def with_state(order: Order, state: OrderState, *, now_us: int) -> Order | None:
    """The order in a new state of the checkout saga; None if it is in that state already, or the saga is over. The card
    token is deleted as soon as the saga cannot need it again."""
    if not order.awaits_provider or order.state == state:
        return None
    paid = state == OrderState.PAID
    return replace(
        order,
        state=state,
        paid_us=now_us if paid else None,
        giving_up="" if paid else order.giving_up,
        card_token=order.card_token if state in AWAITING_PROVIDER else "",
        version=order.version + 1,
    )


def reseated(order: Order, moved: MovedPlaces) -> Order | None:
    """The order with the seats that its hold has by now; None if it has them already, or has failed. Its version is the
    same if the seats are."""
    if order.state == OrderState.FAILED or moved.revision <= order.places_revision:
        return None
    lines = tuple(
        replace(line, seat_id=place.seat_id, seat_label=place.seat_label)
        for line, place in zip(order.lines, moved.places, strict=True)
    )
    version = order.version + (lines != order.lines)
    return replace(order, places_revision=moved.revision, version=version, lines=lines)


def lines_of(
    places: Sequence[HeldPlace], prices: Mapping[tuple[str, str], TypePrice], *, gift: bool
) -> tuple[OrderLine, ...]:
    """The lines of an order, one for each held place. prices: by ticket type id and lot id. gift: whether all tickets
    are free."""
    faces = {key: iter(price.face_minor) for key, price in prices.items()}
    units = {key: iter(price.unit_minor) for key, price in prices.items()}
    keys = [(place.ticket_type_id, place.lot_id) for place in places]
    return tuple(
        OrderLine(
            ticket_type_id=place.ticket_type_id,
            ticket_type_name=prices[key].name,
            seat_id=place.seat_id,
            seat_label=place.seat_label,
            face_minor=next(faces[key]),
            price_minor=0 if gift else next(units[key]),
        )
        for place, key in zip(places, keys, strict=True)
    )


def check_method(method: PaymentMethod, *, total_minor: int, is_member: bool, may_give: bool, own_event: bool) -> None:
    """Raises MethodNotAllowed if a method does not fit the order or its caller. may_give: whether the caller's role may
    give tickets away. own_event: whether the caller's organizer has the event."""
    if method in COUNTER and not (is_member and own_event):
        raise MethodNotAllowed(method=method)
    if method == PaymentMethod.COMPLIMENTARY and not may_give:
        raise MethodNotAllowed(method=method)
    if method == PaymentMethod.FREE and total_minor:
        raise MethodNotAllowed(method=method)


def check_total(total_minor: int, currency: str, *, expected_minor: int, expected_currency: str) -> None:
    """Raises CurrencyMismatch or TotalChanged if an order does not cost as much as its buyer expects."""
    if expected_currency != currency:
        raise CurrencyMismatch(expected=currency)
    if expected_minor != total_minor:
        raise TotalChanged(expected_minor=expected_minor, total_minor=total_minor, currency=currency)
