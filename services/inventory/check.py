"""What the rules on the fields cannot say about requests to inventory."""

from collections import Counter
from collections.abc import Sequence

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.kit.language import invalid


def hold(request: pb.HoldRequest) -> None:
    """A ticket type and a seat are named once. Raises InvalidRequest."""
    once([item.ticket_type_id for item in request.items], "items.ticket_type_id")
    once([seat_id for item in request.items for seat_id in item.seat_ids], "items.seat_ids")


def provision(request: pb.ProvisionRequest) -> None:
    """Types draw on pools that are described, and ids come once. Raises InvalidRequest."""
    once([pool.pool_id for pool in request.pools], "pools.pool_id")
    once([kind.ticket_type_id for kind in request.types], "types.ticket_type_id")
    known = {pool.pool_id for pool in request.pools}
    for kind in request.types:
        for pool_id in set(kind.pool_ids) - known:
            raise invalid(
                "types.pool_ids", "pool", f"a pool that there is, not {pool_id}", f"um grupo que existe, não {pool_id}"
            )


def once(values: Sequence[str], field: str) -> None:
    """Raises InvalidRequest where a value comes twice."""
    if len(set(values)) < len(values):
        twice = next(value for value, count in Counter(values).items() if count > 1)
        raise invalid(field, "unique", f"{twice} only once", f"{twice} uma vez só")
