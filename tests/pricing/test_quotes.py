"""The arithmetic of quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.refusals import CouponNotApplicable, InvalidRequest, OrderLimit, TicketTypeNotFound
from services.kit.values.money import MINOR_MAX, Money, total
from services.pricing import quotes
from services.pricing.coupons import Coupon
from services.pricing.quotes import Asked, Event, Item, TicketType


def brl(minor: int) -> Money:
    return Money(minor, "BRL")


def coupon(
    *,
    basis_points: int = 0,
    amount: int = 0,
    types: tuple[str, ...] = (),
    tickets_max: int = 0,
) -> Coupon:
    return Coupon(
        coupon_id="cpn_1",
        scope_id="evt_show",
        organizer_id="org_casa",
        code="TEN",
        basis_points=basis_points,
        amount=brl(amount) if amount else None,
        ticket_type_ids=types,
        expires_us=0,
        uses_max=0,
        uses_per_participant_max=0,
        tickets_per_use_max=tickets_max,
        uses=0,
        content_hash="",
    )


STALLS = TicketType(ticket_type_id="stalls", name="Stalls", half_price=False, price=brl(5000))
BALCONY = TicketType(ticket_type_id="balcony", name="Balcony", half_price=False, price=brl(5000))
VIP = TicketType(ticket_type_id="vip", name="VIP", half_price=False, price=brl(12005))
HALF = TicketType(ticket_type_id="half", name="Stalls, half", half_price=True, price=brl(2500))
SHOW = Event(
    event_id="evt_show",
    organizer_id="org_casa",
    currency="BRL",
    tickets_per_order_max=10,
    ticket_types=(STALLS, BALCONY, VIP, HALF),
)


def prices(quote: quotes.Quote) -> list[list[int]]:
    return [[one.minor for one in line.unit_prices] for line in quote.lines]


def test_without_a_coupon_tickets_cost_their_face_price() -> None:
    quote = quotes.price(SHOW, [Item(STALLS, 2), Item(HALF, 1)], None)

    assert prices(quote) == [[5000, 5000], [2500]]
    assert (quote.face, quote.discount, quote.total) == (brl(12500), brl(0), brl(12500))
    assert [line.reasons for line in quote.lines] == [("face price",), ("half price by law",)]


def test_a_share_comes_off_each_full_price_ticket_rounded_half_up() -> None:
    quote = quotes.price(SHOW, [Item(VIP, 2), Item(HALF, 1)], coupon(basis_points=1000))

    # 10 % of 120.05 is 12.005, rounded half up to 12.01.
    assert prices(quote) == [[10804, 10804], [2500]]
    assert quote.discount == brl(2402)
    assert [line.reasons for line in quote.lines] == [("face price", "coupon TEN: 10 % off"), ("half price by law",)]


def test_an_amount_never_takes_more_than_a_ticket_costs() -> None:
    quote = quotes.price(SHOW, [Item(STALLS, 1), Item(VIP, 1)], coupon(amount=6000))

    assert prices(quote) == [[0], [6005]]
    assert quote.lines[0].reasons == ("face price", "coupon TEN: 60.00 BRL off each ticket")


def test_a_coupon_for_some_types_leaves_the_others_alone() -> None:
    quote = quotes.price(SHOW, [Item(STALLS, 1), Item(VIP, 1)], coupon(basis_points=5000, types=("stalls",)))

    assert prices(quote) == [[2500], [12005]]
    assert quote.lines[1].reasons == ("face price",)


def test_a_coupon_for_some_tickets_takes_the_dearest_first() -> None:
    quote = quotes.price(SHOW, [Item(STALLS, 2), Item(VIP, 2)], coupon(amount=1000, tickets_max=3))

    assert prices(quote) == [[4000, 5000], [11005, 11005]]


def test_of_equally_dear_tickets_the_first_asked_for_is_taken() -> None:
    for first, second in ((STALLS, BALCONY), (BALCONY, STALLS)):
        quote = quotes.price(SHOW, [Item(first, 1), Item(second, 1)], coupon(amount=1000, tickets_max=1))

        assert prices(quote) == [[4000], [5000]]
        assert quote.lines[1].reasons == ("face price",)


@pytest.mark.parametrize(("basis_points", "text"), [(1000, "10"), (1250, "12.5"), (1025, "10.25"), (5, "0.05")])
def test_a_share_is_named_without_needless_zeros(basis_points: int, text: str) -> None:
    assert coupon(basis_points=basis_points).reason == f"coupon TEN: {text} % off"


@pytest.mark.parametrize(
    ("items", "terms"),
    [
        ([Item(HALF, 2)], coupon(basis_points=1000)),
        ([Item(HALF, 2)], coupon(basis_points=1000, types=("half",))),
        ([Item(STALLS, 2)], coupon(basis_points=1000, types=("vip",))),
        ([Item(TicketType(ticket_type_id="free", name="Free", half_price=False, price=brl(0)), 1)], coupon(amount=100)),
    ],
)
def test_a_coupon_that_takes_nothing_off_is_refused(items: list[Item], terms: Coupon) -> None:
    with pytest.raises(CouponNotApplicable):
        quotes.price(SHOW, items, terms)


def choose(asked: list[Asked]) -> list[Item]:
    return quotes.choose(SHOW, asked, held_us=None, now_us=0)


def test_the_limit_of_an_order_counts_all_its_items() -> None:
    assert len(choose([Asked("stalls", 5), Asked("vip", 5)])) == 2

    with pytest.raises(OrderLimit) as refused:
        choose([Asked("stalls", 5), Asked("vip", 6)])
    assert refused.value.limit == "10"


def test_what_is_held_is_priced_also_beyond_the_limit_of_buyers() -> None:
    (item,) = quotes.choose(SHOW, [Asked("stalls", 12)], held_us=0, now_us=0)

    assert item.quantity == 12


def test_only_the_event_s_own_types_can_be_quoted() -> None:
    with pytest.raises(TicketTypeNotFound) as refused:
        choose([Asked("circus", 1)])

    assert refused.value.ticket_type_id == "circus"


ticket_types = st.builds(
    TicketType,
    ticket_type_id=st.sampled_from(["a", "b", "c", "d"]),
    name=st.just(""),
    half_price=st.booleans(),
    price=st.integers(min_value=0, max_value=100_000_000_000).map(brl),
)
baskets = st.lists(st.builds(Item, ticket_types, st.integers(min_value=1, max_value=50)), min_size=1, max_size=6)
shares = st.builds(
    coupon,
    basis_points=st.integers(min_value=1, max_value=10_000),
    types=st.sampled_from([(), ("a",), ("b", "c")]),
    tickets_max=st.integers(min_value=0, max_value=50),
)
amounts = st.builds(
    coupon,
    amount=st.integers(min_value=1, max_value=100_000_000_000),
    types=st.sampled_from([(), ("a",), ("b", "c")]),
    tickets_max=st.integers(min_value=0, max_value=50),
)


@given(baskets, st.one_of(st.none(), shares, amounts))
def test_prices_sum_up_exactly_and_none_leaves_its_bounds(items: list[Item], terms: Coupon | None) -> None:
    if sum(item.ticket_type.price.minor * item.quantity for item in items) > MINOR_MAX:
        with pytest.raises(InvalidRequest):
            quotes.price(SHOW, items, terms)
        return
    try:
        quote = quotes.price(SHOW, items, terms)
    except CouponNotApplicable:
        return

    every = [one for line in quote.lines for one in line.unit_prices]
    assert quote.total == quote.face - quote.discount == total(every, "BRL")
    assert quote.total == total([line.total for line in quote.lines], "BRL")
    for item, line in zip(items, quote.lines, strict=True):
        assert len(line.unit_prices) == item.quantity
        assert all(brl(0) <= one <= item.ticket_type.price for one in line.unit_prices)
        if item.ticket_type.half_price:
            assert set(line.unit_prices) == {item.ticket_type.price}
    cheaper = sum(one < line.ticket_type.price for line in quote.lines for one in line.unit_prices)
    assert cheaper <= (terms.tickets_per_use_max or len(every) if terms else 0)
