"""Checks of requests to inventory that the contract's rules on fields cannot express."""

from collections import Counter
from collections.abc import Sequence

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory import convert
from services.kit.language import invalid

SEATS_MAX = 50


def hold(request: pb.HoldRequest | pb.HoldAtCounterRequest) -> None:
    """Raises InvalidRequest if a request names a ticket type or a seat twice."""
    once([item.ticket_type_id for item in request.items], "items.ticket_type_id")
    once([seat_id for item in request.items for seat_id in item.seat_ids], "items.seat_ids")


def best_seats(request: pb.FindBestSeatsRequest) -> None:
    """Raises InvalidRequest unless a request gives a quantity or groups, and enough seats for the accessible ones."""
    if bool(request.quantity) == bool(request.groups):
        raise invalid("quantity", "required", "a quantity or groups", "uma quantidade ou grupos")
    if sum(request.groups) > SEATS_MAX:
        raise invalid("groups", "seats", f"at most {SEATS_MAX} seats together", f"até {SEATS_MAX} lugares juntos")
    once([str(wanted.kind) for wanted in request.accessible], "accessible.kind")
    needed = sum(convert.need(wanted).seats for wanted in request.accessible)
    if needed > request.quantity:
        raise invalid("quantity", "accessible", f"at least {needed}", f"pelo menos {needed}")


def provision(request: pb.ProvisionRequest) -> None:
    """Raises InvalidRequest if an id comes twice, or a type names a pool or lots that the request does not describe."""
    once([pool.pool_id for pool in request.pools], "pools.pool_id")
    once([ticket_type.ticket_type_id for ticket_type in request.types], "types.ticket_type_id")
    known = {pool.pool_id for pool in request.pools}
    for ticket_type in request.types:
        for pool_id in set(ticket_type.pool_ids) - known:
            raise invalid(
                "types.pool_ids", "pool", f"a pool that there is, not {pool_id}", f"um grupo que existe, não {pool_id}"
            )
    owners = {ticket_type.ticket_type_id: ticket_type.lots for ticket_type in request.types}
    for ticket_type in request.types:
        once([lot.lot_id for lot in ticket_type.lots], "types.lots.lot_id")
        if ticket_type.lots_of and not owners.get(ticket_type.lots_of):
            raise invalid("types.lots_of", "lots", "a type that has lots", "um tipo que tem lotes")


def once(values: Sequence[str], field: str) -> None:
    """Raises InvalidRequest for a field if one of its values comes twice."""
    if len(set(values)) < len(values):
        twice = next(value for value, count in Counter(values).items() if count > 1)
        raise invalid(field, "unique", f"{twice} only once", f"{twice} uma vez só")
