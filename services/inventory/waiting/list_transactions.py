"""Joining and leaving waiting lists, and reads of them."""

from eventhub.refusals import EventNotFound, IdInUse, WaitingEntryNotFound
from services.inventory import (
    availability_store,
    count_store,
    lot_transactions,
    lots,
    packages,
    sale_transactions,
    store,
    transactions,
    type_terms,
)
from services.inventory.holds import EventSale
from services.inventory.waiting import entries, priority
from services.inventory.waiting import store as waiting_store
from services.inventory.waiting.entries import Entry, EntryState, WaitedFor, Wanted
from services.inventory.waiting.priority import Stock, Types
from services.kit.db import Tx


async def join(tx: Tx, wanted: Wanted, *, now_us: int) -> Entry:
    """Writes an entry that waits; a repeat finds it.

    The caller serializes the writes of one person, and has the event's key: a hold that has begun without knowing of
    the list ends first.

    Raises IdInUse, EventNotFound, EventNotOnSale, EventMoving, NotSoldOut, and as entries.check_join and check_fits.
    """
    sale = await locked_sale(tx, wanted.event_id)
    known = await waiting_store.find(tx, wanted.entry_id, now_us=now_us)
    if known is not None:
        if known.wanted != wanted:
            raise IdInUse
        return await with_rank(tx, known)
    type_terms.check_on_sale(sale, now_us, at_counter=False)
    types = await store.find_types(tx, wanted.event_id)
    open_entries = await waiting_store.open_entries(tx, wanted.buyer_id, now_us=now_us)
    entries.check_join(wanted, sale, types.get(wanted.ticket_type_id), open_entries, now_us=now_us)
    lists = await served(tx, sale, types, now_us=now_us)
    if wanted.ticket_type_id not in lists:
        priority.check_sold_out(
            wanted.ticket_type_id, await stock(tx, wanted.event_id, types, now_us=now_us), types, lists
        )
    most = await in_all(tx, wanted.event_id, types, blocked=True)
    entries.check_fits(wanted, most.left(types[wanted.ticket_type_id]))
    before = (await waiting_store.lists_of(tx, wanted.event_id)).get(wanted.ticket_type_id)
    await waiting_store.insert(tx, wanted, now_us=now_us)
    await waiting_store.count(tx, wanted.event_id, wanted.ticket_type_id, entries=1, tickets=wanted.quantity)
    return entries.joined(wanted, before.entries if before else 0, now_us)


async def served(tx: Tx, sale: EventSale, types: Types, *, now_us: int) -> dict[str, WaitedFor]:
    """The ticket types of an event that people wait for, and whose lists so come before the public. Types that do not
    sell now are left out, and so are entries for more or fewer tickets than can be offered: nothing is kept for them.
    sale: as its event has it, also at the counter."""
    waited = await waiting_store.lists_of(tx, sale.event_id)
    if not waited:
        return {}
    most = await in_all(tx, sale.event_id, types, blocked=False)
    fitting = {}
    for type_id, all_of_it in waited.items():
        if type_terms.sells_at(types[type_id], now_us):
            numbers = entries.numbers_offered(sale, types[type_id], most.left(types[type_id]))
            fitting[type_id] = entries.fitting(all_of_it, await waiting_store.others(tx, type_id, *numbers))
    return {type_id: some for type_id, some in fitting.items() if some.entries}


async def leave(tx: Tx, entry_id: str, buyer_id: str, *, now_us: int) -> Entry:
    """Takes an entry out of its list, and releases its offer. Raises WaitingEntryNotFound, HoldInUse, EventMoving."""
    wanted = (await existing(tx, entry_id, buyer_id, now_us=now_us)).wanted
    await locked_sale(tx, wanted.event_id)
    entry = await existing(tx, entry_id, now_us=now_us)
    if entry.state == EntryState.OFFERED:
        await transactions.release_hold(tx, entry.hold_id, buyer_id, now_us=now_us)
    elif entry.state == EntryState.WAITING:
        await waiting_store.set_state(tx, entry_id, old=EntryState.WAITING, new=EntryState.LEFT)
        await waiting_store.count(tx, wanted.event_id, wanted.ticket_type_id, entries=-1, tickets=-wanted.quantity)
    return await existing(tx, entry_id, now_us=now_us)


async def locked_sale(tx: Tx, event_id: str) -> EventSale:
    """An event's sale, locked. All writes about lists lock it before anything else, and so do holds of an event that
    has one. Raises EventNotFound."""
    sale = await waiting_store.lock_sale(tx, event_id)
    if sale is None:
        raise EventNotFound
    return sale


async def existing(tx: Tx, entry_id: str, buyer_id: str = "", *, now_us: int) -> Entry:
    """An entry with its rank. Raises WaitingEntryNotFound, also if a buyer is given and the entry is another's."""
    entry = await waiting_store.find(tx, entry_id, now_us=now_us)
    if entry is None or (buyer_id and entry.wanted.buyer_id != buyer_id):
        raise WaitingEntryNotFound
    return await with_rank(tx, entry)


async def with_rank(tx: Tx, entry: Entry) -> Entry:
    """An entry with the number of those before it, if it waits."""
    if entry.state != EntryState.WAITING:
        return entry
    return entries.ranked(entry, await waiting_store.count_ahead(tx, entry))


async def stock(tx: Tx, event_id: str, types: Types, *, now_us: int) -> Stock:
    """What can still be held of an event, and offered to those who wait. Accessible seats and those of companions are
    not: they are sold to people who ask for them, also while others wait. types: those of the event."""
    several = await lot_transactions.lots_of(tx, event_id, types, now_us=now_us)
    pools = {pool.pool_id: pool.left for pool in await store.find_pools(tx, event_id)} | lots.left(several)
    free = await count_store.count_free(tx, event_id)
    special = await waiting_store.special_free(tx, event_id)
    by_row = packages.by_row(types.values())
    rows = await availability_store.free_by_row(tx, event_id, special=False) if by_row else {}
    return Stock(pools, {category: many - special.get(category, 0) for category, many in free.items()}, rows)


async def in_all(tx: Tx, event_id: str, types: Types, *, blocked: bool) -> Stock:
    """What an event could be offered if nothing were held or sold. blocked: also seats that are blocked now."""
    several = await lot_transactions.known_lots(tx, event_id, types)
    pools = {pool.pool_id: pool.capacity for pool in await store.find_pools(tx, event_id)} | lots.in_all(several)
    by_row = packages.by_row(types.values())
    rows = await waiting_store.ordinary_by_row(tx, event_id, blocked=blocked) if by_row else {}
    return Stock(pools, await waiting_store.ordinary_seats(tx, event_id, blocked=blocked), rows)


async def page_of_event(
    tx: Tx, event_id: str, organizer_id: str, after: tuple[int, str], limit: int, *, now_us: int
) -> tuple[list[Entry], dict[str, WaitedFor]]:
    """The next entries of an organizer's event, and how many wait by ticket type. Raises EventNotFound."""
    sale = await sale_transactions.existing_sale(tx, event_id, organizer_id)
    found = await waiting_store.page_of_event(tx, event_id, after, limit, now_us=now_us)
    waits = not entries.over(sale.sales_end_us, now_us)
    return found, await waiting_store.lists_of(tx, event_id) if waits else {}
