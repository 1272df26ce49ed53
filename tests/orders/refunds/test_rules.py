"""What of an order may be given back: amounts, deadlines and the state of the order, for any order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from services.orders.orders import Order, OrderLine, OrderState, PaymentMethod
from services.orders.refunds import rules
from services.orders.refunds.refund import GIVEN, Refund, RefundGround, RefundState
from services.orders.refunds.rules import HOUR_US, WITHDRAWAL_US, Terms

PAID_US = 10**15
LINE = OrderLine(
    ticket_type_id="tkt", ticket_type_name="Inteira", seat_id="", seat_label="", face_minor=100, price_minor=100
)
ORDER = Order(
    order_id="ord",
    number="",
    event_id="evt",
    organizer_id="org",
    buyer_id="gst",
    session_id="gst",
    sold_by="",
    hold_id="hld",
    content_hash="",
    state=OrderState.PAID,
    method=PaymentMethod.CARD,
    card_token="",
    face_minor=300,
    discount_minor=0,
    total_minor=300,
    currency="BRL",
    coupon_id="",
    coupon_code="",
    gift_reason="",
    giving_up="",
    created_us=PAID_US,
    paid_us=PAID_US,
    pay_until_us=PAID_US,
    locale="pt-BR",
    version=1,
    tries=0,
    lines=(LINE,) * 3,
)
REFUND = Refund(
    refund_id="rfd",
    order_id="ord",
    organizer_id="org",
    event_id="evt",
    content_hash="",
    state=RefundState.DONE,
    ground=RefundGround.TERMS,
    line_ids=(),
    amount_minor=0,
    kept_minor=0,
    reason="",
    requested_by="gst",
    clerk_id="",
    even_if_used=False,
    block_label="",
    keep_coupon=False,
    whole=False,
    created_us=PAID_US,
    ended_us=PAID_US,
    failure="",
    note="",
    tries=0,
)
LONG = PAID_US + 100 * WITHDRAWAL_US


def terms(*shares: tuple[int, int], starts_us: int = LONG, withdrawal: int = 48) -> Terms:
    return Terms(starts_us=starts_us, withdrawal_hours=withdrawal, shares=shares, package_sizes={"table": 8})


def order_of(*prices: int, sold_by: str = "") -> Order:
    lines = tuple(replace(LINE, face_minor=price, price_minor=price) for price in prices)
    return replace(ORDER, lines=lines, face_minor=sum(prices), total_minor=sum(prices), sold_by=sold_by)


@given(prices=st.lists(st.integers(0, 10**9), min_size=1, max_size=50), percent=st.integers(1, 100))
def test_a_share_is_never_more_than_the_price_and_with_what_is_kept_exactly_the_price(
    prices: list[int], percent: int
) -> None:
    order = order_of(*prices)
    found = rules.offer(order, rules.chosen(order, []), terms((24, percent)), now_us=PAID_US + WITHDRAWAL_US)
    assert 0 <= found.amount_minor <= order.total_minor
    assert found.amount_minor + found.kept_minor == order.total_minor
    assert found.amount_minor == order.total_minor or percent < 100
    assert abs(found.amount_minor * 100 - order.total_minor * percent) <= 50 * len(prices)


@given(left_h=st.integers(0, 400), shares=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 100)), max_size=5))
def test_the_largest_share_whose_deadline_is_ahead_counts(left_h: int, shares: list[tuple[int, int]]) -> None:
    order = order_of(10_000, sold_by="acc_bia")
    now_us = LONG - left_h * HOUR_US - 1
    ahead = [percent for hours, percent in shares if hours <= left_h]
    if not ahead:
        with pytest.raises(refusals.RefundNotAllowed):
            rules.offer(order, rules.chosen(order, []), terms(*shares), now_us=now_us)
        return
    found = rules.offer(order, rules.chosen(order, []), terms(*shares), now_us=now_us)
    assert found.amount_minor == 100 * max(ahead)
    assert found.until_us > now_us


def test_the_withdrawal_ends_at_the_first_of_its_two_ends() -> None:
    assert rules.withdrawal_end_us(ORDER, terms()) == PAID_US + WITHDRAWAL_US
    soon = terms(starts_us=PAID_US + 72 * HOUR_US)
    assert rules.withdrawal_end_us(ORDER, soon) == PAID_US + 24 * HOUR_US
    assert rules.withdrawal_end_us(replace(ORDER, sold_by="acc_bia"), terms()) == 0
    lines = rules.chosen(ORDER, [])
    assert rules.offer(ORDER, lines, soon, now_us=PAID_US + 24 * HOUR_US - 1).ground == RefundGround.WITHDRAWAL
    with pytest.raises(refusals.RefundNotAllowed):
        rules.offer(ORDER, lines, soon, now_us=PAID_US + 24 * HOUR_US)


def test_a_sale_at_the_counter_has_no_deadline_to_name() -> None:
    sold = replace(ORDER, sold_by="acc_bia")
    with pytest.raises(refusals.RefundNotAllowed) as refused:
        rules.offer(sold, rules.chosen(sold, []), terms(), now_us=PAID_US)
    assert refused.value.facts == {}


def test_a_buyer_cannot_break_a_package() -> None:
    table = replace(LINE, ticket_type_id="table")
    order = replace(ORDER, lines=(table,) * 8 + (LINE,), face_minor=900, total_minor=900)
    with pytest.raises(refusals.PackageIncomplete):
        rules.offer(order, rules.chosen(order, ["1"]), terms(), now_us=PAID_US)
    whole = rules.chosen(order, [str(n) for n in range(1, 9)])
    assert rules.offer(order, whole, terms(), now_us=PAID_US).amount_minor == 800


def test_a_buyer_gives_back_what_the_organizer_has_left_of_a_package() -> None:
    table = replace(LINE, ticket_type_id="table")
    order = replace(ORDER, lines=(table,) * 8 + (LINE,), face_minor=900, total_minor=900)
    broken = rules.with_refunds(order, [done(("1",), 100)])
    rest = rules.chosen(broken, [str(n) for n in range(2, 9)])
    assert rules.offer(broken, rest, terms(), now_us=PAID_US).amount_minor == 700
    assert rules.offer(broken, rules.chosen(broken, []), terms(), now_us=PAID_US).amount_minor == 800
    with pytest.raises(refusals.PackageIncomplete):
        rules.offer(broken, rules.chosen(broken, ["2"]), terms(), now_us=PAID_US)


def done(line_ids: tuple[str, ...], amount: int, state: RefundState = RefundState.DONE) -> Refund:
    return replace(REFUND, line_ids=line_ids, amount_minor=amount, state=state)


def test_the_state_of_an_order_follows_from_its_refunds() -> None:
    def state(*refunds: Refund) -> OrderState:
        return rules.with_refunds(ORDER, refunds).state

    assert state() == state(done(("1",), 100, RefundState.FAILED)) == OrderState.PAID
    assert state(done(("1",), 100)) == state(done((), 300)) == OrderState.PART_REFUNDED
    assert state(done(("1", "2", "3"), 300)) == OrderState.REFUNDED
    assert state(done(("1", "2", "3"), 200)) == OrderState.PART_REFUNDED, "the organizer keeps some money"
    assert state(done(("1", "2"), 200), done(("3",), 100, RefundState.SETTLED)) == OrderState.REFUNDED
    assert state(done(("1", "2"), 200), done(("3",), 100, RefundState.OWED)) == OrderState.REFUND_MANUAL
    assert state(done(("1",), 100, RefundState.OWED), done(("3",), 100, RefundState.PENDING)) == OrderState.REFUNDING
    disputed = replace(ORDER, disputed_us=1)
    assert rules.with_refunds(disputed, [done(("1",), 100)]).state == OrderState.DISPUTED


@given(
    prices=st.lists(st.integers(0, 10_000), min_size=1, max_size=6),
    wishes=st.lists(st.tuples(st.integers(0, 12_000), st.sets(st.integers(1, 6), max_size=6)), max_size=8),
)
def test_no_series_of_refunds_gives_back_more_than_was_paid_or_a_line_twice(
    prices: list[int], wishes: list[tuple[int, set[int]]]
) -> None:
    order, refunds, given_lines = order_of(*prices), list[Refund](), list[str]()
    for n, (amount, line_numbers) in enumerate(wishes):
        try:
            lines = rules.chosen(order, [str(number) for number in line_numbers]) if line_numbers else {}
            found = rules.organizers_offer(order, lines, amount)
        except (refusals.LineNotRefundable, refusals.RefundTooLarge):
            continue
        given_lines += lines
        refunds.append(replace(REFUND, refund_id=f"rfd_{n}", line_ids=tuple(lines), amount_minor=found.amount_minor))
        order = rules.with_refunds(order, refunds)
        assert found.kept_minor >= 0
    assert order.refunded_minor == sum(one.amount_minor for one in refunds if one.state in GIVEN) <= order.total_minor
    assert len(given_lines) == len(set(given_lines))
