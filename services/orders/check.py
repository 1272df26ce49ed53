"""What the rules on the fields cannot say about requests to orders."""

from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from services.kit.rules import invalid

CARD_DIGITS_MIN, CARD_DIGITS_MAX = 13, 19
DOUBLED_MAX = 9


def checkout(request: CheckoutRequest) -> None:
    """Nothing in a checkout may be a card number. Raises InvalidRequest."""
    texts = {"card.token": request.card.token, "complimentary.reason": request.complimentary.reason}
    for field, text in texts.items():
        digits = "".join(character for character in text if character.isdigit())
        if CARD_DIGITS_MIN <= len(digits) <= CARD_DIGITS_MAX and is_card_number(digits):
            raise invalid(field, "text.card_number", "no card number", "nenhum número de cartão")


def is_card_number(digits: str) -> bool:
    """Whether digits pass the Luhn check that every card number passes."""
    total = 0
    for n, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + n % 2)
        total += value - DOUBLED_MAX if value > DOUBLED_MAX else value
    return total % 10 == 0
