"""Holds, and which stock a wish claims. Decisions only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from eventhub.refusals import OrderLimit, TicketTypeNotFound
from services.kit.values import SECOND_US

HOLD_TTL_US = 10 * 60 * SECOND_US
# How many orders may give up one hold: a buyer owns a few cards, a thief tries out many.
GIVEN_UP_MAX = 10
# How many tickets one sale at the counter may have, whatever the event allows in one order.
COUNTER_TICKETS_MAX = 50


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
    """The terms on which an event sells. sales_start_us: 0 if sales began when they were opened. counter_end_us: when
    sales end at the counter. waiting: whether people are on a waiting list for one of its ticket types. revision: grows
    with each change of the terms or the ticket types, and when the first person joins a list or the last one leaves.
    orphan_rule: the contract's OrphanRule. tickets_per_person_max: over all orders; 0: no limit. moving: whether its
    seats are moving to another plan."""

    event_id: str
    organizer_id: str
    state: SaleState
    sales_start_us: int
    sales_end_us: int
    counter_end_us: int
    tickets_per_order_max: int
    waiting: bool
    revision: int
    orphan_rule: int = 0
    tickets_per_person_max: int = 0
    moving: bool = False

    @property
    def buyers_tickets_max(self) -> int:
        """How many tickets a buyer may hold at once, who cannot pay for more."""
        return min(self.tickets_per_order_max, self.tickets_per_person_max or self.tickets_per_order_max)

    @property
    def paused(self) -> bool:
        """Whether its organizer has taken the event out of sale, perhaps for a while."""
        return self.sales_end_us == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketType:
    """A ticket type.

    categories: the seat categories it is sold for, empty for all.
    pool_ids: narrow to wide.
    sells: False after the organizer has archived or removed it.
    area_name: of the area that its tickets are for, empty if they are for none.
    lots_of: the type whose lots give its tickets, empty if none do.
    order_min, order_max: how many tickets of it one hold may have; 0 means no limit of its own.
    starts_us, ends_us: when it sells; 0 means with its event.
    hidden: whether availability leaves it out unless a caller names it.
    code_hashes: hashes of its access codes, of which a hold needs one; empty if it needs none.
    package_size: how many tickets are sold together; 1: each by itself.
    nights: those of a pass; empty for other types.
    """

    ticket_type_id: str
    seated: bool
    categories: frozenset[str]
    pool_ids: tuple[str, ...]
    sells: bool = True
    area_name: str = ""
    lots_of: str = ""
    order_min: int = 0
    order_max: int = 0
    starts_us: int = 0
    ends_us: int = 0
    hidden: bool = False
    code_hashes: frozenset[str] = frozenset()
    package_size: int = 1
    nights: "tuple[Night, ...]" = ()

    @property
    def limits(self) -> tuple[str, ...]:
        """What each of its tickets is counted in: its pools, and the lots that give it, as one more count."""
        return (*self.pool_ids, lots_name(self.lots_of)) if self.lots_of else self.pool_ids

    def includes(self, category: str) -> bool:
        """Whether the type is sold for a seat category."""
        return not self.categories or category in self.categories


def lots_name(ticket_type_id: str) -> str:
    """The name under which the lots of a type are counted beside pools. No pool has such an id."""
    return f"lots of {ticket_type_id}"


@dataclass(frozen=True, slots=True)
class Night:
    """A night of a pass, and the ticket type that the pass stands for there."""

    event_id: str
    ticket_type: TicketType


@dataclass(frozen=True, slots=True)
class Item:
    """A wish for tickets of one type: numbered seats, or a quantity. access_code: empty if the buyer has none."""

    ticket_type_id: str
    seat_ids: tuple[str, ...]
    quantity: int
    access_code: str = ""

    @property
    def tickets(self) -> int:
        """How many tickets it asks for."""
        return len(self.seat_ids) or self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The seats and places that a buyer asks to hold. content_hash tells two wishes with one hold_id apart.
    take_blocked: whether its seats may be blocked ones."""

    hold_id: str
    event_id: str
    buyer_id: str
    items: tuple[Item, ...]
    content_hash: str
    take_blocked: bool = False

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
    """The place of one ticket. seat_id: empty without a numbered seat. label: the name of the seat or the area; empty
    for a place of neither. lot: None if no lot gave it."""

    ticket_type_id: str
    seat_id: str
    label: str
    lot: PlaceLot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold as it is stored. held_us: when it was taken. given_up_by: the orders that have given it up; none of them
    can lock it again. orphans: the seats that it left alone. took_blocked: whether it took blocked seats, which are
    blocked again after it. person_limit: how many tickets of the event a person may have by now; 0: any number.
    counted: whether its tickets are counted for a person. frozen: whether one of its events is moving to another plan.
    places_revision: how often its places have moved. returned: the positions of the places that its order has given
    back, which it no longer has."""

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
    orphans: tuple[str, ...] = ()
    took_blocked: bool = False
    person_limit: int = 0
    counted: bool = False
    frozen: bool = False
    places_revision: int = 0
    returned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """The stock that a wish claims. seats: (seat id, ticket type), ordered by seat id. pools: (pool id, quantity),
    narrow to wide. general_places: the places without a numbered seat."""

    seats: tuple[tuple[str, TicketType], ...]
    pools: tuple[tuple[str, int], ...]
    general_places: tuple[Place, ...]

    @property
    def ticket_type_ids(self) -> list[str]:
        """The ticket type of each seat and of each general place."""
        seated = [ticket_type.ticket_type_id for _, ticket_type in self.seats]
        return seated + [place.ticket_type_id for place in self.general_places]

    def seat_places(self, labels: Mapping[str, str]) -> tuple[Place, ...]:
        """The places with a numbered seat. labels: seat labels by seat id."""
        return tuple(Place(ticket_type.ticket_type_id, seat_id, labels[seat_id]) for seat_id, ticket_type in self.seats)


def taken(
    wish: Wish,
    sale: EventSale,
    places: tuple[Place, ...],
    orphans: tuple[str, ...],
    *,
    took_blocked: bool,
    lasts_us: int,
    now_us: int,
) -> Hold:
    """A hold that was just taken."""
    return Hold(
        hold_id=wish.hold_id,
        event_id=wish.event_id,
        buyer_id=wish.buyer_id,
        content_hash=wish.content_hash,
        state=HoldState.HELD,
        held_us=now_us,
        expires_us=now_us + lasts_us,
        order_id="",
        places=places,
        orphans=orphans,
        took_blocked=took_blocked,
        person_limit=sale.tickets_per_person_max,
    )


def claims_of(wish: Wish, sale: EventSale, types: Mapping[str, TicketType]) -> Claims:
    """The stock that a wish claims. Raises OrderLimit, TicketTypeNotFound."""
    if wish.tickets > sale.tickets_per_order_max:
        raise OrderLimit(limit=sale.tickets_per_order_max)
    seats: dict[str, TicketType] = {}
    counts: dict[str, int] = {}
    general: list[Place] = []
    for item in wish.items:
        ticket_type = types.get(item.ticket_type_id)
        if ticket_type is None or not ticket_type.sells:
            raise TicketTypeNotFound(ticket_type_id=item.ticket_type_id)
        counts[item.ticket_type_id] = item.tickets
        seats.update(dict.fromkeys(item.seat_ids, ticket_type))
        if not ticket_type.seated:
            general += [Place(item.ticket_type_id, "", ticket_type.area_name)] * item.quantity
    return Claims(tuple(sorted(seats.items(), key=lambda seat: seat[0])), draws(counts, types), tuple(general))


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
