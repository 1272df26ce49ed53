"""Checks of requests about relocations beyond the field rules of the contract. Each raises InvalidRequest."""

from collections.abc import Sequence

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import violations


def target(request: pb.RelocationTarget) -> None:
    """Each category has one new name. Each seat has one target, and each target one seat."""
    wrong = {}
    if repeats([move.from_category for move in request.categories]):
        wrong["target.categories"] = violations.CATEGORIES_DIFFER
    for ids in ([move.from_seat_id for move in request.seats], [move.to_seat_id for move in request.seats]):
        if repeats(ids):
            wrong["target.seats"] = violations.SEATS_DIFFER
    violations.refuse(wrong)


def repeats(values: Sequence[str]) -> bool:
    """Whether a value comes twice."""
    return len(set(values)) < len(values)
