"""Entries in waiting lists: who may join, and how an entry ends. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eventhub.refusals import (
    AlreadyWaiting,
    NoWaitingList,
    OrderLimit,
    PackageIncomplete,
    TicketTypeNotFound,
    WaitingLimit,
)
from services.inventory import type_terms
from services.inventory.holds import EventSale, HoldState, TicketType

OPEN_ENTRIES_MAX = 5


class EntryState(StrEnum):
    """The contract's WaitingState, as the database spells it."""

    WAITING = "WAITING"
    OFFERED = "OFFERED"
    FULFILLED = "FULFILLED"
    LAPSED = "LAPSED"
    DECLINED = "DECLINED"
    LEFT = "LEFT"
    EXPIRED = "EXPIRED"


# The state of an entry by that of its offer's hold.
OF_HOLD = {
    HoldState.HELD: EntryState.OFFERED,
    HoldState.LOCKED: EntryState.OFFERED,
    HoldState.SOLD: EntryState.FULFILLED,
    HoldState.LAPSED: EntryState.LAPSED,
    HoldState.RELEASED: EntryState.DECLINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person waits for."""

    entry_id: str
    event_id: str
    ticket_type_id: str
    buyer_id: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it is now. hold_id: of its offer, empty before. offer_ends_us: the end of that hold's time, 0 before.
    ahead: how many entries wait before it; 0 if that was not asked."""

    wanted: Wanted
    state: EntryState
    joined_us: int
    hold_id: str
    offer_ends_us: int
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class WaitedFor:
    """A ticket type that people wait for: the number of entries, and of tickets in them."""

    entries: int
    tickets: int


def state_now(written: EntryState, hold: HoldState | None, *, sales_end_us: int, now_us: int) -> EntryState:
    """The state of an entry. written: the state in its row, which is some seconds behind. hold: the state of its
    offer's hold, if it has one."""
    if hold is not None:
        return OF_HOLD[hold]
    if written == EntryState.WAITING and over(sales_end_us, now_us):
        return EntryState.EXPIRED
    return written


def over(sales_end_us: int, now_us: int) -> bool:
    """Whether the sales of an event are over, for good. sales_end_us: 0 while they are paused."""
    return 0 < sales_end_us <= now_us


def joined(wanted: Wanted, ahead: int, now_us: int) -> Entry:
    """A new entry. ahead: how many wait before it."""
    return Entry(wanted=wanted, state=EntryState.WAITING, joined_us=now_us, hold_id="", offer_ends_us=0, ahead=ahead)


def numbers_offered(sale: EventSale, ticket_type: TicketType, places: int) -> tuple[int, int]:
    """The fewest and the most tickets of a type that one entry can be offered. places: that there are of it."""
    most = min(places, sale.buyers_tickets_max, ticket_type.order_max or places)
    return ticket_type.order_min, most


def fitting(waited: WaitedFor, others: WaitedFor) -> WaitedFor:
    """Those who wait, without entries that cannot be offered so many tickets as they wait for."""
    return WaitedFor(waited.entries - others.entries, waited.tickets - others.tickets)


def check_fits(wanted: Wanted, most: int) -> None:
    """Raises OrderLimit if a ticket type never has as many tickets as are wanted. most: that it has in all."""
    if wanted.quantity > most:
        raise OrderLimit(limit=most)


def ranked(entry: Entry, ahead: int) -> Entry:
    """An entry with the number of those that wait before it."""
    return replace(entry, ahead=ahead)


def check_join(
    wanted: Wanted, sale: EventSale, ticket_type: TicketType | None, open_entries: Sequence[Wanted], *, now_us: int
) -> None:
    """Raises TicketTypeNotFound, NoWaitingList, TypeNotOnSale, OrderLimit, TypeOrderLimit, PackageIncomplete,
    AlreadyWaiting or WaitingLimit. ticket_type: the wanted one, if the event has it. open_entries: those of the person
    that wait or have an offer."""
    if ticket_type is None or not ticket_type.sells:
        raise TicketTypeNotFound(ticket_type_id=wanted.ticket_type_id)
    if ticket_type.nights or ticket_type.code_hashes:  # an offer asks for no code
        raise NoWaitingList(ticket_type_id=wanted.ticket_type_id)
    type_terms.check_times(ticket_type, now_us)
    if wanted.quantity > sale.buyers_tickets_max:
        raise OrderLimit(limit=sale.buyers_tickets_max)
    type_terms.check_number(ticket_type, wanted.quantity)
    if wanted.quantity % ticket_type.package_size:
        raise PackageIncomplete(ticket_type_id=wanted.ticket_type_id, size=ticket_type.package_size)
    for entry in open_entries:
        if entry.ticket_type_id == wanted.ticket_type_id:
            raise AlreadyWaiting(entry_id=entry.entry_id)
    if len(open_entries) >= OPEN_ENTRIES_MAX:
        raise WaitingLimit(limit=OPEN_ENTRIES_MAX)
