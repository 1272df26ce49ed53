"""Refunds as the contract's messages, and back."""

from collections.abc import Mapping

from eventhub.catalog.v1.catalog_pb2 import Event
from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_UNSPECIFIED, ErrorReason
from eventhub.common.v1.money_pb2 import Money
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1.orders_service_pb2 import ListedRefund, PreviewRefundResponse, RefundOrderRequest
from services.kit.rpc import Caller
from services.kit.values import fingerprint, from_timestamp, to_timestamp
from services.orders.orders import Order, OrderLine
from services.orders.refunds.refund import Refund, RefundGround, RefundState, lines_given
from services.orders.refunds.rules import Offer, Terms

WITHDRAWAL_HOURS = 48


def terms(event: Event) -> Terms:
    """What a refund has to know of its event."""
    said = event.details.refund_terms
    hours = said.withdrawal_hours_before if said.HasField("withdrawal_hours_before") else WITHDRAWAL_HOURS
    return Terms(
        starts_us=from_timestamp(event.starts_at),
        withdrawal_hours=hours,
        shares=tuple((share.hours_before, share.percent) for share in said.shares),
        package_sizes={kind.ticket_type_id: kind.package_size for kind in event.ticket_types if kind.package_size > 1},
    )


def refund_of(
    request: RefundOrderRequest,
    order: Order,
    lines: Mapping[str, OrderLine],
    offer: Offer,
    *,
    caller: Caller,
    now_us: int,
) -> Refund:
    """The refund that a caller asks for. lines, offer: what is given back."""
    at_counter = caller.is_member and bool(order.till_id)
    return Refund(
        refund_id=request.refund_id,
        order_id=order.order_id,
        organizer_id=order.organizer_id,
        event_id=order.event_id,
        content_hash=fingerprint(request),
        state=RefundState.PENDING,
        ground=offer.ground,
        line_ids=tuple(lines),
        amount_minor=offer.amount_minor,
        kept_minor=offer.kept_minor,
        reason=request.reason,
        requested_by=caller.subject_id,
        clerk_id=caller.subject_id if at_counter else "",
        even_if_used=request.even_if_used,
        block_label=request.block_label,
        keep_coupon=request.keep_coupon,
        whole=bool(lines) and len(lines) + len(lines_given(order.refunds)) == len(order.lines),
        created_us=now_us,
        ended_us=None,
        failure="",
        note="",
        tries=0,
    )


def refund_pb(refund: Refund, currency: str) -> nouns.OrderRefund:
    """A refund."""
    failed = refund.state == RefundState.FAILED
    return nouns.OrderRefund(
        refund_id=refund.refund_id,
        state=nouns.OrderRefundState.Value(f"ORDER_REFUND_STATE_{refund.state}"),
        line_ids=refund.line_ids,
        amount=Money(minor=refund.amount_minor, currency=currency),
        kept=Money(minor=refund.kept_minor, currency=currency),
        ground=ground_pb(refund.ground),
        reason=refund.reason,
        requested_by=refund.requested_by,
        created_at=to_timestamp(refund.created_us),
        ended_at=to_timestamp(refund.ended_us),
        failure=ErrorReason.Value(f"ERROR_REASON_{refund.failure}") if failed else ERROR_REASON_UNSPECIFIED,
        note=refund.note,
    )


def ground_pb(ground: RefundGround) -> nouns.RefundGround.ValueType:
    """The contract's RefundGround."""
    return nouns.RefundGround.Value(f"REFUND_GROUND_{ground}")


def offer_pb(offer: Offer, currency: str) -> PreviewRefundResponse:
    """What would be given back."""
    return PreviewRefundResponse(
        amount=Money(minor=offer.amount_minor, currency=currency),
        kept=Money(minor=offer.kept_minor, currency=currency),
        ground=ground_pb(offer.ground),
        until=to_timestamp(offer.until_us or None),
    )


def listed_pb(refund: Refund, number: str, currency: str) -> ListedRefund:
    """A refund in a list. number: of its order."""
    return ListedRefund(
        refund=refund_pb(refund, currency), order_id=refund.order_id, number=number, event_id=refund.event_id
    )
