"""Offering free places to the people on waiting lists, and closing the entries whose offers or events have ended."""

from collections.abc import Mapping

from eventhub.inventory.v1.inventory_events_pb2 import WaitingOffered, WaitingOfferLapsed
from services.inventory import availability_transactions, claim_transactions, sale_transactions, store
from services.inventory.allowance import of_offer
from services.inventory.holds import EventSale, Item, TicketType, Wish
from services.inventory.waiting import list_transactions
from services.inventory.waiting import store as waiting_store
from services.inventory.waiting.entries import Entry, EntryState, Wanted
from services.inventory.waiting.priority import Stock
from services.kit.db import Tx
from services.kit.values import to_timestamp

SETTLED_AT_ONCE_MAX = 50


async def offer_next(tx: Tx, event_id: str, hold_id: str, *, lasts_us: int, now_us: int) -> bool:
    """Makes the next offer of an event, or expires entries whose ticket type sells no more. False if nothing was left
    to do.

    hold_id: for the offer, never used before. lasts_us: how long the offer lasts.
    """
    sale = await list_transactions.locked_sale(tx, event_id)
    types = await store.find_types(tx, event_id)
    if await expire(tx, sale, types, now_us=now_us):
        return True
    entry = await first_fitting(tx, sale, types, await list_transactions.stock(tx, event_id), now_us=now_us)
    if entry is None:
        return False
    wanted = entry.wanted
    wish = Wish(
        hold_id=hold_id,
        event_id=event_id,
        buyer_id=wanted.buyer_id,
        items=(await wished(tx, wanted, types),),
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
    return True


async def expire(tx: Tx, sale: EventSale, types: Mapping[str, TicketType], *, now_us: int) -> bool:
    """Expires some of the entries for ticket types that sell no more. False if there was none."""
    for type_id in await waiting_store.lists_of(tx, sale.event_id):
        if now_us >= sale.sales_end_us or not types[type_id].sells:
            expired = await waiting_store.expire(tx, type_id)
            await waiting_store.count(tx, sale.event_id, type_id, entries=-expired.entries, tickets=-expired.tickets)
            return True
    return False


async def first_fitting(
    tx: Tx, sale: EventSale, types: Mapping[str, TicketType], free: Stock, *, now_us: int
) -> Entry | None:
    """The first entry of an event, over all its ticket types, that the free places are enough for."""
    fitting = []
    for type_id in await waiting_store.lists_of(tx, sale.event_id):
        enough_for = min(free.left(types[type_id]), sale.tickets_per_order_max)
        entry = await waiting_store.first_fitting(tx, type_id, enough_for, now_us=now_us) if enough_for > 0 else None
        if entry is not None:
            fitting.append(entry)
    return min(fitting, key=lambda entry: (entry.joined_us, entry.wanted.entry_id), default=None)


async def wished(tx: Tx, wanted: Wanted, types: Mapping[str, TicketType]) -> Item:
    """The places that an entry is offered: for a ticket type with numbered seats, the best free ones."""
    ticket_type = types[wanted.ticket_type_id]
    if not ticket_type.seated:
        return Item(wanted.ticket_type_id, (), wanted.quantity)
    best = await availability_transactions.best_of(tx, wanted.event_id, ticket_type, wanted.quantity)
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
