"""Holds: what a wish takes, and what may become of a hold. Decisions only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eventhub.refusals import (
    EventNotOnSale,
    HoldExpired,
    HoldInUse,
    OrderLimit,
    SeatNotAllowed,
    SeatNotOfType,
    SeatRequired,
    TicketTypeNotFound,
)

HOLD_TTL_US = 10 * 60 * 1_000_000
# How many orders of one hold may be given up: a buyer has a few cards, a thief tries out many.
GIVEN_UP_MAX = 10
PROVISIONING, OPEN = "PROVISIONING", "OPEN"
HELD, LOCKED, SOLD, LAPSED, RELEASED = "HELD", "LOCKED", "SOLD", "LAPSED", "RELEASED"


@dataclass(frozen=True, slots=True)
class Stock:
    """What an event sells. state: "PROVISIONING" or "OPEN". counter_end_us: when sales end at the counter."""

    event_id: str
    organizer_id: str
    state: str
    sales_end_us: int
    counter_end_us: int
    tickets_per_order_max: int


@dataclass(frozen=True, slots=True)
class TicketType:
    """A ticket type. categories: the seat categories it is sold for, empty for all. pool_ids: narrow to wide."""

    ticket_type_id: str
    seated: bool
    categories: frozenset[str]
    pool_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A wish for tickets of one type: numbered seats, or a quantity."""

    ticket_type_id: str
    seat_ids: tuple[str, ...]
    quantity: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a buyer wants to hold. content_hash tells two wishes of one id apart."""

    hold_id: str
    event_id: str
    buyer_id: str
    items: tuple[Item, ...]
    content_hash: str

    @property
    def tickets(self) -> int:
        """How many tickets it is for."""
        return sum(len(item.seat_ids) or item.quantity for item in self.items)


@dataclass(frozen=True, slots=True)
class Place:
    """One ticket's place. seat_id and seat_label are empty for general places."""

    ticket_type_id: str
    seat_id: str
    seat_label: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is stored. given_up_by: the orders that have given it up; none of them can lock it again."""

    hold_id: str
    event_id: str
    buyer_id: str
    content_hash: str
    state: str
    expires_us: int
    order_id: str
    places: tuple[Place, ...]
    given_up_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taking:
    """What a wish takes: seats with the type each is for, in seat order; pools with how many, narrow to wide; and the
    number of general places by type."""

    seats: tuple[tuple[str, TicketType], ...]
    pools: tuple[tuple[str, int], ...]
    general: tuple[tuple[str, int], ...]

    @property
    def general_places(self) -> tuple[Place, ...]:
        """The places that are no seats."""
        return tuple(Place(kind, "", "") for kind, quantity in self.general for _ in range(quantity))

    def seat_places(self, labels: Mapping[str, str]) -> tuple[Place, ...]:
        """The places that are seats. labels: what each seat is called."""
        return tuple(Place(kind.ticket_type_id, seat_id, labels[seat_id]) for seat_id, kind in self.seats)


def take(wish: Wish, stock: Stock, types: Mapping[str, TicketType]) -> Taking:
    """What a wish takes from an event's stock. Raises OrderLimit, TicketTypeNotFound, SeatRequired, SeatNotAllowed."""
    if wish.tickets > stock.tickets_per_order_max:
        raise OrderLimit(limit=stock.tickets_per_order_max)
    seats: dict[str, TicketType] = {}
    general: list[tuple[str, int]] = []
    for item in wish.items:
        kind = types.get(item.ticket_type_id)
        if kind is None:
            raise TicketTypeNotFound(ticket_type_id=item.ticket_type_id)
        check_shape(item, kind)
        seats.update(dict.fromkeys(item.seat_ids, kind))
        if not kind.seated:
            general.append((kind.ticket_type_id, item.quantity))
    counts = dict(general)
    for kind in seats.values():
        counts[kind.ticket_type_id] = counts.get(kind.ticket_type_id, 0) + 1
    return Taking(tuple(sorted(seats.items(), key=lambda seat: seat[0])), draws(counts, types), tuple(general))


def check_on_sale(stock: Stock, now_us: int, *, at_counter: bool) -> None:
    """Raises EventNotOnSale unless the event sells now. at_counter: whether the event's own organizer does."""
    end_us = stock.counter_end_us if at_counter else stock.sales_end_us
    if stock.state != OPEN or now_us >= end_us:
        raise EventNotOnSale(event_id=stock.event_id)


def check_shape(item: Item, kind: TicketType) -> None:
    """Raises SeatRequired or SeatNotAllowed where an item does not fit its type."""
    if kind.seated and (item.quantity or not item.seat_ids):
        raise SeatRequired(ticket_type_id=item.ticket_type_id)
    if not kind.seated and (item.seat_ids or item.quantity < 1):
        raise SeatNotAllowed(ticket_type_id=item.ticket_type_id)


def check_category(seat_id: str, label: str, category: str, kind: TicketType) -> None:
    """Raises SeatNotOfType where a type is not sold for a seat's category."""
    if kind.categories and category not in kind.categories:
        raise SeatNotOfType(seat_id=seat_id, seat=label, ticket_type_id=kind.ticket_type_id)


def draws(tickets: Mapping[str, int], types: Mapping[str, TicketType]) -> tuple[tuple[str, int], ...]:
    """How many each pool gives for so many tickets a type. Pools from narrow to wide, then by id: everybody takes them
    in this order, so nobody waits in a circle."""
    counts: dict[str, int] = {}
    width: dict[str, int] = {}  # counted from the widest: that one is 0, narrower ones are below
    for ticket_type_id, quantity in tickets.items():
        pools = types[ticket_type_id].pool_ids
        for n, pool_id in enumerate(pools, start=1 - len(pools)):
            counts[pool_id] = counts.get(pool_id, 0) + quantity
            width[pool_id] = n
    return tuple((pool_id, counts[pool_id]) for pool_id in sorted(counts, key=lambda pool: (width[pool], pool)))


def drawn_by(places: Sequence[Place], types: Mapping[str, TicketType]) -> tuple[tuple[str, int], ...]:
    """How many each pool has given for some places."""
    return draws(Counter(place.ticket_type_id for place in places), types)


def lockable(hold: Hold, *, order_id: str, now_us: int) -> bool:
    """Whether a hold is to be locked for an order now; False if it is that order's already. Raises HoldInUse or
    HoldExpired."""
    if hold.order_id and hold.order_id != order_id:
        raise HoldInUse
    if hold.state in (LOCKED, SOLD):
        return False
    gone = hold.state != HELD or hold.expires_us <= now_us
    if gone or order_id in hold.given_up_by or len(hold.given_up_by) >= GIVEN_UP_MAX:
        raise HoldExpired
    return True


def confirmable(hold: Hold, *, order_id: str) -> bool:
    """Whether a hold is to be sold to an order now; False if it is sold to it already. Raises HoldExpired where the
    order does not have it any more."""
    if hold.order_id != order_id or hold.state not in (LOCKED, SOLD):
        raise HoldExpired
    return hold.state == LOCKED


def releasable(hold: Hold) -> bool:
    """Whether its owner's giving it back changes anything. Raises HoldInUse once an order has it."""
    if hold.state in (LOCKED, SOLD):
        raise HoldInUse
    return hold.state == HELD


def check_not_sold(hold: Hold, *, order_id: str) -> None:
    """Raises HoldInUse once a hold is sold to an order: that is taken back, not unlocked."""
    if (hold.order_id, hold.state) == (order_id, SOLD):
        raise HoldInUse


def given_up(hold: Hold, *, order_id: str, now_us: int) -> Hold:
    """A hold once an order has given it up: its owner's again for the rest of its time, LAPSED after that, RELEASED
    when too many orders have given it up. If the order never had it, the hold only notes that it cannot lock it."""
    if hold.state not in (HELD, LOCKED, SOLD) or order_id in hold.given_up_by:
        return hold
    noted = replace(hold, given_up_by=(*hold.given_up_by, order_id)[:GIVEN_UP_MAX])
    if hold.order_id not in ("", order_id):
        return noted
    if len(noted.given_up_by) == GIVEN_UP_MAX:
        return replace(noted, state=RELEASED, order_id="")
    return replace(noted, state=HELD if now_us < hold.expires_us else LAPSED, order_id="")
