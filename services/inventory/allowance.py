"""How much one person may hold at once: who does not buy keeps no house from the others. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.refusals import AddressLimit, HeldPlacesLimit, HoldLimit
from services.inventory.holds import Stock, Wish

HOLDS_MAX = 5
# A clerk's: several customers stand at a counter, and some of them go away.
COUNTER_HOLDS_MAX = 50
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a caller may hold. holds: at once, over all events. places: of one event, in all of its holds together.
    address: what the caller's network address is counted as, 0 where it is not; near: how many places all guests who
    are counted so may hold together. at_counter: whether the event's own organizer sells to others."""

    holds: int
    places: int
    address: int
    near: int
    at_counter: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that lives. lapses_us: None while it is being paid for."""

    event_id: str
    tickets: int
    lapses_us: int | None


def allowance(stock: Stock, *, at_counter: bool, address: int, near: int) -> Allowance:
    """What a caller may hold of an event. at_counter: whether the event's own organizer sells to others."""
    if at_counter:
        return Allowance(COUNTER_HOLDS_MAX, COUNTER_HOLDS_MAX * stock.tickets_per_order_max, 0, 0, at_counter=True)
    return Allowance(HOLDS_MAX, stock.tickets_per_order_max, address, near)


def check(allowed: Allowance, wish: Wish, own: Sequence[Held], near: Sequence[Held], *, now_us: int) -> None:
    """Raises HoldLimit, HeldPlacesLimit or AddressLimit, saying when something lapses. own: what the caller holds.
    near: what is held by those who are counted by the same address."""
    if len(own) >= allowed.holds:
        raise HoldLimit(limit=allowed.holds, retry_after_s=lapses_in_s(own, now_us))
    here = [held for held in own if held.event_id == wish.event_id]
    if places(here) + wish.tickets > allowed.places:
        raise HeldPlacesLimit(limit=allowed.places, held=places(here), retry_after_s=lapses_in_s(here, now_us))
    if allowed.address and places(near) + wish.tickets > allowed.near:
        raise AddressLimit(limit=allowed.near, retry_after_s=lapses_in_s(near, now_us))


def places(held: Sequence[Held]) -> int:
    """How many places some holds have."""
    return sum(hold.tickets for hold in held)


def lapses_in_s(held: Sequence[Held], now_us: int) -> float | None:
    """In how many seconds the first of some holds lapses; None where none will."""
    times = [hold.lapses_us for hold in held if hold.lapses_us is not None]
    return (min(times) - now_us) / SECOND_US if times else None
