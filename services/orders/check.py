"""Checks of requests to orders that the contract's rules on fields cannot express."""

from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.refusals import InvalidRequest
from services.kit.language import DIGITS_MAX, DIGITS_MIN, NO_CARD, invalid, is_card_number
from services.orders import convert
from services.orders.orders import COUNTER


def checkout(request: CheckoutRequest) -> None:
    """Raises InvalidRequest if a card's token is a card number, or if a customer is named away from the counter."""
    digits = "".join(character for character in request.card.token if character.isdigit())
    if DIGITS_MIN <= len(digits) <= DIGITS_MAX and is_card_number(digits):
        raise InvalidRequest(fields={"card.token": NO_CARD})
    if request.HasField("customer") and convert.method(request) not in COUNTER:
        raise invalid(
            "customer", "checkout.customer", "for the box office and gifts only", "só para bilheteria ou cortesia"
        )
