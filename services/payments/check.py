"""What requests must be, besides the contract's rules on their fields."""

from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.refusals import InvalidRequest

CARD_TOKEN_MAX = 200


def authorize(request: pb.AuthorizeRequest) -> None:
    """Something is to be paid, and how is said. Raises InvalidRequest."""
    if request.amount.minor <= 0:
        raise InvalidRequest(fields={"amount.minor": "must be more than zero"})
    if not request.amount.currency:
        raise InvalidRequest(fields={"amount.currency": "must be given"})
    if request.HasField("box_office"):
        if not request.box_office:
            raise InvalidRequest(fields={"box_office": "must be true where it is given"})
    elif not 0 < len(request.card_token) <= CARD_TOKEN_MAX:
        raise InvalidRequest(fields={"card_token": f"must have 1 to {CARD_TOKEN_MAX} characters"})
