"""Offering free places to the people on waiting lists, and closing the entries whose offers or events have ended."""

from collections.abc import Mapping

from eventhub.inventory.v1.inventory_events_pb2 import WaitingOffered, WaitingOfferLapsed
from eventhub.refusals import NoSuchSeats
from services.inventory import availability_transactions, claim_transactions, sale_transactions, store, type_terms
from services.inventory.allowance import of_offer
from services.inventory.holds import EventSale, Item, TicketType, Wish
from services.inventory.proposals import SeatWish
from services.inventory.waiting import entries, list_transactions
from services.inventory.waiting import store as waiting_store
from services.inventory.waiting.entries import Entry, EntryState, Wanted, over
from services.inventory.waiting.priority import Stock
from services.kit.db import Tx
from services.kit.values import to_timestamp

SETTLED_AT_ONCE_MAX = 50


async def offer_next(tx: Tx, event_id: str, hold_id: str, *, lasts_us: int, now_us: int) -> bool:
    """Makes the next offer of an event, or expires entries whose ticket type sells no more. False if nothing was left
    to do. While sales are paused or the seats move to another plan, neither happens: people keep their ranks.

    hold_id: for the offer, never used before. lasts_us: how long the offer lasts.
    """
    sale = await list_transactions.locked_sale(tx, event_id)
    if sale.paused or sale.moving:
        return False
    types = await store.find_types(tx, event_id)
    if await expire(tx, sale, types, now_us=now_us):
        return True
    free = await list_transactions.stock(tx, event_id, types, now_us=now_us)
    for entry in await first_fitting(tx, sale, types, free, now_us=now_us):
        item = await wished(tx, entry.wanted, types)
        if item is not None:
            await offer(tx, sale, types, entry.wanted, item, hold_id=hold_id, lasts_us=lasts_us, now_us=now_us)
            return True
    return False


async def offer(
    tx: Tx,
    sale: EventSale,
    types: Mapping[str, TicketType],
    wanted: Wanted,
    item: Item,
    *,
    hold_id: str,
    lasts_us: int,
    now_us: int,
) -> None:
    """Takes the hold of an offer and announces it."""
    event_id = sale.event_id
    wish = Wish(
        hold_id=hold_id,
        event_id=event_id,
        buyer_id=wanted.buyer_id,
        items=(item,),
        content_hash=wanted.entry_id,
    )
    await claim_transactions.place_hold(tx, wish, sale, types, of_offer(lasts_us), now_us=now_us)
    await waiting_store.set_state(tx, wanted.entry_id, old=EntryState.WAITING, new=EntryState.OFFERED, hold_id=hold_id)
    await waiting_store.count(tx, event_id, wanted.ticket_type_id, entries=-1, tickets=-wanted.quantity)
    fact = WaitingOffered(
        entry_id=wanted.entry_id,
        event_id=event_id,
        ticket_type_id=wanted.ticket_type_id,
        buyer_id=wanted.buyer_id,
        hold_id=hold_id,
        quantity=wanted.quantity,
        expires_at=to_timestamp(now_us + lasts_us),
    )
    # No watch shows offers, so the fact has a topic on which none listens.
    await tx.announce(fact, aggregate_id=event_id, organizer_id=sale.organizer_id, topic=wanted.entry_id, at_us=now_us)


async def expire(tx: Tx, sale: EventSale, types: Mapping[str, TicketType], *, now_us: int) -> bool:
    """Expires some of the entries for ticket types that sell no more. False if there was none."""
    for type_id in await waiting_store.lists_of(tx, sale.event_id):
        ticket_type = types[type_id]
        if over(sale.sales_end_us, now_us) or over(ticket_type.ends_us, now_us) or not ticket_type.sells:
            expired = await waiting_store.expire(tx, type_id)
            await waiting_store.count(tx, sale.event_id, type_id, entries=-expired.entries, tickets=-expired.tickets)
            return True
    return False


async def first_fitting(
    tx: Tx, sale: EventSale, types: Mapping[str, TicketType], free: Stock, *, now_us: int
) -> list[Entry]:
    """The first entry of each ticket type of an event that the free places are enough for, in the order of joining."""
    fitting = []
    for type_id in await waiting_store.lists_of(tx, sale.event_id):
        if not type_terms.sells_at(types[type_id], now_us):
            continue
        fewest, most = entries.numbers_offered(sale, types[type_id], free.left(types[type_id]))
        entry = await waiting_store.first_fitting(tx, type_id, fewest, most, now_us=now_us) if most > 0 else None
        if entry is not None:
            fitting.append(entry)
    return sorted(fitting, key=lambda entry: (entry.joined_us, entry.wanted.entry_id))


async def wished(tx: Tx, wanted: Wanted, types: Mapping[str, TicketType]) -> Item | None:
    """The places that an entry is offered: for a ticket type with numbered seats, the best free ones. None if they
    are gone, for example because the organizer has blocked them."""
    ticket_type = types[wanted.ticket_type_id]
    if not ticket_type.seated:
        return Item(wanted.ticket_type_id, (), wanted.quantity)
    wish = SeatWish(
        event_id=wanted.event_id,
        ticket_type_id=wanted.ticket_type_id,
        groups=(wanted.quantity,),
        categories=frozenset(),
        zones=(),
        needs=(),
    )
    try:
        (best,) = await availability_transactions.best_of(tx, wish, ticket_type)
    except NoSuchSeats:
        return None
    return Item(wanted.ticket_type_id, tuple(seat.seat_id for seat in best), 0)


async def settle(tx: Tx, *, now_us: int) -> int:
    """Writes the ends of some offers into their entries, and announces those that have lapsed. Returns how many."""
    ended = await waiting_store.ended_offers(tx, SETTLED_AT_ONCE_MAX, now_us=now_us)
    for entry in ended:
        wanted = entry.wanted
        moved = await waiting_store.set_state(tx, wanted.entry_id, old=EntryState.OFFERED, new=entry.state)
        if moved and entry.state == EntryState.LAPSED:
            sale = await sale_transactions.existing_sale(tx, wanted.event_id)
            fact = WaitingOfferLapsed(
                entry_id=wanted.entry_id,
                event_id=wanted.event_id,
                ticket_type_id=wanted.ticket_type_id,
                buyer_id=wanted.buyer_id,
                hold_id=entry.hold_id,
                quantity=wanted.quantity,
            )
            await tx.announce(
                fact,
                aggregate_id=wanted.event_id,
                organizer_id=sale.organizer_id,
                topic=wanted.entry_id,
                at_us=now_us,
            )
    return len(ended)
