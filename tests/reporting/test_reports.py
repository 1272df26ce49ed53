from collections.abc import AsyncIterable, Awaitable
from typing import Any

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_VIEWER
from eventhub.reporting.v1 import reporting_service_pb2 as pb
from tests.reporting.world import (
    EVENT,
    FULL,
    HALF,
    VIP,
    Season,
    caught_up,
    gift,
    open_books,
    order,
    sales_of,
)
from tests.stage import Stage


async def test_paid_orders_are_added_up(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, HALF, off=1_000, coupon="TEN"))
    season.sell(order(2, VIP))
    await open_books(stage, season)

    report = await sales_of(stage)

    assert (report.orders_paid, report.tickets_sold) == (2, 3)
    assert (report.face.minor, report.discount.minor, report.revenue.minor) == (32_000, 800, 31_200)
    assert report.revenue.currency == "BRL"


async def test_an_order_is_counted_by_its_state_and_sells_nothing_until_paid(stage: Stage) -> None:
    season = Season()
    season.publish()
    for n in (1, 2, 3, 4):
        season.place(order(n, FULL))
    season.wait(order(2, FULL))
    season.fail(order(3, FULL))
    season.pay(order(4, FULL))
    await open_books(stage, season)

    report = await sales_of(stage)

    assert (report.orders_pending, report.orders_failed, report.orders_paid) == (2, 1, 1)
    assert (report.tickets_sold, report.revenue.minor) == (1, 8_000)


async def test_older_news_of_an_order_changes_nothing(stage: Stage) -> None:
    season = Season()
    season.pay(order(1, FULL))
    season.place(order(1, FULL))
    season.wait(order(1, FULL))
    await open_books(stage, season)

    report = await sales_of(stage)

    assert (report.orders_paid, report.orders_pending, report.tickets_sold) == (1, 0, 1)


async def test_a_newer_version_replaces_the_tickets_of_the_older(stage: Stage) -> None:
    season = Season()
    season.pay(order(1, FULL, VIP))
    season.pay(order(1, FULL), version=4)
    await open_books(stage, season)

    answer = await stage.member().reporting.GetRevenueByTicketType(pb.GetRevenueByTicketTypeRequest(event_id=EVENT))

    assert [(ticket_type.ticket_type_id, ticket_type.tickets_sold) for ticket_type in answer.types] == [(FULL, 1)]
    assert (await sales_of(stage)).tickets_sold == 1


async def test_a_day_ends_at_midnight_in_the_event_s_time_zone(stage: Stage) -> None:
    season = Season()
    season.publish(time_zone="Asia/Kolkata")  # UTC+5:30
    season.sell(order(1, FULL), "2026-12-01T18:29")
    season.sell(order(2, FULL), "2026-12-01T18:30")
    season.sell(order(3, VIP), "2026-12-01T18:31")
    await open_books(stage, season)

    days = (await sales_of(stage)).days

    assert [(day.day, day.tickets_sold, day.revenue.minor) for day in days] == [
        ("2026-12-01", 1, 8_000),
        ("2026-12-02", 2, 28_000),
    ]


async def test_days_follow_an_event_to_another_time_zone(stage: Stage) -> None:
    season = Season()
    season.publish(time_zone="America/Sao_Paulo")
    season.sell(order(1, FULL), "2026-12-02T01:00")
    await open_books(stage, season)
    before = [day.day for day in (await sales_of(stage)).days]

    season.relocate("Europe/Lisbon")
    await caught_up(stage, season)

    assert before == ["2026-12-01"]
    assert [day.day for day in (await sales_of(stage)).days] == ["2026-12-02"]


async def test_sales_are_known_before_catalog_publishes_the_event(stage: Stage) -> None:
    season = Season()
    season.sell(order(1, FULL), "2026-12-02T01:00")
    await open_books(stage, season)
    early = await sales_of(stage)

    season.publish()
    await caught_up(stage, season)
    late = await sales_of(stage)

    assert (early.orders_paid, early.revenue.minor, early.revenue.currency) == (1, 8_000, "BRL")
    assert ([day.day for day in early.days], [day.day for day in late.days]) == (["2026-12-02"], ["2026-12-01"])


async def test_revenue_by_ticket_type_comes_dearest_first(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, FULL, HALF, off=2_500, coupon="QUARTER"))
    await open_books(stage, season)

    answer = await stage.member().reporting.GetRevenueByTicketType(pb.GetRevenueByTicketTypeRequest(event_id=EVENT))

    assert [
        (
            ticket_type.ticket_type_name,
            ticket_type.tickets_sold,
            ticket_type.face.minor,
            ticket_type.discount.minor,
            ticket_type.revenue.minor,
        )
        for ticket_type in answer.types
    ] == [("VIP", 0, 0, 0, 0), ("Full", 2, 16_000, 4_000, 12_000), ("Half", 1, 4_000, 0, 4_000)]


async def test_gifts_and_free_tickets_are_apart_from_sales(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, off=1_000, coupon="TEN"))
    season.sell(order(2, FULL, HALF, off=10_000, coupon="ALL"))
    season.sell(order(3, FULL, FULL, off=10_000, coupon="ALL"))
    season.sell(gift(4, VIP, FULL))
    season.place(gift(5, VIP))
    await open_books(stage, season)

    report = await sales_of(stage)
    types = (
        await stage.member().reporting.GetRevenueByTicketType(pb.GetRevenueByTicketTypeRequest(event_id=EVENT))
    ).types

    assert (report.orders_paid, report.orders_free, report.orders_given, report.orders_pending) == (2, 1, 1, 1)
    assert (report.tickets_sold, report.tickets_free, report.tickets_given) == (2, 3, 2)
    assert (report.face.minor, report.discount.minor, report.revenue.minor) == (36_000, 24_800, 11_200)
    assert report.given.minor == 28_000
    assert [(day.tickets_sold, day.tickets_free, day.tickets_given, day.revenue.minor) for day in report.days] == [
        (2, 3, 2, 11_200)
    ]
    assert [
        (
            ticket_type.ticket_type_id,
            ticket_type.tickets_sold,
            ticket_type.tickets_free,
            ticket_type.tickets_given,
            ticket_type.discount.minor,
        )
        for ticket_type in types
    ] == [(VIP, 0, 0, 1, 0), (FULL, 1, 3, 1, 24_800), (HALF, 1, 0, 0, 0)]
    assert sum(ticket_type.revenue.minor for ticket_type in types) == report.revenue.minor


async def test_a_coupon_that_takes_off_everything_is_a_discount_and_no_sale(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, off=1_000, coupon="TEN"))
    season.sell(order(2, FULL, VIP, off=10_000, coupon="ALL"))
    season.sell(gift(3, VIP))
    await open_books(stage, season)

    report = await sales_of(stage)
    asked = stage.member().reporting
    types = (await asked.GetRevenueByTicketType(pb.GetRevenueByTicketTypeRequest(event_id=EVENT))).types
    coupons = (await asked.GetCouponReport(pb.GetCouponReportRequest(event_id=EVENT))).coupons

    assert (report.orders_paid, report.orders_free, report.orders_given) == (1, 1, 1)
    assert (report.tickets_sold, report.tickets_free, report.tickets_given) == (1, 2, 1)
    assert (report.face.minor, report.discount.minor, report.revenue.minor) == (36_000, 28_800, 7_200)
    assert report.face.minor - report.discount.minor == report.revenue.minor
    assert [kind.face.minor - kind.discount.minor - kind.revenue.minor for kind in types] == [0, 0, 0]
    assert {coupon.code: coupon.discount.minor for coupon in coupons} == {"ALL": 28_000, "TEN": 800}
    assert sum(kind.discount.minor for kind in types) == report.discount.minor


async def test_coupons_come_most_used_first_and_only_with_paid_orders(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, VIP, off=5_000, coupon="HALFVIP"))
    season.sell(order(2, FULL, HALF, off=1_000, coupon="TEN"))
    season.sell(order(3, FULL, off=1_000, coupon="TEN"))
    season.sell(order(4, FULL))
    season.place(order(5, VIP, off=1_000, coupon="TEN"))
    await open_books(stage, season)

    answer = await stage.member().reporting.GetCouponReport(pb.GetCouponReportRequest(event_id=EVENT))

    assert [
        (coupon.code, coupon.orders, coupon.tickets, coupon.discount.minor, coupon.revenue.minor)
        for coupon in answer.coupons
    ] == [("TEN", 2, 2, 1_600, 18_400), ("HALFVIP", 1, 1, 10_000, 10_000)]


async def test_occupancy_is_the_last_count_and_each_ticket_is_admitted_once(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.open(places=100, tkt_vip=10)
    season.change("places", 100, 2, 5)
    season.change("places", 100, 0, 7)
    season.admit("tic_1")
    season.admit("tic_1")
    season.admit("tic_2")
    await open_books(stage, season)

    answer = await stage.member().reporting.GetOccupancyReport(pb.GetOccupancyReportRequest(event_id=EVENT))

    counts = [(count.name, count.capacity, count.held, count.sold) for count in answer.occupancy]
    assert counts == [("places", 100, 0, 7), ("VIP", 10, 0, 0)]
    assert answer.admitted == 2


def reports(client: EventHub, event_id: str) -> list[Awaitable[Any]]:
    """Every RPC, asked about one event."""
    hub = client.reporting
    return [
        hub.GetSalesReport(pb.GetSalesReportRequest(event_id=event_id)),
        hub.GetRevenueByTicketType(pb.GetRevenueByTicketTypeRequest(event_id=event_id)),
        hub.GetCouponReport(pb.GetCouponReportRequest(event_id=event_id)),
        hub.GetOccupancyReport(pb.GetOccupancyReportRequest(event_id=event_id)),
        first(hub.WatchDashboard(pb.WatchDashboardRequest(event_id=event_id))),
    ]


async def first(stream: AsyncIterable[pb.WatchDashboardResponse]) -> pb.WatchDashboardResponse:
    return await anext(aiter(stream))


async def test_another_organizers_event_is_not_found(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL))
    await open_books(stage, season)

    for asked in reports(stage.member("org_other"), EVENT) + reports(stage.member(), "evt_none"):
        with pytest.raises(refusals.EventNotFound):
            await asked


async def test_a_number_never_counts_another_event(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.publish("evt_other", "org_other")
    season.sell(order(1, FULL))
    season.sell(order(2, VIP, event_id="evt_other", organizer_id="org_other"))
    await open_books(stage, season)

    assert (await sales_of(stage)).revenue.minor == 8_000
    assert (await sales_of(stage, "evt_other", "org_other")).revenue.minor == 20_000


async def test_an_event_is_known_from_its_stock_alone(stage: Stage) -> None:
    season = Season()
    season.open(places=100)
    await open_books(stage, season)

    report = await sales_of(stage)

    assert report.orders_paid == 0
    assert not report.HasField("revenue")  # no fact has named the currency


async def test_the_box_office_sees_admissions_but_no_money(stage: Stage) -> None:
    season = Season()
    season.publish()
    await open_books(stage, season)
    counter, viewer = stage.member(role=ROLE_BOX_OFFICE), stage.member(role=ROLE_VIEWER)

    assert await counter.reporting.GetOccupancyReport(pb.GetOccupancyReportRequest(event_id=EVENT))
    assert await viewer.reporting.GetSalesReport(pb.GetSalesReportRequest(event_id=EVENT))
    with pytest.raises(refusals.AccessDenied):
        await counter.reporting.GetSalesReport(pb.GetSalesReportRequest(event_id=EVENT))
    with pytest.raises(refusals.AccessDenied):
        await stage.buyer().reporting.GetSalesReport(pb.GetSalesReportRequest(event_id=EVENT))
    with pytest.raises(refusals.TokenMissing):
        await stage.anyone().reporting.GetSalesReport(pb.GetSalesReportRequest(event_id=EVENT))
