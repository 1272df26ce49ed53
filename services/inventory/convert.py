"""inventory's values as the contract's messages, and back."""

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.holds import Hold, Item, Wish
from services.inventory.store import PoolNow, SeatNow
from services.kit.db import Row
from services.kit.values import to_timestamp

HOLD_STATES = {name.removeprefix("HOLD_STATE_"): value for name, value in nouns.HoldState.items()}
SEAT_STATES = {name.removeprefix("SEAT_STATE_"): value for name, value in nouns.SeatState.items()}


def hold_state_pb(state: str) -> nouns.HoldState.ValueType:
    """A hold's state."""
    return HOLD_STATES[state]


def seat_state_pb(state: str) -> nouns.SeatState.ValueType:
    """A seat's state."""
    return SEAT_STATES[state]


def wish(request: pb.HoldRequest, buyer_id: str, content_hash: str) -> Wish:
    """What a request wishes for."""
    items = tuple(Item(item.ticket_type_id, tuple(item.seat_ids), item.quantity) for item in request.items)
    return Wish(request.hold_id, request.event_id, buyer_id, items, content_hash)


def hold_pb(hold: Hold) -> nouns.Hold:
    """A hold."""
    places = [
        nouns.HeldPlace(ticket_type_id=place.ticket_type_id, seat_id=place.seat_id, seat_label=place.seat_label)
        for place in hold.places
    ]
    return nouns.Hold(
        hold_id=hold.hold_id,
        event_id=hold.event_id,
        state=hold_state_pb(hold.state),
        expires_at=to_timestamp(hold.expires_us),
        places=places,
    )


def seat_change_pb(seat: SeatNow) -> nouns.SeatChange:
    """A seat after a change."""
    return nouns.SeatChange(seat_id=seat.seat_id, state=seat_state_pb(seat.state), version=seat.version)


def seat_pb(row: Row) -> nouns.Seat:
    """A whole seat, from the columns of store.seats_after."""
    seat_id, zone, row_name, number, category, state, version, label = row
    return nouns.Seat(
        seat_id=seat_id,
        zone=zone,
        row=row_name,
        number=number,
        category=category,
        state=seat_state_pb(state),
        version=version,
        label=label,
    )


def stock_pb(pool: PoolNow) -> nouns.Stock:
    """A pool's counts."""
    return nouns.Stock(pool_id=pool.pool_id, name=pool.name, capacity=pool.capacity, held=pool.held, sold=pool.sold)
