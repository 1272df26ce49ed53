"""Provisions: what catalog wants an event to sell."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.inventory.holds import TicketType
from services.inventory.lots import LotSpec


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """A wanted pool. released_capacity: its capacity once the half-price reserve is open to all."""

    pool_id: str
    name: str
    capacity: int
    released_capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatSpec:
    """A numbered seat to be created. distance: from the stage, in any unit. position: in the plan's order.
    accessible: the contract's Accessibility. companion_of: the accessible seat beside it, if a companion sits here."""

    seat_id: str
    zone: str
    row_name: str
    number: str
    category: str
    row_index: int
    seat_index: int
    distance: int
    label: str
    position: int
    accessible: int = 0
    companion_of: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What inventory knows of an event's provision. version: of the last that it was told of. released: whether the
    half-price reserve is open to all."""

    content_hash: str
    version: int
    released: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """The stock and the terms of an event's sale.

    sales_start_us: 0: sales begin when they are opened.
    counter_end_us: when sales end at the counter.
    reserve_until_us: until when places are kept for half price; 0: as long as the event sells.
    plan_id, plan_seats: the seating plan and the number of its seats; empty and 0 without numbered seats.
    lots: by ticket type id, in the order in which they are sold.
    version: grows with each provision of the event.
    content_hash: tells the contents of two provisions of one event apart, whatever their versions.
    orphan_rule: the contract's OrphanRule.
    tickets_per_person_max: over all orders; 0: no limit.
    """

    event_id: str
    organizer_id: str
    version: int
    sales_start_us: int
    sales_end_us: int
    counter_end_us: int
    reserve_until_us: int
    tickets_per_order_max: int
    plan_id: str
    plan_seats: int
    pools: tuple[PoolSpec, ...]
    types: tuple[TicketType, ...]
    lots: Mapping[str, tuple[LotSpec, ...]]
    content_hash: str
    orphan_rule: int = 0
    tickets_per_person_max: int = 0
