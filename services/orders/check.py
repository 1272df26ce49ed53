"""Checks of requests to orders that the contract's rules on fields cannot express."""

from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, ListOrdersRequest
from eventhub.refusals import AccessDenied, InvalidRequest
from services.kit.language import NO_CARD, has_card_number, invalid, rules
from services.orders import convert
from services.orders.orders import COUNTER


def checkout(request: CheckoutRequest) -> None:
    """Raises InvalidRequest if a card's token is a card number, or if a customer is named away from the counter."""
    if has_card_number(request.card.token):
        raise InvalidRequest(fields={"card.token": NO_CARD})
    if request.HasField("customer") and convert.method(request) not in COUNTER:
        raise invalid(
            "customer", "checkout.customer", "for the box office and gifts only", "só para bilheteria ou cortesia"
        )


def find_customer(request: ListOrdersRequest, *, may_sell: bool) -> None:
    """Raises AccessDenied for callers who do not sell, InvalidRequest if they name no event."""
    if not may_sell:
        raise AccessDenied(needs="MANAGER,BOX_OFFICE")
    if not request.event_id:
        raise invalid("event_id", "required", *rules.GIVEN)
