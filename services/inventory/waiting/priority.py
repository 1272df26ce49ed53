"""The priority of waiting lists: which holds of the public leave to a list what it can be offered. Decisions only.

Ticket types share pools and seats. Example: full price and half price draw on the places of one event, and half price
also on a pool of its own. If only that pool is sold out, people who wait for half price cannot use a place of the
event, and full price is sold on. If a half-price ticket comes back, the place that it needs is theirs, so a hold for
full price that would take the event's last place is refused.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from eventhub.refusals import NoSuchSeats, NotSoldOut, SoldOut
from services.inventory import availability
from services.inventory.holds import TicketType
from services.inventory.packages import Rows
from services.inventory.waiting.entries import WaitedFor

Types = Mapping[str, TicketType]
Lists = Mapping[str, WaitedFor]
Key = TypeVar("Key", str, tuple[str, int])


@dataclass(frozen=True, slots=True)
class Stock:
    """What can still be held of an event. pools: places left by pool. seats: free seats by category. rows: those of
    each row, if the event sells packages of them; else empty."""

    pools: Mapping[str, int]
    seats: Mapping[str, int]
    rows: Rows = field(default_factory=dict)

    def left(self, ticket_type: TicketType) -> int:
        """How many tickets of a type are left."""
        return availability.left(ticket_type, self.pools, self.seats, self.rows)

    def plus(self, other: "Stock") -> "Stock":
        """The stock with that of another added."""
        return Stock(added(self.pools, other.pools), added(self.seats, other.seats), added(self.rows, other.rows))


def added(some: Mapping[Key, int], more: Mapping[Key, int]) -> dict[Key, int]:
    """The sums of two counts by key."""
    return {key: some.get(key, 0) + more.get(key, 0) for key in sorted(some.keys() | more.keys())}


def check_not_waited_for(wished: Collection[str], lists: Lists) -> None:
    """Raises SoldOut if people wait for one of the wished ticket types. lists: those of the event, by ticket type."""
    for type_id in wished:
        if type_id in lists:
            raise SoldOut(ticket_type_id=type_id, available=0, waiting="true")


def check_proposed(type_id: str, lists: Lists) -> None:
    """Raises NoSuchSeats if people wait for a ticket type: its free seats are not proposed to others."""
    if type_id in lists:
        raise NoSuchSeats(available=0)


def leaves_enough(before: Stock, after: Stock, types: Types, lists: Lists) -> bool:
    """Whether each list can be offered as much after a hold as before, or all that its people wait for."""
    return all(
        after.left(types[type_id]) >= min(waited.tickets, before.left(types[type_id]))
        for type_id, waited in lists.items()
    )


def check_leaves_enough(wished: str, after: Stock, taken: Stock, types: Types, lists: Lists) -> None:
    """Raises SoldOut for a wished ticket type if a hold has taken places that a list can be offered.

    The stock before the hold is worked out from the stock after it: places that have come back meanwhile count too.
    """
    if not leaves_enough(after.plus(taken), after, types, lists):
        raise SoldOut(ticket_type_id=wished, available=0, waiting="true")


def check_holdable(wished: Collection[str], stock: Stock, types: Types, lists: Lists) -> None:
    """Raises SoldOut for a wished ticket type if all that is left of it are places that a list can be offered. A look
    at the stock without locks, which spares most refused holds the wait for the lock."""
    for type_id in wished:
        if type_id in types and stock.left(types[type_id]) and not holdable(type_id, stock, types, lists):
            raise SoldOut(ticket_type_id=type_id, available=0, waiting="true")


def holdable(type_id: str, stock: Stock, types: Types, lists: Lists) -> int:
    """How many tickets of a type the public can hold now; 0 if the free ones are for people who wait."""
    left = stock.left(types[type_id])
    if left < 1 or type_id in lists:
        return 0
    one_less = [after for after in without_one(types[type_id], stock) if leaves_enough(stock, after, types, lists)]
    return left if one_less else 0


def without_one(ticket_type: TicketType, stock: Stock) -> list[Stock]:
    """The stock after one ticket, or one package, of a type is taken: for each category whose seats it may be."""
    many = ticket_type.package_size
    pools = {**stock.pools, **{pool_id: stock.pools[pool_id] - many for pool_id in ticket_type.limits}}
    if not ticket_type.seated:
        return [replace(stock, pools=pools)]
    if stock.rows:
        return [
            Stock(pools, {**stock.seats, key[0]: stock.seats.get(key[0], 0) - many}, {**stock.rows, key: free - many})
            for key, free in stock.rows.items()
            if free >= many and ticket_type.includes(key[0])
        ]
    return [
        Stock(pools, {**stock.seats, category: free - many})
        for category, free in stock.seats.items()
        if free >= many and ticket_type.includes(category)
    ]


def check_sold_out(type_id: str, stock: Stock, types: Types, lists: Lists) -> None:
    """Raises NotSoldOut if the public can hold a ticket type."""
    available = holdable(type_id, stock, types, lists)
    if available:
        raise NotSoldOut(ticket_type_id=type_id, available=available)
