"""The states of seats, as a watch of a seat map begins with them."""

from eventhub.inventory.v1.inventory_pb2 import SeatState, SeatStates


def seat_states(seats: SeatStates) -> list[SeatState.ValueType]:
    """Returns the state of each seat in the plan's order, for which WatchSeats has four bits each."""
    halves = [half for byte in seats.states for half in (byte & 15, byte >> 4)]
    return [SeatState.ValueType(half) for half in halves[: seats.seat_count]]
