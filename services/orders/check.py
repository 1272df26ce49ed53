"""What the rules on the fields cannot say about requests to orders."""

from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.refusals import InvalidRequest
from services.kit.texts import DIGITS_MAX, DIGITS_MIN, NO_CARD, is_card_number


def checkout(request: CheckoutRequest) -> None:
    """A card's token is no card number. Raises InvalidRequest."""
    digits = "".join(character for character in request.card.token if character.isdigit())
    if DIGITS_MIN <= len(digits) <= DIGITS_MAX and is_card_number(digits):
        raise InvalidRequest(fields={"card.token": NO_CARD})
