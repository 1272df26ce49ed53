"""What of an order may be given back, and for how much money. Decisions only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from eventhub import refusals
from services.kit.values import SECOND_US, rfc3339
from services.orders.orders import GIVEN_BACK, Order, OrderLine, OrderState
from services.orders.refunds.refund import Refund, RefundGround, RefundState, amount_given, lines_given

HOUR_US = 3_600 * SECOND_US
# CDC art. 49: the time in which a buyer may withdraw from a purchase at a distance.
WITHDRAWAL_US = 7 * 24 * HOUR_US
# How many refunds an order can have; the contract names it, too.
REFUNDS_MAX = 60
# Paid orders, unless the payment is disputed.
REFUNDABLE = (GIVEN_BACK | {OrderState.PAID}) - {OrderState.DISPUTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a refund has to know of its event.

    starts_us: when it starts; for a series, its first night.
    withdrawal_hours: how many hours before that the right to withdraw ends.
    shares: (hours before the start, percent): what buyers get back until then.
    package_sizes: by ticket type id; types that are sold one by one are left out.
    """

    starts_us: int
    withdrawal_hours: int
    shares: tuple[tuple[int, int], ...]
    package_sizes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a buyer gets for some lines now. until_us: until when."""

    ground: RefundGround
    amount_minor: int
    kept_minor: int
    until_us: int


def chosen(order: Order, line_ids: Sequence[str]) -> dict[str, OrderLine]:
    """The lines to give back, by line id: those named, or all that are left. Raises LineNotRefundable for one that does
    not exist or was given back before, or if none is left."""
    given = lines_given(order.refunds)
    left = {str(n): line for n, line in enumerate(order.lines, start=1) if str(n) not in given}
    if not left:
        raise refusals.LineNotRefundable(line_id="1")
    for line_id in line_ids:
        if line_id not in left:
            raise refusals.LineNotRefundable(line_id=line_id)
    return {line_id: left[line_id] for line_id in left if not line_ids or line_id in line_ids}


def check_refundable(order: Order) -> None:
    """Raises OrderState for an order that is not paid or is disputed, RefundNotAllowed if it has too many refunds."""
    if order.state not in REFUNDABLE:
        raise refusals.OrderState(state=order.state)
    if len(order.refunds) >= REFUNDS_MAX:
        raise refusals.RefundNotAllowed


def check_under_way(order: Order) -> None:
    """Raises RefundUnderWay if a refund of the order is not over."""
    if order.state == OrderState.REFUNDING:
        raise refusals.RefundUnderWay


def price_left(order: Order, lines: Sequence[OrderLine]) -> int:
    """How much money of some lines is left: their price, unless money of the order was given back by itself."""
    return min(sum(line.price_minor for line in lines), order.total_minor - order.refunded_minor)


def offer(order: Order, lines: dict[str, OrderLine], terms: Terms, *, now_us: int) -> Offer:
    """What the buyer gets for some lines. Raises RefundNotAllowed, PackageIncomplete."""
    check_packages(order, lines, terms)
    price_minor = price_left(order, list(lines.values()))
    withdrawal_us = withdrawal_end_us(order, terms)
    if now_us < withdrawal_us:
        return Offer(RefundGround.WITHDRAWAL, price_minor, 0, withdrawal_us)
    if not any(line.price_minor for line in lines.values()) and now_us < terms.starts_us:
        return Offer(RefundGround.TERMS, 0, 0, terms.starts_us)
    deadlines = [(percent, terms.starts_us - hours * HOUR_US) for hours, percent in terms.shares]
    ahead = [(percent, until_us) for percent, until_us in deadlines if now_us < until_us]
    if not ahead:
        raise not_allowed([withdrawal_us, *(until_us for _, until_us in deadlines)])
    percent, until_us = max(ahead)
    amount = min(price_minor, sum(part(line.price_minor, percent) for line in lines.values()))
    return Offer(RefundGround.TERMS, amount, price_minor - amount, until_us)


def withdrawal_end_us(order: Order, terms: Terms) -> int:
    """When the right to withdraw ends; 0 for sales at the counter, which have none."""
    if order.sold_by or order.paid_us is None:
        return 0
    return min(order.paid_us + WITHDRAWAL_US, terms.starts_us - terms.withdrawal_hours * HOUR_US)


def not_allowed(deadlines: Sequence[int]) -> refusals.RefundNotAllowed:
    """The refusal of a refund that comes too late. deadlines: 0 for one that never was."""
    last_us = max(deadlines)
    return refusals.RefundNotAllowed(until=rfc3339(last_us)) if last_us else refusals.RefundNotAllowed()


def part(minor: int, percent: int) -> int:
    """A percentage of an amount, halves up."""
    return (minor * percent + 50) // 100


def counted(lines: dict[str, OrderLine]) -> Counter[str]:
    """How many lines there are of each ticket type."""
    return Counter(line.ticket_type_id for line in lines.values())


def check_packages(order: Order, lines: dict[str, OrderLine], terms: Terms) -> None:
    """Raises PackageIncomplete if a buyer would break a package. If the organizer has broken one, all lines that are
    left of its type can go back together."""
    left = counted(chosen(order, ()))
    for type_id, many in counted(lines).items():
        size = terms.package_sizes.get(type_id, 1)
        if many % size and many < left[type_id]:
            raise refusals.PackageIncomplete(ticket_type_id=type_id, size=size)


def organizers_offer(order: Order, lines: dict[str, OrderLine], wanted_minor: int | None) -> Offer:
    """What a member gives back. lines: none if only money is given back. wanted_minor: None for all that is left of the
    lines. Raises RefundTooLarge."""
    money_left = order.total_minor - order.refunded_minor
    left = price_left(order, list(lines.values())) if lines else money_left
    amount = left if wanted_minor is None else wanted_minor
    if amount > left:
        raise refusals.RefundTooLarge(left_minor=left, currency=order.currency)
    return Offer(RefundGround.ORGANIZER, amount, left - amount if lines else 0, 0)


def with_refunds(order: Order, refunds: Sequence[Refund]) -> Order:
    """An order whose refunds are these."""
    refunded_minor = amount_given(refunds)
    changed = replace(
        order,
        refunds=tuple(refunds),
        refunded_minor=refunded_minor,
        refund_count=len(refunds),
        version=order.version + 1,
    )
    return replace(changed, state=state_of(changed))


def state_of(order: Order) -> OrderState:
    """The state that its refunds, or a dispute, give to a paid order."""
    states = {refund.state for refund in order.refunds} - {RefundState.FAILED}
    if order.disputed_us is not None:
        return OrderState.DISPUTED
    if RefundState.PENDING in states:
        return OrderState.REFUNDING
    if RefundState.OWED in states:
        return OrderState.REFUND_MANUAL
    if not states:
        return OrderState.PAID
    all_of_it = len(lines_given(order.refunds)) == len(order.lines) and order.refunded_minor == order.total_minor
    return OrderState.REFUNDED if all_of_it else OrderState.PART_REFUNDED
