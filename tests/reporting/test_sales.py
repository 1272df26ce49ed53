from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.sales import DAYS_MAX, QUARTER_S, Quarter, Stock, TicketType, TypeSales, by_day, by_type, named
from tests.reporting.season import at

ZONES = ["UTC", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns"]
YEAR_2026 = at("2026-01-01T00:00") // 1_000_000


@given(st.sampled_from(ZONES), st.lists(st.integers(YEAR_2026, YEAR_2026 + 300 * 86_400)))
def test_quarters_of_an_hour_tell_the_same_days_as_exact_times(zone: str, paid_s: list[int]) -> None:
    exact = Counter(datetime.fromtimestamp(second, ZoneInfo(zone)).date().isoformat() for second in paid_s)
    quarters = [Quarter(number, count, count * 50) for number, count in Counter(s // QUARTER_S for s in paid_s).items()]

    days = by_day(quarters, zone)

    assert {day.day: day.tickets for day in days} == exact
    assert sum(day.total_minor for day in days) == 50 * len(paid_s)
    assert [day.day for day in days] == sorted(exact)


def test_the_last_days_are_kept_when_there_are_too_many() -> None:
    quarters = [Quarter(YEAR_2026 // QUARTER_S + day * 96, 1, 1) for day in range(DAYS_MAX + 1)]

    days = by_day(quarters, "UTC")

    assert len(days) == DAYS_MAX
    assert (days[0].day, days[-1].day) == ("2026-01-02", "2027-02-05")


def test_ticket_types_come_dearest_first_and_unsold_ones_too() -> None:
    types = [TicketType("tkt_a", "Full", 8_000), TicketType("tkt_b", "VIP", 20_000)]
    sold = [
        TypeSales("tkt_a", "Full price", 3, 24_000, 20_000, 8_000),
        TypeSales("tkt_x", "Gone", 1, 9_000, 9_000, 9_000),
    ]

    names = [(kind.name, kind.tickets) for kind in by_type(types, sold)]

    assert names == [("VIP", 0), ("Gone", 1), ("Full", 3)]


def test_counts_of_ticket_types_are_called_by_name_and_come_last() -> None:
    types = [TicketType("tkt_b", "VIP", 2), TicketType("tkt_a", "Full", 1)]
    stocks = [Stock(f"p{n}", name, 1, 0, 0) for n, name in enumerate(["tkt_a", "half", "tkt_b", "tkt_x", "places"])]

    names = [stock.name for stock in named(stocks, types)]

    assert names == ["places", "half", "VIP", "Full", "tkt_x"]
