"""How a hold changes its state. Decisions only."""

from dataclasses import replace

from eventhub.refusals import HoldExpired, HoldInUse
from services.inventory.holds import GIVEN_UP_MAX, IN_FORCE, OF_AN_ORDER, Hold, HoldState


def lockable(hold: Hold, *, order_id: str, now_us: int) -> bool:
    """Whether an order has to lock a hold; False if it has locked it before. Raises HoldInUse, HoldExpired."""
    if hold.order_id and hold.order_id != order_id:
        raise HoldInUse
    if hold.state in OF_AN_ORDER:
        return False
    gone = hold.state != HoldState.HELD or hold.expires_us <= now_us
    if gone or order_id in hold.given_up_by or len(hold.given_up_by) >= GIVEN_UP_MAX:
        raise HoldExpired
    return True


def confirmable(hold: Hold, *, order_id: str) -> bool:
    """Whether a hold has to be sold to an order; False if it was sold to it before. Raises HoldExpired if the order no
    longer has the hold."""
    if hold.order_id != order_id or hold.state not in OF_AN_ORDER:
        raise HoldExpired
    return hold.state == HoldState.LOCKED


def releasable(hold: Hold) -> bool:
    """Whether it changes anything if the owner gives a hold back. Raises HoldInUse if an order has it."""
    if hold.state in OF_AN_ORDER:
        raise HoldInUse
    return hold.state == HoldState.HELD


def check_not_sold(hold: Hold, *, order_id: str) -> None:
    """Raises HoldInUse if a hold is sold to an order: the order has to return it, it cannot unlock it."""
    if (hold.order_id, hold.state) == (order_id, HoldState.SOLD):
        raise HoldInUse


def given_up(hold: Hold, *, order_id: str, release: bool = False, now_us: int) -> Hold:
    """A hold after an order has given it up: HELD by its owner for the rest of its time, LAPSED if that is over,
    RELEASED if too many orders have given it up or it was taken for this order alone (release). If the order never had
    the hold, only given_up_by changes."""
    if hold.state not in IN_FORCE or order_id in hold.given_up_by:
        return hold
    noted = replace(hold, given_up_by=(*hold.given_up_by, order_id)[:GIVEN_UP_MAX])
    if hold.order_id not in ("", order_id):
        return noted
    if release or len(noted.given_up_by) == GIVEN_UP_MAX:
        return replace(noted, state=HoldState.RELEASED, order_id="")
    state = HoldState.HELD if now_us < hold.expires_us else HoldState.LAPSED
    return replace(noted, state=state, order_id="")
