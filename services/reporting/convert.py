"""Converts other contexts' messages to reporting's values, and those to the contract's reports."""

from collections.abc import Iterable

from eventhub.catalog.v1 import catalog_pb2
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_pb2
from eventhub.orders.v1 import orders_pb2
from eventhub.reporting.v1 import reporting_pb2 as nouns
from eventhub.reporting.v1 import reporting_service_pb2 as pb
from services.kit.values import from_timestamp
from services.reporting.known import Event, Order, OrderLine, OrderState, Refund, Stock, TicketType
from services.reporting.sales import CouponSales, Dashboard, Occupancy, Sales, TypeSales


def event_of(event: catalog_pb2.Event) -> Event:
    """Converts an event of catalog."""
    return Event(
        event_id=event.event_id,
        organizer_id=event.organizer_id,
        title=event.title,
        time_zone=event.time_zone,
        currency=event.currency,
        version=event.version,
        types=tuple(TicketType(one.ticket_type_id, one.name, one.price.minor) for one in event.ticket_types),
        areas={f"area:{area.area_id}": area.name for area in event.areas},
    )


# The states of refunds whose money was given back, or is owed.
GIVEN = (
    orders_pb2.ORDER_REFUND_STATE_DONE,
    orders_pb2.ORDER_REFUND_STATE_OWED,
    orders_pb2.ORDER_REFUND_STATE_SETTLED,
)


def refunds_of(order: orders_pb2.Order) -> tuple[Refund, ...]:
    """Converts the refunds of an order. A dispute takes the rest of its price."""
    refunds = [
        Refund(one.refund_id, one.amount.minor, from_timestamp(one.created_at))
        for one in order.refunds
        if one.state in GIVEN
    ]
    if order.state == orders_pb2.ORDER_STATE_DISPUTED:
        left_minor = order.total.minor - sum(refund.minor for refund in refunds)
        refunds.append(Refund(order.order_id, left_minor, from_timestamp(order.disputed_at)))
    return tuple(refunds)


def order_of(order: orders_pb2.Order) -> Order:
    """Converts an order of orders."""
    given = {one.refund_id for one in order.refunds if one.state in GIVEN}
    disputed = order.state == orders_pb2.ORDER_STATE_DISPUTED
    lines = tuple(
        OrderLine(
            ticket_type_id=line.ticket_type_id,
            name=line.ticket_type_name,
            face_minor=line.face.minor,
            price_minor=line.price.minor,
            returned=disputed or line.refund_id in given,
        )
        for line in order.lines
    )
    return Order(
        order_id=order.order_id,
        event_id=order.event_id,
        organizer_id=order.organizer_id,
        state=OrderState(orders_pb2.OrderState.Name(order.state).removeprefix("ORDER_STATE_")),
        gift=order.method == orders_pb2.PAYMENT_METHOD_COMPLIMENTARY,
        lines=lines,
        face_minor=order.face.minor,
        discount_minor=order.discount.minor,
        total_minor=order.total.minor,
        currency=order.total.currency,
        coupon_id=order.coupon_id,
        coupon_code=order.coupon_code,
        paid_us=from_timestamp(order.paid_at) if order.HasField("paid_at") else None,
        version=order.version,
        refunds=refunds_of(order),
    )


def stock_of(stock: inventory_pb2.Stock) -> Stock:
    """Converts a count of places of inventory."""
    return Stock(pool_id=stock.pool_id, name=stock.name, capacity=stock.capacity, held=stock.held, sold=stock.sold)


def money_pb(minor: int, currency: str) -> Money | None:
    """Returns an amount; None until a fact has named the event's currency."""
    return Money(minor=minor, currency=currency) if currency else None


def sales_pb(sales: Sales) -> nouns.SalesReport:
    """Returns a sales report. A ticket that a coupon made free counts as a discount; a gift does not."""
    sold, free, given = sales.sold, sales.free, sales.given
    return nouns.SalesReport(
        orders_paid=sold.orders,
        orders_free=free.orders,
        orders_given=given.orders,
        orders_pending=sales.pending,
        orders_failed=sales.failed,
        tickets_sold=sold.tickets,
        tickets_free=sold.free + free.free,
        tickets_given=given.given,
        face=money_pb(sold.face_minor + free.face_minor, sales.currency),
        discount=money_pb(sold.discount_minor + free.discount_minor, sales.currency),
        revenue=money_pb(sold.total_minor, sales.currency),
        given=money_pb(given.face_minor, sales.currency),
        refunded=money_pb(sold.refunded_minor, sales.currency),
        tickets_refunded=sales.returned,
        net=money_pb(sold.total_minor - sold.refunded_minor, sales.currency),
        days=[
            nouns.DaySales(
                day=day.day,
                tickets_sold=day.tickets,
                tickets_free=day.free,
                tickets_given=day.given,
                revenue=money_pb(day.total_minor, sales.currency),
                refunded=money_pb(day.refunded_minor, sales.currency),
            )
            for day in sales.days
        ],
    )


def types_pb(types: Iterable[TypeSales], currency: str) -> list[nouns.TypeRevenue]:
    """Returns the revenue of each ticket type."""
    return [
        nouns.TypeRevenue(
            ticket_type_id=ticket_type.ticket_type_id,
            ticket_type_name=ticket_type.name,
            tickets_sold=ticket_type.tickets,
            tickets_free=ticket_type.free,
            tickets_given=ticket_type.given,
            face=money_pb(ticket_type.face_minor, currency),
            discount=money_pb(ticket_type.face_minor - ticket_type.total_minor, currency),
            revenue=money_pb(ticket_type.total_minor, currency),
            tickets_refunded=ticket_type.returned,
        )
        for ticket_type in types
    ]


def coupons_pb(coupons: Iterable[CouponSales], currency: str) -> list[nouns.CouponUse]:
    """Returns the use of each coupon."""
    return [
        nouns.CouponUse(
            coupon_id=coupon.coupon_id,
            code=coupon.code,
            orders=coupon.orders,
            tickets=coupon.tickets,
            discount=money_pb(coupon.discount_minor, currency),
            revenue=money_pb(coupon.total_minor, currency),
        )
        for coupon in coupons
    ]


def occupancy_pb(occupancy: Occupancy) -> list[nouns.Occupancy]:
    """Returns the counts of places, without their pools' ids."""
    return [
        nouns.Occupancy(name=count.name, capacity=count.capacity, held=count.held, sold=count.sold)
        for count in occupancy.counts
    ]


def dashboard_pb(dashboard: Dashboard) -> pb.WatchDashboardResponse:
    """Returns one message of a dashboard's stream."""
    return pb.WatchDashboardResponse(
        sales=sales_pb(dashboard.sales),
        occupancy=occupancy_pb(dashboard.occupancy),
        admitted=dashboard.occupancy.admitted,
    )
