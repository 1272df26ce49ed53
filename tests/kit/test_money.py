from datetime import date

import pytest
from babel.core import get_global
from babel.numbers import get_territory_currencies
from hypothesis import given
from hypothesis import strategies as st

from eventhub.common.v1 import money_pb2 as pb
from services.kit.values.money import CURRENCIES, DECIMALS, CurrenciesDiffer, Money, total

AMOUNTS = st.integers(min_value=0, max_value=100_000_000_000)


def brl(minor: int) -> Money:
    return Money(minor, "BRL")


def test_amounts_of_one_currency_are_added_and_taken_apart() -> None:
    assert brl(700) + brl(300) == brl(1000)
    assert brl(700) - brl(300) == brl(400)
    assert brl(700) * 3 == brl(2100)
    assert total([brl(1), brl(2)], "BRL") == brl(3)
    assert total([], "BRL") == brl(0)


def test_two_currencies_never_mix() -> None:
    euro = Money(1, "EUR")
    for mix in (lambda: brl(1) + euro, lambda: brl(1) - euro, lambda: brl(1) < euro, lambda: brl(1) <= euro):
        with pytest.raises(CurrenciesDiffer):
            mix()
    with pytest.raises(CurrenciesDiffer):
        total([euro], "BRL")


def test_the_contract_s_money_comes_back_unchanged() -> None:
    amount = pb.Money(minor=4990, currency="BRL")

    assert Money.from_pb(amount) == brl(4990)
    assert Money.from_pb(amount).to_pb() == amount


def test_a_share_is_rounded_half_up() -> None:
    assert brl(5).percent(1000) == brl(1)
    assert brl(4).percent(1000) == brl(0)
    assert brl(999).percent(10_000) == brl(999)


def test_an_amount_is_written_with_the_decimals_of_its_currency() -> None:
    assert str(brl(123_405)) == "1234.05 BRL"
    assert str(brl(-5)) == "-0.05 BRL"
    assert str(Money(500, "JPY")) == "500 JPY"
    assert str(Money(1_005, "KWD")) == "1.005 KWD"


@given(AMOUNTS, st.integers(min_value=0, max_value=10_000))
def test_a_share_and_the_rest_sum_up_to_the_whole(minor: int, basis_points: int) -> None:
    share = brl(minor).percent(basis_points)

    assert brl(0) <= share <= brl(minor)
    assert share + (brl(minor) - share) == brl(minor)


@given(AMOUNTS, st.integers(min_value=1, max_value=500))
def test_parts_sum_up_to_the_whole_and_are_nearly_equal(minor: int, parts: int) -> None:
    split = brl(minor).split(parts)

    assert total(split, "BRL") == brl(minor)
    assert len(split) == parts
    assert split[0].minor - split[-1].minor <= 1


def test_events_are_sold_in_currencies_that_countries_use_today() -> None:
    used = {
        code
        for territory in get_global("territory_currencies")
        for code in get_territory_currencies(territory, start_date=date(2026, 2, 1))
    }
    assert used ^ CURRENCIES <= {"BGN"}  # replaced by the euro; CLDR learns it later
    assert set(DECIMALS) <= CURRENCIES
