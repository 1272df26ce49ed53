"""Checks on requests that the contract's rules for fields cannot express."""

from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.language import invalid, rules

CARD_TOKEN_MAX = 200


def refund(request: pb.RefundRequest) -> None:
    """The amount is positive. Raises InvalidRequest."""
    if request.amount.minor <= 0:
        raise invalid("amount.minor", "positive", "more than 0", "mais que 0")


def authorize(request: pb.AuthorizeRequest) -> None:
    """The amount is positive and one method of payment is given. Raises InvalidRequest."""
    if request.amount.minor <= 0:
        raise invalid("amount.minor", "positive", "more than 0", "mais que 0")
    if not request.amount.currency:
        raise invalid("amount.currency", "required", *rules.GIVEN)
    if not request.HasField("counter") and not 0 < len(request.card_token) <= CARD_TOKEN_MAX:
        raise invalid(
            "card_token",
            "string.max_len",
            f"between 1 and {CARD_TOKEN_MAX} characters",
            f"entre 1 e {CARD_TOKEN_MAX} caracteres",
        )
