"""What the rules on the fields cannot say about requests to orders."""

from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.refusals import InvalidRequest
from services.kit.language import DIGITS_MAX, DIGITS_MIN, NO_CARD, invalid, is_card_number
from services.orders import convert
from services.orders.purchases import COUNTER


def checkout(request: CheckoutRequest) -> None:
    """A card's token is no card number, and a customer stands at the counter. Raises InvalidRequest."""
    digits = "".join(character for character in request.card.token if character.isdigit())
    if DIGITS_MIN <= len(digits) <= DIGITS_MAX and is_card_number(digits):
        raise InvalidRequest(fields={"card.token": NO_CARD})
    if request.HasField("customer") and convert.method(request) not in COUNTER:
        raise invalid(
            "customer", "checkout.customer", "for the box office and gifts only", "só para bilheteria ou cortesia"
        )
