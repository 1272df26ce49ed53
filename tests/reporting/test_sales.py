from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from eventhub.orders.v1 import orders_pb2
from services.reporting.known import OrderState, Stock, TicketType
from services.reporting.sales import (
    DAYS_MAX,
    QUARTER_S,
    Quarter,
    TypeSales,
    by_day,
    by_type,
    named,
)
from tests.reporting.world import at

ZONES = ["UTC", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns"]
YEAR_2026 = at("2026-01-01T00:00") // 1_000_000


def test_the_states_of_an_order_are_the_contract_s() -> None:
    names = {name.removeprefix("ORDER_STATE_") for name in orders_pb2.OrderState.DESCRIPTOR.values_by_name}

    assert {str(state) for state in OrderState} == names - {"UNSPECIFIED"}


@given(st.sampled_from(ZONES), st.lists(st.integers(YEAR_2026, YEAR_2026 + 300 * 86_400)))
def test_quarters_of_an_hour_tell_the_same_days_as_exact_times(zone: str, paid_s: list[int]) -> None:
    exact = Counter(datetime.fromtimestamp(second, ZoneInfo(zone)).date().isoformat() for second in paid_s)
    quarters = [
        Quarter(number=number, tickets=count, total_minor=count * 50)
        for number, count in Counter(second // QUARTER_S for second in paid_s).items()
    ]

    days = by_day(quarters, zone)

    assert {day.day: day.tickets for day in days} == exact
    assert sum(day.total_minor for day in days) == 50 * len(paid_s)
    assert [day.day for day in days] == sorted(exact)


def test_the_last_days_are_kept_when_there_are_too_many() -> None:
    quarters = [
        Quarter(number=YEAR_2026 // QUARTER_S + day * 96, tickets=1, total_minor=1) for day in range(DAYS_MAX + 1)
    ]

    days = by_day(quarters, "UTC")

    assert len(days) == DAYS_MAX
    assert (days[0].day, days[-1].day) == ("2026-01-02", "2027-02-05")


def test_ticket_types_come_dearest_first_and_unsold_ones_too() -> None:
    types = [TicketType("tkt_a", "Full", 8_000), TicketType("tkt_b", "VIP", 20_000)]
    sold = [
        TypeSales(
            ticket_type_id="tkt_a",
            name="Full price",
            tickets=3,
            face_minor=24_000,
            total_minor=20_000,
            dearest_minor=8_000,
        ),
        TypeSales(
            ticket_type_id="tkt_x", name="Gone", tickets=1, face_minor=9_000, total_minor=9_000, dearest_minor=9_000
        ),
    ]

    names = [(ticket_type.name, ticket_type.tickets) for ticket_type in by_type(types, sold)]

    assert names == [("VIP", 0), ("Gone", 1), ("Full", 3)]


def test_counts_of_areas_and_ticket_types_have_names_and_come_last() -> None:
    types = [TicketType("tkt_b", "VIP", 2), TicketType("tkt_a", "Full", 1)]
    stocks = [
        Stock(pool_id=f"p{n}", name=name, capacity=1, held=0, sold=0)
        for n, name in enumerate(["tkt_a", "half", "tkt_b", "tkt_x", "places", "area:floor"])
    ]

    names = [stock.name for stock in named(stocks, types, {"area:floor": "Pista"})]

    assert names == ["places", "half", "Pista", "VIP", "Full", "tkt_x"]
