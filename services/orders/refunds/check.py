"""Who may ask for which refund. Raises the contract's refusals."""

from eventhub.orders.v1.orders_service_pb2 import RefundOrderRequest
from eventhub.refusals import AccessDenied, CurrencyMismatch, TotalChanged
from services.kit.language import invalid, rules
from services.orders.orders import Order
from services.orders.refunds.rules import Offer


def members_request(request: RefundOrderRequest, order: Order, *, box_office: bool) -> None:
    """Raises InvalidRequest for a refund without a reason, or of money without an amount; AccessDenied if the box
    office gives back what was not sold at the counter; CurrencyMismatch."""
    if not request.reason:
        raise invalid("reason", "required", *rules.GIVEN)
    if request.money_only and not request.amount.minor:
        raise invalid("amount", "required", *rules.GIVEN)
    if request.money_only and request.line_ids:
        raise invalid("line_ids", "money_only", "nothing: only money is given back", "nada: só dinheiro é devolvido")
    if box_office and not order.till_id:
        raise AccessDenied(needs="MANAGER,FINANCE")
    check_currency(request, order)


def buyers_request(request: RefundOrderRequest, order: Order) -> None:
    """Raises AccessDenied if a buyer asks for what only members may, InvalidRequest without an amount,
    CurrencyMismatch."""
    members = (request.money_only, request.reason, request.even_if_used, request.block_label, request.keep_coupon)
    if any(members):
        raise AccessDenied(needs="ORGANIZER")
    if not request.HasField("amount"):
        raise invalid("amount", "required", *rules.GIVEN)
    check_currency(request, order)


def check_currency(request: RefundOrderRequest, order: Order) -> None:
    """Raises CurrencyMismatch if the amount of a refund has another currency than its order."""
    if request.HasField("amount") and request.amount.currency != order.currency:
        raise CurrencyMismatch(expected=order.currency)


def expected(request: RefundOrderRequest, offer: Offer) -> None:
    """Raises TotalChanged if a buyer expects another amount than the offered one."""
    if request.amount.minor != offer.amount_minor:
        raise TotalChanged(
            expected_minor=request.amount.minor, total_minor=offer.amount_minor, currency=request.amount.currency
        )
