"""How much one person may hold at once, so that no one keeps an event from the other buyers. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.refusals import AddressLimit, HeldPlacesLimit, HoldLimit
from services.inventory.holds import HOLD_TTL_US, EventSale, Wish
from services.kit.values import SECOND_US

HOLDS_MAX = 5
# A clerk serves several customers at once, and some of them leave without buying.
COUNTER_HOLDS_MAX = 50
NO_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much a caller may hold.

    holds: how many at once, over all events.
    places: how many of one event, in all holds of the caller together.
    address: the number of the caller's network address, 0 if it is not counted.
    near: how many places all guests of that address may hold together.
    at_counter: whether the caller is a member of the event's organizer, who sells to others.
    lasts_us: how long a hold lasts.
    """

    holds: int
    places: int
    address: int
    near: int
    at_counter: bool = False
    lasts_us: int = HOLD_TTL_US


@dataclass(frozen=True, slots=True)
class Held:
    """A hold in force. lapses_us: None while an order pays for it."""

    event_id: str
    tickets: int
    lapses_us: int | None


def allowance(sale: EventSale, *, at_counter: bool, address: int, near: int) -> Allowance:
    """How much a caller may hold of an event. The parameters are those of Allowance."""
    if at_counter:
        places = COUNTER_HOLDS_MAX * sale.tickets_per_order_max
        return Allowance(holds=COUNTER_HOLDS_MAX, places=places, address=0, near=0, at_counter=True)
    return Allowance(holds=HOLDS_MAX, places=sale.buyers_tickets_max, address=address, near=near)


def of_offer(lasts_us: int) -> Allowance:
    """For a hold that inventory takes by itself, to offer places to a person who waits: no limit applies, and as at the
    counter a single seat may be left alone."""
    return Allowance(holds=NO_LIMIT, places=NO_LIMIT, address=0, near=0, at_counter=True, lasts_us=lasts_us)


def check(allowed: Allowance, wish: Wish, own: Sequence[Held], near: Sequence[Held], *, now_us: int) -> None:
    """Raises HoldLimit, HeldPlacesLimit or AddressLimit, which say when the next hold lapses. own: the caller's holds.
    near: holds that are counted by the same address."""
    if len(own) >= allowed.holds:
        raise HoldLimit(limit=allowed.holds, retry_after_s=lapses_in_s(own, now_us))
    here = [held for held in own if held.event_id == wish.event_id]
    if places(here) + wish.tickets > allowed.places:
        raise HeldPlacesLimit(limit=allowed.places, held=places(here), retry_after_s=lapses_in_s(here, now_us))
    if allowed.address and places(near) + wish.tickets > allowed.near:
        raise AddressLimit(limit=allowed.near, retry_after_s=lapses_in_s(near, now_us))


def places(held: Sequence[Held]) -> int:
    """The number of places in several holds."""
    return sum(hold.tickets for hold in held)


def lapses_in_s(held: Sequence[Held], now_us: int) -> float | None:
    """Seconds until the first of several holds lapses; None if orders pay for all of them."""
    times = [hold.lapses_us for hold in held if hold.lapses_us is not None]
    return (min(times) - now_us) / SECOND_US if times else None
