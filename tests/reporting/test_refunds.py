"""Refunds show in the reports, beside the sales."""

from eventhub.orders.v1 import orders_pb2
from eventhub.reporting.v1 import reporting_service_pb2 as pb
from services.reporting.sales import OrderSum
from tests.reporting.world import EVENT, FULL, HALF, VIP, Season, caught_up, gift, open_books, order, sales_of
from tests.stage import Stage

PENDING, FAILED = orders_pb2.ORDER_REFUND_STATE_PENDING, orders_pb2.ORDER_REFUND_STATE_FAILED
OWED, SETTLED = orders_pb2.ORDER_REFUND_STATE_OWED, orders_pb2.ORDER_REFUND_STATE_SETTLED
REFUNDING, REFUNDED = orders_pb2.ORDER_STATE_REFUNDING, orders_pb2.ORDER_STATE_REFUNDED
REFUND_MANUAL, PAID = orders_pb2.ORDER_STATE_REFUND_MANUAL, orders_pb2.ORDER_STATE_PAID


async def test_a_refund_shows_beside_the_sales(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, HALF, off=1_000, coupon="TEN"))
    season.sell(order(2, VIP))
    season.give_back(order(1, FULL, HALF, off=1_000, coupon="TEN"), "1", minor=3_600)
    await open_books(stage, season)

    report = await sales_of(stage)
    asked = stage.member().reporting
    types = (await asked.GetRevenueByTicketType(pb.GetRevenueByTicketTypeRequest(event_id=EVENT))).types
    coupons = (await asked.GetCouponReport(pb.GetCouponReportRequest(event_id=EVENT))).coupons

    assert (report.orders_paid, report.tickets_sold, report.revenue.minor) == (2, 3, 31_200)
    assert (report.tickets_refunded, report.refunded.minor, report.net.minor) == (1, 3_600, 27_600)
    assert [(day.day, day.revenue.minor, day.refunded.minor) for day in report.days] == [
        ("2026-12-01", 31_200, 0),
        ("2026-12-03", 0, 3_600),
    ]
    assert [(kind.ticket_type_id, kind.tickets_sold, kind.tickets_refunded) for kind in types] == [
        (VIP, 1, 0),
        (FULL, 1, 1),
        (HALF, 1, 0),
    ]
    assert [(coupon.code, coupon.revenue.minor) for coupon in coupons] == [("TEN", 11_200)]


async def test_a_refund_counts_once_it_is_done_or_owed(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL))
    await open_books(stage, season)
    seen = []
    back = order(1, FULL)
    for refund, state in (
        (PENDING, REFUNDING),
        (FAILED, PAID),
        (PENDING, REFUNDING),
        (OWED, REFUND_MANUAL),
        (SETTLED, REFUNDED),
    ):
        back = season.give_back(back, "1", minor=8_000, refund=refund, state=state)
        await caught_up(stage, season)
        report = await sales_of(stage)
        seen.append((report.orders_paid, report.revenue.minor, report.tickets_refunded, report.refunded.minor))

    assert seen == [(1, 8_000, 0, 0)] * 3 + [(1, 8_000, 1, 8_000)] * 2


async def test_money_alone_and_later_refunds_add_up(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, VIP))
    first = season.give_back(order(1, FULL, VIP), minor=1_000)
    season.give_back(first, "1", minor=7_500, refund_id="rfd_2", when="2026-12-04T20:00")
    await open_books(stage, season)

    report = await sales_of(stage)

    assert (report.tickets_refunded, report.refunded.minor, report.net.minor) == (1, 8_500, 19_500)
    assert [(day.day, day.refunded.minor) for day in report.days] == [
        ("2026-12-01", 0),
        ("2026-12-03", 1_000),
        ("2026-12-04", 7_500),
    ]


async def test_the_day_of_a_refund_ends_at_midnight_in_the_event_s_time_zone(stage: Stage) -> None:
    season = Season()
    season.publish(time_zone="America/Sao_Paulo")
    season.sell(order(1, FULL))
    season.give_back(order(1, FULL), "1", minor=8_000, when="2026-12-04T02:59", state=REFUNDED)
    await open_books(stage, season)

    assert [day.day for day in (await sales_of(stage)).days if day.refunded.minor] == ["2026-12-03"]


async def test_a_disputed_order_counts_as_refunded_whole(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, VIP))
    season.dispute(season.give_back(order(1, FULL, VIP), "1", minor=6_000))
    await open_books(stage, season)

    report = await sales_of(stage)

    assert (report.orders_paid, report.revenue.minor) == (1, 28_000)
    assert (report.tickets_refunded, report.refunded.minor, report.net.minor) == (2, 28_000, 0)
    assert [(day.day, day.refunded.minor) for day in report.days] == [
        ("2026-12-01", 0),
        ("2026-12-03", 6_000),
        ("2026-12-05", 22_000),
    ]


async def test_free_tickets_and_gifts_are_given_back_without_money(stage: Stage) -> None:
    season = Season()
    season.publish()
    season.sell(order(1, FULL, off=10_000, coupon="ALL"))
    season.sell(gift(2, VIP, FULL))
    season.give_back(order(1, FULL, off=10_000, coupon="ALL"), "1", minor=0, state=REFUNDED)
    season.give_back(gift(2, VIP, FULL), "2", minor=0, refund_id="rfd_2")
    await open_books(stage, season)

    report = await sales_of(stage)

    assert (report.tickets_free, report.tickets_given, report.tickets_refunded) == (1, 2, 2)
    assert (report.revenue.minor, report.refunded.minor, report.net.minor) == (0, 0, 0)


def test_sums_add_up_field_by_field() -> None:
    one = OrderSum(orders=1, tickets=2, free=3, given=4, face_minor=5, discount_minor=6, total_minor=7, returned=8)

    assert one + OrderSum(orders=10, refunded_minor=9) == OrderSum(
        orders=11,
        tickets=2,
        free=3,
        given=4,
        face_minor=5,
        discount_minor=6,
        total_minor=7,
        returned=8,
        refunded_minor=9,
    )
