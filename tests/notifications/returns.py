"""The facts about refunds and revoked tickets, for notifications' tests."""

from eventhub.common.v1.money_pb2 import Money
from eventhub.orders.v1.orders_events_pb2 import OrderRefundChanged
from eventhub.orders.v1.orders_pb2 import ORDER_REFUND_STATE_DONE, Order, OrderRefund, OrderRefundState
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsRevoked
from services.notifications.notices import Holding
from tests.fakes.clock import START_US
from tests.notifications.world import order


def holding(order_id: str, event_id: str, holder: str, *, since_us: int = START_US) -> Holding:
    """A ticket of an order that a person holds. since_us: since when."""
    return Holding(order_id=order_id, event_id=event_id, buyer_id=holder, serials=(1,), paid=False, since_us=since_us)


def refunded(
    *line_ids: str,
    minor: int,
    kept: int = 0,
    of: Order | None = None,
    refund_id: str = "rfd_1",
    state: OrderRefundState.ValueType = ORDER_REFUND_STATE_DONE,
) -> OrderRefundChanged:
    """The fact that a refund of an order is in a state. of: the order; by default one that was paid by card."""
    changed = OrderRefund(
        refund_id=refund_id,
        state=state,
        line_ids=line_ids,
        amount=Money(minor=minor, currency="BRL"),
        kept=Money(minor=kept, currency="BRL"),
        reason="Ana Souza is ill",
    )
    return OrderRefundChanged(order=of or order(), refund=changed)


def revoked(issued: TicketsIssued, *serials: int) -> TicketsRevoked:
    """The fact that some of an order's tickets are revoked."""
    tickets = [ticket for ticket in issued.tickets if ticket.serial in serials]
    return TicketsRevoked(order_id=issued.order.order_id, event_id=issued.order.event_id, tickets=tickets)
