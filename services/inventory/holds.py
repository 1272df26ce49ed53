"""Holds: which stock a wish claims, and how a hold changes its state. Decisions only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

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
from services.kit.values import SECOND_US

HOLD_TTL_US = 10 * 60 * SECOND_US
# How many orders may give up one hold: a buyer owns a few cards, a thief tries out many.
GIVEN_UP_MAX = 10


class SaleState(StrEnum):
    """Whether an event's seats and places still come in, or are on sale."""

    PROVISIONING = "PROVISIONING"
    OPEN = "OPEN"


class HoldState(StrEnum):
    """The contract's HoldState, as the database spells it."""

    HELD = "HELD"
    LOCKED = "LOCKED"
    SOLD = "SOLD"
    LAPSED = "LAPSED"
    RELEASED = "RELEASED"


# The states in which a hold has its seats and places, and those in which an order has the hold.
IN_FORCE = frozenset({HoldState.HELD, HoldState.LOCKED, HoldState.SOLD})
OF_AN_ORDER = frozenset({HoldState.LOCKED, HoldState.SOLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSale:
    """The terms on which an event sells. counter_end_us: when sales end at the counter. revision: grows with each
    change of the terms or the ticket types."""

    event_id: str
    organizer_id: str
    state: SaleState
    sales_end_us: int
    counter_end_us: int
    tickets_per_order_max: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketType:
    """A ticket type. categories: the seat categories it is sold for, empty for all. pool_ids: narrow to wide. sells:
    False after the organizer has removed it. lots_of: the type whose lots give its tickets, empty if none do."""

    ticket_type_id: str
    seated: bool
    categories: frozenset[str]
    pool_ids: tuple[str, ...]
    sells: bool = True
    lots_of: str = ""

    def includes(self, category: str) -> bool:
        """Whether the type is sold for a seat category."""
        return not self.categories or category in self.categories


@dataclass(frozen=True, slots=True)
class Item:
    """A wish for tickets of one type: numbered seats, or a quantity."""

    ticket_type_id: str
    seat_ids: tuple[str, ...]
    quantity: int

    @property
    def tickets(self) -> int:
        """How many tickets it asks for."""
        return len(self.seat_ids) or self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The seats and places that a buyer asks to hold. content_hash tells two wishes with one hold_id apart."""

    hold_id: str
    event_id: str
    buyer_id: str
    items: tuple[Item, ...]
    content_hash: str

    @property
    def tickets(self) -> int:
        """How many tickets the buyer asks for."""
        return sum(item.tickets for item in self.items)


@dataclass(frozen=True, slots=True)
class PlaceLot:
    """The lot that gave a place. version: of its name and price."""

    lot_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one ticket. seat_id and seat_label are empty for general places. lot: None if no lot gave it."""

    ticket_type_id: str
    seat_id: str
    seat_label: str
    lot: PlaceLot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold as it is stored. held_us: when it was taken. given_up_by: the orders that have given it up; none of them
    can lock it again."""

    hold_id: str
    event_id: str
    buyer_id: str
    content_hash: str
    state: HoldState
    held_us: int
    expires_us: int
    order_id: str
    places: tuple[Place, ...]
    given_up_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """The stock that a wish claims. seats: (seat id, ticket type), ordered by seat id. pools: (pool id, quantity),
    narrow to wide. general: (ticket type id, quantity) of the general places."""

    seats: tuple[tuple[str, TicketType], ...]
    pools: tuple[tuple[str, int], ...]
    general: tuple[tuple[str, int], ...]

    @property
    def general_places(self) -> tuple[Place, ...]:
        """The places without a numbered seat."""
        return tuple(Place(type_id, "", "") for type_id, quantity in self.general for _ in range(quantity))

    @property
    def ticket_type_ids(self) -> list[str]:
        """The ticket type of each seat and of each general wish."""
        return [ticket_type.ticket_type_id for _, ticket_type in self.seats] + [type_id for type_id, _ in self.general]

    def seat_places(self, labels: Mapping[str, str]) -> tuple[Place, ...]:
        """The places with a numbered seat. labels: seat labels by seat id."""
        return tuple(Place(ticket_type.ticket_type_id, seat_id, labels[seat_id]) for seat_id, ticket_type in self.seats)


def claims_of(wish: Wish, sale: EventSale, types: Mapping[str, TicketType]) -> Claims:
    """The stock that a wish claims. Raises OrderLimit, TicketTypeNotFound, SeatRequired, SeatNotAllowed."""
    if wish.tickets > sale.tickets_per_order_max:
        raise OrderLimit(limit=sale.tickets_per_order_max)
    seats: dict[str, TicketType] = {}
    general: list[tuple[str, int]] = []
    for item in wish.items:
        ticket_type = types.get(item.ticket_type_id)
        if ticket_type is None or not ticket_type.sells:
            raise TicketTypeNotFound(ticket_type_id=item.ticket_type_id)
        check_shape(item, ticket_type)
        seats.update(dict.fromkeys(item.seat_ids, ticket_type))
        if not ticket_type.seated:
            general.append((ticket_type.ticket_type_id, item.quantity))
    counts = dict(general)
    for ticket_type in seats.values():
        counts[ticket_type.ticket_type_id] = counts.get(ticket_type.ticket_type_id, 0) + 1
    return Claims(tuple(sorted(seats.items(), key=lambda seat: seat[0])), draws(counts, types), tuple(general))


def check_on_sale(sale: EventSale, now_us: int, *, at_counter: bool) -> None:
    """Raises EventNotOnSale unless the event sells now. at_counter: whether the event's own organizer sells."""
    end_us = sale.counter_end_us if at_counter else sale.sales_end_us
    if sale.state != SaleState.OPEN or now_us >= end_us:
        raise EventNotOnSale(event_id=sale.event_id)


def check_shape(item: Item, ticket_type: TicketType) -> None:
    """Raises SeatRequired or SeatNotAllowed if an item does not fit its ticket type."""
    if ticket_type.seated and (item.quantity or not item.seat_ids):
        raise SeatRequired(ticket_type_id=item.ticket_type_id)
    if not ticket_type.seated and (item.seat_ids or item.quantity < 1):
        raise SeatNotAllowed(ticket_type_id=item.ticket_type_id)


def check_category(seat_id: str, label: str, category: str, ticket_type: TicketType) -> None:
    """Raises SeatNotOfType if a ticket type is not sold for a seat's category."""
    if not ticket_type.includes(category):
        raise SeatNotOfType(seat_id=seat_id, seat=label, ticket_type_id=ticket_type.ticket_type_id)


def draws(tickets: Mapping[str, int], types: Mapping[str, TicketType]) -> tuple[tuple[str, int], ...]:
    """The quantity that each pool gives. tickets: quantities by ticket type id.

    Pools come from narrow to wide, then by id. Every transaction locks pools in this order, so that two transactions
    never wait for each other.
    """
    counts: dict[str, int] = {}
    width: dict[str, int] = {}  # 0 for the widest pool of a type, below 0 for narrower ones
    for ticket_type_id, quantity in tickets.items():
        pools = types[ticket_type_id].pool_ids
        for n, pool_id in enumerate(pools, start=1 - len(pools)):
            counts[pool_id] = counts.get(pool_id, 0) + quantity
            width[pool_id] = n
    return tuple((pool_id, counts[pool_id]) for pool_id in sorted(counts, key=lambda pool: (width[pool], pool)))


def drawn_by(places: Sequence[Place], types: Mapping[str, TicketType]) -> tuple[tuple[str, int], ...]:
    """The quantity that each pool has given for several places, in the order of draws."""
    return draws(Counter(place.ticket_type_id for place in places), types)


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


def given_up(hold: Hold, *, order_id: str, now_us: int) -> Hold:
    """A hold after an order has given it up: HELD by its owner for the rest of its time, LAPSED if that is over,
    RELEASED if too many orders have given it up. If the order never had the hold, only given_up_by changes."""
    if hold.state not in IN_FORCE or order_id in hold.given_up_by:
        return hold
    noted = replace(hold, given_up_by=(*hold.given_up_by, order_id)[:GIVEN_UP_MAX])
    if hold.order_id not in ("", order_id):
        return noted
    if len(noted.given_up_by) == GIVEN_UP_MAX:
        return replace(noted, state=HoldState.RELEASED, order_id="")
    state = HoldState.HELD if now_us < hold.expires_us else HoldState.LAPSED
    return replace(noted, state=state, order_id="")
