"""Which places of a hold come back. Decisions only."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from eventhub.refusals import HoldExpired, LineNotRefundable
from services.inventory.holds import Hold, HoldState


def check_sold(hold: Hold, order_id: str) -> None:
    """Raises HoldExpired unless a hold is sold to an order, or was until its last place came back."""
    back = hold.state == HoldState.RELEASED and len(hold.returned) == len(hold.places)
    if hold.order_id != order_id or not (hold.state == HoldState.SOLD or back):
        raise HoldExpired


def coming_back(hold: Hold, positions: Iterable[int]) -> list[int]:
    """Those of some places that have not come back before, in order. Raises LineNotRefundable for one that the hold
    does not have."""
    wanted = sorted(positions)
    for position in wanted:
        if position >= len(hold.places):
            raise LineNotRefundable(line_id=str(position + 1))
    return [position for position in wanted if position not in hold.returned]


def without(hold: Hold, positions: Sequence[int]) -> Hold:
    """A sold hold after some of its places have come back; RELEASED after the last one."""
    returned = tuple(sorted({*hold.returned, *positions}))
    state = HoldState.RELEASED if len(returned) == len(hold.places) else hold.state
    return replace(hold, returned=returned, state=state)
