"""SQL of reporting's sums over an event's orders, tickets and refunds."""

from services.kit.db import Tx
from services.reporting.known import OrderState, Sale
from services.reporting.sales import QUARTER_S, CouponSales, OrderSum, Quarter, TypeSales

QUARTER_US = QUARTER_S * 1_000_000
COUPONS_MAX = 200


async def sum_up(tx: Tx, event_id: str) -> dict[tuple[OrderState, Sale], OrderSum]:
    """Sums up an event's orders by state and kind of sale."""
    rows = await tx.all(
        """SELECT state, sale, count(*), sum(tickets - free - given), sum(free), sum(given), sum(face_minor),
           sum(discount_minor), sum(total_minor), sum(returned), sum(refunded_minor)
           FROM order_row WHERE event_id = $1 GROUP BY state, sale ORDER BY state, sale""",
        event_id,
    )
    return {
        (OrderState(state), Sale(sale)): OrderSum(
            orders=int(orders),
            tickets=int(tickets),
            free=int(free),
            given=int(given),
            face_minor=int(face_minor),
            discount_minor=int(discount_minor),
            total_minor=int(total_minor),
            returned=int(back[0]),
            refunded_minor=int(back[1]),
        )
        for state, sale, orders, tickets, free, given, face_minor, discount_minor, total_minor, *back in rows
    }


async def sum_by_quarter(tx: Tx, event_id: str) -> list[Quarter]:
    """Sums up an event's paid orders by the quarter of an hour of their payment."""
    rows = await tx.all(
        """SELECT paid_us / $2, sum(tickets - free - given), sum(total_minor), sum(free), sum(given) FROM order_row
           WHERE event_id = $1 AND paid_us IS NOT NULL GROUP BY 1 ORDER BY 1""",
        event_id,
        QUARTER_US,
    )
    return [
        Quarter(
            number=int(number), tickets=int(tickets), total_minor=int(total_minor), free=int(free), given=int(given)
        )
        for number, tickets, total_minor, free, given in rows
    ]


async def sum_refunds_by_quarter(tx: Tx, event_id: str) -> list[Quarter]:
    """Sums up the money that was given back by the quarter of an hour of the refunds."""
    rows = await tx.all(
        "SELECT at_us / $2, sum(minor) FROM refund_row WHERE event_id = $1 GROUP BY 1 ORDER BY 1", event_id, QUARTER_US
    )
    return [Quarter(number=int(number), refunded_minor=int(minor)) for number, minor in rows]


async def sum_by_type(tx: Tx, event_id: str) -> list[TypeSales]:
    """Sums up an event's paid tickets by ticket type. A type that was renamed gets one of the names it was sold
    under."""
    rows = await tx.all(
        """SELECT ticket_type_id, max(name), sum(CASE WHEN price_minor > 0 THEN 1 ELSE 0 END),
           sum(face_minor * (1 - given)), sum(price_minor), max(face_minor),
           sum(CASE WHEN price_minor = 0 THEN 1 - given ELSE 0 END), sum(given), sum(returned)
           FROM sales_line WHERE event_id = $1 GROUP BY ticket_type_id ORDER BY ticket_type_id""",
        event_id,
    )
    return [
        TypeSales(
            ticket_type_id=ticket_type_id,
            name=name,
            tickets=int(tickets),
            face_minor=int(face_minor),
            total_minor=int(total_minor),
            dearest_minor=int(dearest_minor),
            free=int(free),
            given=int(given),
            returned=int(returned),
        )
        for ticket_type_id, name, tickets, face_minor, total_minor, dearest_minor, free, given, returned in rows
    ]


async def sum_by_coupon(tx: Tx, event_id: str) -> list[CouponSales]:
    """Sums up an event's paid orders by coupon, most used first, at most COUPONS_MAX."""
    rows = await tx.all(
        """SELECT coupon_id, max(coupon_code), count(*), sum(discounted), sum(discount_minor), sum(total_minor)
           FROM order_row WHERE event_id = $1 AND coupon_id > '' AND paid_us IS NOT NULL GROUP BY coupon_id
           ORDER BY count(*) DESC, sum(discount_minor) DESC, coupon_id LIMIT $2""",
        event_id,
        COUPONS_MAX,
    )
    return [
        CouponSales(
            coupon_id=coupon_id,
            code=code,
            orders=int(orders),
            tickets=int(tickets),
            discount_minor=int(discount_minor),
            total_minor=int(total_minor),
        )
        for coupon_id, code, orders, tickets, discount_minor, total_minor in rows
    ]
